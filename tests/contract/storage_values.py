import asyncio
from collections import Counter
from dataclasses import astuple, replace
from datetime import datetime, timedelta, timezone

import pytest

from core.errors import EmailTaken
from core.model import Client, EndReason, Identity, User
from core.ports import Record, Storage
from tests.contract.base import Contract
from tests.contract.storage_records import (
    DAY,
    MINUTE,
    MOMENT,
    NOW,
    a_password,
    a_session,
    a_token,
    a_user,
    add,
    an_account,
    an_event,
    end,
    history,
    log_in,
    seen,
    stored,
)

ELSEWHERE = NOW.astimezone(timezone(timedelta(hours=5, minutes=45)))

AWKWARD = (
    "",
    " ",
    "Ærøskøbing, Ελλάδα, Москва, 東京, עברית",
    "👩‍👩‍👧 and e\N{COMBINING ACUTE ACCENT}",
    'it\'s "quoted" and \\back\\slashed\\',
    "100% %s {0} $1 ${HOME} $ne :name ?",
    "a.b.c",
    "; DROP TABLE users; --",
    "line\nbreak\tand\rreturn",
    "null",
    "007",
    "x" * 1000,
    "ß" * 1000,
)


class ValueLaws(Contract):
    async def test_times_come_back_in_utc(self, subject: Storage) -> None:
        user = await add(
            subject,
            created_at=ELSEWHERE,
            updated_at=ELSEWHERE + MOMENT,
            last_login_at=ELSEWHERE + MINUTE,
        )
        session = a_session(
            user,
            rotations=(ELSEWHERE, ELSEWHERE + MOMENT),
            created_at=ELSEWHERE,
            last_used_at=ELSEWHERE + MINUTE,
            expires_at=ELSEWHERE + DAY,
            ended_at=ELSEWHERE + 2 * DAY,
        )
        token = a_token(user.id, expires_at=ELSEWHERE)

        told = an_event(at=ELSEWHERE)
        await subject.sessions.open(
            session, stamp=user.stamp, devices=[], events=[told]
        )
        await subject.tokens.issue(token, events=[])

        identity = (await subject.sessions.identities([session.id]))[session.id]
        (event,) = await history(subject)
        times = [
            *times_of(user),
            *times_of(identity.user),
            *times_of(identity.session),
            *times_of(await subject.tokens.get(token.id)),
            event.at,
        ]
        again = NOW, NOW + MOMENT
        expected = [*again, NOW + MINUTE, *again, NOW, *again]
        expected += [NOW, NOW + MINUTE, NOW + DAY, NOW + 2 * DAY]
        assert [*expected, NOW, NOW] == times
        assert {timedelta(0)} == {at.utcoffset() for at in times}

    async def test_times_of_changes_come_back_in_utc(self, subject: Storage) -> None:
        user, token = await add(subject), a_token()
        await subject.tokens.issue(replace(token, user_id=user.id), events=[])
        session, other = await log_in(subject, user), await log_in(subject, user)

        await subject.users.verify_email(token.id, at=ELSEWHERE, events=[])
        await subject.sessions.advance(
            replace(
                session,
                generation=1,
                rotations=(ELSEWHERE,),
                last_used_at=ELSEWHERE,
                expires_at=ELSEWHERE,
            ),
            events=[],
        )
        for ended in (session, other):
            await subject.sessions.end(
                ended.id, at=ELSEWHERE, reason=EndReason.LOGGED_OUT, events=[]
            )

        found = await subject.sessions.identities([session.id, other.id])
        times = [at for identity in found.values() for at in _all_times(identity)]
        assert {NOW, NOW + DAY} == set(times)
        assert {timedelta(0)} == {at.utcoffset() for at in times}

    async def test_a_time_of_another_offset_is_compared_as_an_instant(
        self, subject: Storage
    ) -> None:
        user = await add(subject)
        token = a_token(user.id, expires_at=ELSEWHERE)
        await subject.tokens.issue(token, events=[an_event(at=ELSEWHERE)])

        early = await subject.events.claim(at=NOW - MOMENT, lease=MINUTE, limit=9)
        due = await subject.events.claim(at=ELSEWHERE, lease=MINUTE, limit=9)
        again = await subject.events.claim(at=NOW + MINUTE, lease=MINUTE, limit=9)
        late = await subject.users.verify_email(token.id, at=NOW, events=[])
        verified = await subject.users.verify_email(
            token.id, at=ELSEWHERE - MOMENT, events=[]
        )

        assert [0, 1, 1] == [len(early), len(due), len(again)]
        assert late is None
        assert verified is not None

    async def test_any_text_comes_back_unchanged(self, subject: Storage) -> None:
        for number, text in enumerate(AWKWARD):
            user = await add(
                subject,
                full_name=text,
                email=f"{number}{text}@example.com",
                username=f"{number}{text}",
                password_hash=f"{number}{text}",
            )
            session = a_session(user, client=Client(text, text))
            devices = (text, f"{number}{text}")
            await subject.sessions.open(
                session, stamp=user.stamp, devices=devices, events=[]
            )
            token = a_token(user.id, email=text)
            await subject.tokens.issue(token, events=[])

            account = an_account(seen(user), f"{number}{text}", devices)
            assert account == await subject.users.account(user.id)
            assert seen(user) == await subject.users.by_email(user.email_key)
            assert token == await subject.tokens.get(token.id)
            assert text == user.full_name
            assert session == await stored(subject, session.id)

    async def test_any_text_of_an_event_comes_back_unchanged(
        self, subject: Storage
    ) -> None:
        events = [an_event(data={"text": text}) for text in AWKWARD]
        events += [an_event(actor=text, address=text, label=text) for text in AWKWARD]
        events.append(an_event(data={"dotted.key": "1", "$dollar": "2", "é": "3"}))

        await subject.events.append(events)

        assert events == await history(subject)

    async def test_texts_are_no_patterns(self, subject: Storage) -> None:
        user = await add(subject, "a_a")

        for key in ("a%", "a_a@example.co_", ".*", "*", "A_A@EXAMPLE.COM", ""):
            assert await subject.users.by_email(key) is None
        assert user == await subject.users.by_email("a_a@example.com")

    async def test_what_is_stored_does_not_change_with_what_was_given(
        self, subject: Storage
    ) -> None:
        data = {"address": "192.0.2.1"}
        event = an_event(data=data)

        await subject.events.append([event])
        data["address"] = "203.0.113.9"

        (kept,) = await history(subject)
        assert {"address": "192.0.2.1"} == kept.data


class StorageLaws(Contract):
    async def test_an_open_storage_answers(self, subject: Storage) -> None:
        await subject.ping()

        assert [] == await history(subject)

    async def test_closing_may_be_repeated(self, subject: Storage) -> None:
        await add(subject)

        await subject.aclose()
        await subject.aclose()

    @pytest.mark.alone  # nobody may wait long, whatever else the machine has to do
    async def test_many_callers_at_once_are_all_served(self, subject: Storage) -> None:
        got = Counter(
            await asyncio.gather(*(_a_life(subject, number) for number in range(200)))
        )

        assert {"served": 100, "refused": 100} == got
        events = await history(subject)
        assert 200 == len(events)
        assert set(range(1, 101)) == {event.user_id for event in events}
        claimed = await subject.events.claim(at=NOW, lease=MINUTE, limit=999)
        assert events == [delivery.event for delivery in claimed]


async def _a_life(storage: Storage, number: int) -> str:
    """Register, log in, refresh, look and log out; every name is wanted by two."""
    name = f"user{number // 2}"
    try:
        user = await storage.users.add(
            a_user(name), a_password(), token=None, events=[an_event()]
        )
    except EmailTaken:
        return "refused"
    session = await log_in(storage, user)
    advanced = replace(session, generation=1, rotations=(NOW,))
    assert await storage.sessions.advance(advanced, events=[])
    identity = (await storage.sessions.identities([session.id]))[session.id]
    assert Identity(session=advanced, user=seen(user)) == identity
    assert await end(storage, session)
    assert seen(user) == await storage.users.by_email(user.email_key)
    await storage.events.append([an_event(user_id=user.id)])
    return "served"


def times_of(record: Record | User | None) -> list[datetime]:
    """Return a record's times in the order of its fields."""
    assert record is not None
    found = []
    for value in astuple(record):
        values = value if isinstance(value, tuple) else (value,)
        found += [at for at in values if isinstance(at, datetime)]
    return found


def _all_times(identity: Identity) -> list[datetime]:
    return times_of(identity.session) + times_of(identity.user)
