import asyncio
import logging
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from adapters.storage.memory.events import MemoryEvents
from core.errors import MailRefused, MailUnavailable, Unavailable
from core.model import EventId
from core.model.events import EventKind
from core.operations.outbox import FIRST_RETRY, GIVE_UP_AFTER, LEASE, LONGEST_RETRY
from tests.unit.office import Office
from tests.unit.world import EMAIL

A_MOMENT = timedelta(milliseconds=1)
DOWN = MailUnavailable("mail server down")


@pytest.fixture
async def office() -> Office:
    return await Office.with_a_user()


@dataclass(frozen=True, slots=True)
class DeafEvents(MemoryEvents):
    """Events whose storage is not there to hear what was delivered."""

    away: list[str] = field(default_factory=lambda: ["away"])

    async def delivered(self, event_id: EventId) -> None:
        if self.away:
            raise Unavailable
        await MemoryEvents.delivered(self, event_id)


async def test_a_mail_that_failed_is_sent_when_the_server_is_back(
    office: Office,
) -> None:
    await office.tell(EventKind.PASSWORD_CHANGED)
    office.postman.failures[EMAIL] = DOWN
    await office.outbox.deliver_due()
    assert 0 == await office.outbox.deliver_due()

    office.postman.failures.clear()
    office.clock.advance(FIRST_RETRY)

    assert 1 == await office.outbox.deliver_due()
    assert 1 == len(office.postman.sent)
    assert await office.has_nothing_left()


async def test_a_mail_is_not_sent_again_because_the_storage_did_not_hear_of_it(
    office: Office,
) -> None:
    event = await office.tell(EventKind.PASSWORD_CHANGED)
    deaf = DeafEvents(office.storage.events.tables)
    outbox = replace(office.outbox, storage=replace(office.storage, events=deaf))

    for _ in range(3):
        with pytest.raises(Unavailable):
            await outbox.deliver_due()
    office.clock.advance(LEASE)
    deaf.away.clear()

    assert 0 == await outbox.deliver_due()
    assert [event.id] == [mail.id for mail in office.postman.sent]
    assert await office.has_nothing_left()


async def test_tries_grow_apart_up_to_an_hour(office: Office) -> None:
    await office.tell(EventKind.PASSWORD_CHANGED)
    office.postman.failures[EMAIL] = DOWN
    await office.outbox.deliver_due()

    pauses = [FIRST_RETRY * 2**n for n in range(10)] + [LONGEST_RETRY] * 5
    for pause in pauses:
        office.clock.advance(pause - A_MOMENT)
        assert 0 == await office.outbox.deliver_due()
        office.clock.advance(A_MOMENT)
        assert 1 == await office.outbox.deliver_due()


async def test_a_mail_is_given_up_after_three_days(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    event = await office.tell(EventKind.PASSWORD_CHANGED)
    office.postman.failures[EMAIL] = DOWN

    while office.clock.now() - event.at <= GIVE_UP_AFTER:
        await office.outbox.deliver_due()
        assert not [r for r in caplog.records if r.levelno == logging.ERROR]
        office.clock.advance(LONGEST_RETRY)

    assert 1 == await office.outbox.deliver_due()
    assert await office.has_nothing_left()
    (record,) = [r for r in caplog.records if r.levelno == logging.ERROR]
    assert "Email given up" == record.message


async def test_a_mail_that_is_refused_is_given_up_at_once(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    await office.tell(EventKind.PASSWORD_CHANGED)
    office.postman.failures[EMAIL] = MailRefused("550 no such user")

    assert 1 == await office.outbox.deliver_due()

    assert await office.has_nothing_left()
    (record,) = caplog.records
    assert ("Email given up", "550 no such user") == (
        record.message,
        vars(record)["reason"],
    )


@pytest.mark.parametrize(
    "failure", [DOWN, MailRefused("550"), Unavailable(), RuntimeError("a mistake")]
)
async def test_one_bad_mail_does_not_stop_the_others(
    office: Office, failure: Exception
) -> None:
    for name in ("ann", "bob", "cid"):
        await office.register(name)
    office.postman.failures["ann@example.com"] = failure

    assert 3 == await office.outbox.deliver_due()

    assert {"bob@example.com", "cid@example.com"} == {
        mail.to for mail in office.postman.sent
    }


async def test_a_failure_nobody_foresaw_is_tried_again_and_logged_whole(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    await office.tell(EventKind.PASSWORD_CHANGED)
    office.postman.failures[EMAIL] = RuntimeError("a mistake of ours")
    await office.outbox.deliver_due()
    office.postman.failures.clear()
    office.clock.advance(FIRST_RETRY)

    await office.outbox.deliver_due()

    assert 1 == len(office.postman.sent)
    assert "Traceback" in caplog.text


async def test_a_known_failure_is_logged_without_a_traceback(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    await office.tell(EventKind.PASSWORD_CHANGED)
    office.postman.failures[EMAIL] = DOWN

    await office.outbox.deliver_due()

    (record,) = caplog.records
    assert ("Email delayed", "mail server down") == (
        record.message,
        vars(record)["reason"],
    )
    assert "Traceback" not in caplog.text


async def test_a_worker_that_dies_on_the_way_loses_nothing(office: Office) -> None:
    event = await office.tell(EventKind.PASSWORD_CHANGED)
    office.postman.is_stuck = True
    worker = asyncio.create_task(office.outbox.deliver_due())
    await asyncio.sleep(0.01)
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    office.postman.is_stuck = False

    office.clock.advance(LEASE - A_MOMENT)
    assert 0 == await office.outbox.deliver_due()
    office.clock.advance(A_MOMENT)
    assert 1 == await office.outbox.deliver_due()

    assert [event.id] == [mail.id for mail in office.postman.sent]
