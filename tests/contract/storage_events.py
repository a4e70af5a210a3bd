from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from core.model import EndReason, Purpose
from core.model.events import OUTGOING, Delivery, Event, EventKind
from core.ports import Storage
from tests.contract.base import Contract
from tests.contract.storage_records import (
    MINUTE,
    MOMENT,
    NOW,
    RACERS,
    a_password,
    a_session,
    a_token,
    a_user,
    an_event,
    change,
    change_password,
    history,
    issue,
    log_in,
    new_id,
    race,
)

LEASE = MINUTE
DUE_AGAIN = NOW + LEASE


class LogLaws(Contract):
    async def test_an_event_comes_back_as_it_was_stored(self, subject: Storage) -> None:
        events = [an_event(kind, user_id=7) for kind in EventKind]
        events += [
            an_event(user_id=None),
            an_event(
                user_id=2**53 - 1,
                session_id=new_id(),
                actor="operator",
                address="2001:db8::1",
                label="curl",
                data={"a": "b", "c": ""},
            ),
        ]

        await subject.events.append(events)

        assert events == await history(subject)

    async def test_events_are_read_in_the_order_they_were_stored(
        self, subject: Storage
    ) -> None:
        events = [an_event(at=NOW - n % 3 * MINUTE) for n in range(7)]

        await subject.events.append(events[:3])
        await subject.events.append([])
        for event in events[3:]:
            await subject.events.append([event])

        assert events == await history(subject)

    async def test_reading_goes_on_from_behind_an_event(self, subject: Storage) -> None:
        events = [an_event() for _ in range(7)]
        await subject.events.append(events)

        pages = [
            await subject.events.read(after=None, limit=3),
            await subject.events.read(after=events[2].id, limit=3),
            await subject.events.read(after=events[5].id, limit=3),
            await subject.events.read(after=events[6].id, limit=3),
        ]

        assert [events[:3], events[3:6], events[6:], []] == [list(p) for p in pages]

    async def test_reading_from_behind_an_unknown_event_finds_nothing(
        self, subject: Storage
    ) -> None:
        await subject.events.append([an_event(user_id=1) for _ in range(3)])

        for user_id in (None, 1):
            page = await subject.events.read(after=new_id(), limit=9, user_id=user_id)

            assert [] == list(page)

    async def test_one_users_events_are_read_alone(self, subject: Storage) -> None:
        events = [an_event(user_id=owner) for owner in (1, 2, None, 1, 2, 1)]
        await subject.events.append(events)
        first, second, third = events[0], events[3], events[5]

        pages = [
            await subject.events.read(after=None, limit=9, user_id=1),
            await subject.events.read(after=None, limit=2, user_id=1),
            await subject.events.read(after=first.id, limit=9, user_id=1),
            await subject.events.read(after=events[1].id, limit=9, user_id=1),
            await subject.events.read(after=None, limit=9, user_id=3),
        ]

        expected = [[first, second, third], [first, second], [second, third]]
        assert [*expected, [second, third], []] == [list(page) for page in pages]

    async def test_every_change_stores_its_events_for_delivery(
        self, subject: Storage
    ) -> None:
        told = [an_event(user_id=1) for _ in range(14)]

        await _do_everything(subject, told)

        assert told == await history(subject)
        claimed = await subject.events.claim(at=NOW, lease=LEASE, limit=99)
        assert told == [delivery.event for delivery in claimed]


class OutboxLaws(Contract):
    async def test_only_outgoing_events_are_claimed(self, subject: Storage) -> None:
        events = [an_event(kind) for kind in EventKind]
        await subject.events.append(events)

        claimed = await _claim(subject)

        outgoing = [event for event in events if event.kind in OUTGOING]
        assert [Delivery(event, attempt=1) for event in outgoing] == list(claimed)

    async def test_the_oldest_due_are_claimed_first(self, subject: Storage) -> None:
        events = [an_event(at=NOW + number * MOMENT) for number in range(5)]
        await subject.events.append(events)
        at = NOW + 3 * MOMENT

        claims = [await _claim(subject, at, limit=n) for n in (2, 1, 9, 9)]

        ids = [[delivery.event.id for delivery in claim] for claim in claims]
        due = [event.id for event in events[:4]]
        assert [due[:2], due[2:3], due[3:], []] == ids

    async def test_a_retried_event_is_still_the_oldest(self, subject: Storage) -> None:
        old, new = an_event(at=NOW), an_event(at=NOW + MOMENT)
        await subject.events.append([old])
        (delivery,) = await _claim(subject)
        await subject.events.append([new])
        await subject.events.failed(delivery, retry_at=NOW + 2 * MOMENT)

        claimed = await _claim(subject, NOW + 2 * MOMENT)

        assert [old, new] == [delivery.event for delivery in claimed]

    async def test_an_event_is_claimed_by_one_of_many(self, subject: Storage) -> None:
        await subject.events.append([an_event()])

        claims = await race(lambda _: _claim(subject))

        assert 1 == sum(len(claim) for claim in claims)

    async def test_many_claim_different_events(self, subject: Storage) -> None:
        events = [an_event() for _ in range(2 * RACERS)]
        await subject.events.append(events)

        claims = await race(lambda _: _claim(subject, limit=2))

        claimed = [delivery.event.id for claim in claims for delivery in claim]
        rest = [delivery.event.id for delivery in await _claim(subject, limit=999)]
        assert {event.id for event in events} == {*claimed, *rest}
        assert len(events) == len(claimed) + len(rest)

    async def test_a_claimed_event_is_due_again_after_its_lease(
        self, subject: Storage
    ) -> None:
        event = an_event()
        await subject.events.append([event])
        await _claim(subject)

        early = await _claim(subject, DUE_AGAIN - MOMENT)
        again = await _claim(subject, DUE_AGAIN)
        third = await _claim(subject, DUE_AGAIN + LEASE)

        assert [] == early
        assert [Delivery(event, attempt=2)] == list(again)
        assert [Delivery(event, attempt=3)] == list(third)

    async def test_a_delivered_event_is_never_claimed_again(
        self, subject: Storage
    ) -> None:
        claimed, unclaimed, left = an_event(), an_event(), an_event()
        await subject.events.append([claimed, unclaimed, left])
        await _claim(subject, limit=1)

        for event_id in (claimed.id, unclaimed.id, claimed.id, new_id()):
            await subject.events.delivered(event_id)

        rest = await _claim(subject, DUE_AGAIN)
        assert [left] == [delivery.event for delivery in rest]
        assert [claimed, unclaimed, left] == await history(subject)

    async def test_a_failed_event_is_due_when_it_is_said(
        self, subject: Storage
    ) -> None:
        soon, late = an_event(), an_event()
        await subject.events.append([soon, late])
        first, second = await _claim(subject)
        retry_soon, retry_late = NOW + MOMENT, DUE_AGAIN + MINUTE

        await subject.events.failed(first, retry_at=retry_soon)
        await subject.events.failed(second, retry_at=retry_late)

        times = (NOW, retry_soon, retry_late - MOMENT, retry_late)
        claims = [await _claim(subject, at) for at in times]
        seen = [[(d.event, d.attempt) for d in claim] for claim in claims]
        again = [(soon, 2)], [(soon, 3)], [(late, 2)]
        assert [[], *again] == seen

    async def test_an_event_given_up_is_never_claimed_again(
        self, subject: Storage
    ) -> None:
        event = an_event()
        await subject.events.append([event])
        (delivery,) = await _claim(subject)

        await subject.events.failed(delivery, retry_at=None)
        await subject.events.failed(delivery, retry_at=NOW)

        assert [] == await _claim(subject, DUE_AGAIN)
        assert [event] == await history(subject)

    async def test_what_told_of_a_removal_names_nobody_when_it_was_told(
        self, subject: Storage
    ) -> None:
        kinds = (EventKind.USER_DELETED,) * 4 + (EventKind.EMAIL_LEFT,) * 2
        events = [an_event(kind, data={"email": "a@b.c"}) for kind in kinds]
        await subject.events.append(events)
        told, given_up, retried, _, other, lost = await _claim(subject)

        for delivery in (told, other, told):
            await subject.events.delivered(delivery.event.id)
        for delivery in (given_up, lost):
            await subject.events.failed(delivery, retry_at=None)
        await subject.events.failed(retried, retry_at=DUE_AGAIN)

        nobody = [replace(event, data={}) for event in events[:2]]
        assert [*nobody, *events[2:]] == await history(subject)
        waiting = await _claim(subject, DUE_AGAIN)
        assert events[2:4] == [delivery.event for delivery in waiting]

    async def test_a_worker_that_lost_its_lease_has_no_say(
        self, subject: Storage
    ) -> None:
        event = an_event()
        await subject.events.append([event])
        (lost,) = await _claim(subject)
        await _claim(subject, DUE_AGAIN)

        await subject.events.failed(lost, retry_at=DUE_AGAIN)
        at_once = await _claim(subject, DUE_AGAIN)
        await subject.events.failed(lost, retry_at=None)
        after_lease = await _claim(subject, DUE_AGAIN + LEASE)

        assert [] == at_once
        assert [Delivery(event, attempt=3)] == list(after_lease)

    async def test_a_failure_does_not_revive_what_was_delivered(
        self, subject: Storage
    ) -> None:
        await subject.events.append([an_event()])
        (delivery,) = await _claim(subject)

        await subject.events.delivered(delivery.event.id)
        await subject.events.failed(delivery, retry_at=NOW)

        assert [] == await _claim(subject, DUE_AGAIN)


async def _claim(
    storage: Storage, at: datetime = NOW, *, limit: int = 99
) -> Sequence[Delivery]:
    return await storage.events.claim(at=at, lease=LEASE, limit=limit)


async def _do_everything(storage: Storage, told: Sequence[Event]) -> None:
    """Make each change once, in the order of the events told."""
    tells = iter([event] for event in told)
    user = await storage.users.add(
        a_user(), a_password(), token=None, events=next(tells)
    )
    token = a_token(user.id)
    await storage.tokens.issue(token, events=next(tells))
    await storage.users.verify_email(token.id, at=NOW, events=next(tells))
    token_id = await issue(storage, user, Purpose.RESET_PASSWORD)
    await storage.users.reset_password(
        token_id,
        purpose=Purpose.RESET_PASSWORD,
        new_hash="first",
        at=NOW,
        events=next(tells),
    )
    reset, session = replace(user, stamp=2), a_session(user)
    await storage.sessions.open(session, stamp=2, devices=[], events=next(tells))
    await change_password(
        storage,
        reset,
        session,
        successor=(session := a_session(user)),
        events=next(tells),
    )
    old, why = session.client, EndReason.LOGGED_OUT
    advanced = replace(session, generation=1)
    await storage.sessions.advance(advanced, events=next(tells))
    await storage.sessions.note_client(
        session.id, old=old, new=replace(old, label="curl"), events=next(tells)
    )
    await storage.sessions.end(session.id, at=NOW, reason=why, events=next(tells))
    await storage.sessions.end_all(user.id, at=NOW, reason=why, events=next(tells))
    later = await log_in(storage, replace(user, stamp=3))
    await storage.sessions.end_of_inactive(
        user.id, at=later.created_at, events=next(tells)
    )
    await storage.events.append(next(tells))
    await change(storage, replace(user, stamp=3), events=next(tells))
    await storage.users.remove(user.id, stamp=4, events=next(tells))
