import asyncio
import logging
from datetime import timedelta

import pytest

from core.model import MailKind, Purpose
from core.model.events import OUTGOING, EventKind
from core.operations.outbox import BATCH
from tests.unit.office import Office
from tests.unit.world import EMAIL, NEW_PASSWORD, PASSWORD, PHONE


@pytest.fixture
async def office() -> Office:
    return await Office.with_a_user()


async def test_the_mail_of_a_registration_proves_the_address() -> None:
    office = Office()
    await office.register()

    await office.outbox.deliver_due()

    (mail,) = office.postman.sent
    assert mail.token is not None
    assert office.clock.now() + timedelta(hours=24) == mail.expires_at
    assert (await office.verifications.verify(mail.token, PHONE)).is_verified


async def test_the_mail_of_a_reset_lets_a_password_be_chosen(office: Office) -> None:
    await office.password_resets.request(EMAIL, PHONE)

    await office.outbox.deliver_due()

    (mail,) = office.postman.sent
    assert mail.token is not None
    assert MailKind.RESET_PASSWORD is mail.kind
    assert office.clock.now() + timedelta(hours=1) == mail.expires_at
    await office.password_resets.reset(mail.token, NEW_PASSWORD, PHONE)
    await office.log_in(NEW_PASSWORD)


@pytest.mark.parametrize("kind", sorted(set(EventKind) - OUTGOING))
async def test_other_events_lead_to_none(office: Office, kind: EventKind) -> None:
    await office.tell(kind)

    assert 0 == await office.outbox.deliver_due()


async def test_a_full_name_is_preferred_to_a_username() -> None:
    office = Office()
    await office.accounts.register(
        email=EMAIL,
        username="jane",
        password=PASSWORD,
        full_name="Jane Doe",
        locale=None,
        client=PHONE,
    )

    await office.outbox.deliver_due()

    assert ["Jane Doe"] == [mail.name for mail in office.postman.sent]


async def test_nobody_is_told_of_a_request_for_an_unknown_address(
    office: Office,
) -> None:
    await office.password_resets.request("nobody@example.com", PHONE)

    assert 1 == await office.outbox.deliver_due()

    assert [] == office.postman.sent
    assert await office.has_nothing_left()


async def test_only_the_latest_of_two_requests_is_mailed(office: Office) -> None:
    await office.password_resets.request(EMAIL, PHONE)
    await office.password_resets.request(EMAIL, PHONE)

    assert 2 == await office.outbox.deliver_due()

    (mail,) = office.postman.sent
    assert office.mailed_token(Purpose.RESET_PASSWORD) == mail.token
    assert await office.has_nothing_left()


async def test_a_token_that_expired_while_it_waited_is_not_mailed(
    office: Office,
) -> None:
    await office.password_resets.request(EMAIL, PHONE)
    office.wait(hours=1)

    assert 1 == await office.outbox.deliver_due()

    assert [] == office.postman.sent
    assert await office.has_nothing_left()


async def test_a_mail_is_sent_once(office: Office) -> None:
    await office.tell(EventKind.PASSWORD_CHANGED)

    await asyncio.gather(*(office.outbox.deliver_due() for _ in range(5)))
    office.wait(days=1)

    assert 0 == await office.outbox.deliver_due()
    assert 1 == len(office.postman.sent)


async def test_many_mails_go_out_in_the_order_of_their_events() -> None:
    office = await Office.with_a_user(mails=[])
    events = [await office.tell(EventKind.PASSWORD_CHANGED) for _ in range(BATCH + 3)]

    assert [BATCH, 3, 0] == [await office.outbox.deliver_due() for _ in range(3)]

    assert [event.id for event in events] == [mail.id for mail in office.postman.sent]


async def test_a_sent_mail_is_logged_without_its_token(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    await office.password_resets.request(EMAIL, PHONE)

    with caplog.at_level(logging.DEBUG):
        await office.outbox.deliver_due()

    (mail,) = office.postman.sent
    (record,) = [r for r in caplog.records if r.name == "core.operations.outbox"]
    assert "Email sent" == record.message
    assert mail.token
    assert mail.token not in str([vars(record) for record in caplog.records])


async def test_who_was_removed_before_the_mail_went_out_gets_none() -> None:
    office = Office()
    await office.register()
    mailed = office.mailed_token(Purpose.VERIFY_EMAIL)
    for kind in (EventKind.PASSWORD_CHANGED, EventKind.VERIFICATION_REQUESTED):
        await office.tell(kind)

    await office.verifications.reject(mailed, PHONE)
    await office.outbox.deliver_due()

    assert [] == office.postman.sent
    assert await office.has_nothing_left()


async def test_no_mail_carries_a_token_that_was_spent_meanwhile() -> None:
    office = Office()
    await office.register()

    await office.verifications.verify(office.mailed_token(Purpose.VERIFY_EMAIL), PHONE)
    await office.outbox.deliver_due()

    assert [] == office.postman.sent
    assert await office.has_nothing_left()
