"""Which mails go out that nobody asked for, and what all of them cost."""

import pytest

from core.errors import MailUnavailable
from core.model import MailKind, Purpose
from core.model.events import EventKind
from core.operations.outbox import WARNINGS
from tests.unit.office import Office
from tests.unit.world import EMAIL, NEW_PASSWORD, PASSWORD, PHONE


async def change_password(office: Office, times: int) -> None:
    """Do so, there and back, and let every mail go out."""
    words = (PASSWORD, NEW_PASSWORD)
    grant = await office.log_in()
    for number in range(times):
        identity = await office.sessions.identify(grant.access_token)
        current, new = words[number % 2], words[(number + 1) % 2]
        await office.password_changes.change(
            identity, current_password=current, new_password=new, client=PHONE
        )
        await office.outbox.deliver_due()
        grant = await office.log_in(new)


async def resets(office: Office, times: int) -> None:
    for _ in range(times):
        await office.password_resets.request(EMAIL, PHONE)
        await office.outbox.deliver_due()


@pytest.mark.parametrize("kind", sorted(WARNINGS))
async def test_an_address_that_is_not_proven_gets_only_what_was_asked_for(
    kind: EventKind,
) -> None:
    office = Office()
    await office.register()
    await office.tell(kind)

    await office.outbox.deliver_due()

    assert [MailKind.VERIFY_EMAIL] == [mail.kind for mail in office.postman.sent]
    assert await office.has_nothing_left()


async def test_ten_password_changes_mail_nothing_to_a_stranger() -> None:
    office = Office()
    await office.register()
    await office.outbox.deliver_due()

    await change_password(office, 10)

    assert 1 == len(office.postman.sent)


async def test_whoever_proves_the_address_is_warned_from_then_on() -> None:
    office = Office()
    await office.register()
    token = office.mailed_token(Purpose.VERIFY_EMAIL)
    await office.verifications.verify(token, PHONE)

    await change_password(office, 1)

    assert MailKind.PASSWORD_CHANGED is office.postman.sent[-1].kind


async def test_warnings_count_against_the_budget_and_leave_its_last_for_a_reset() -> (
    None
):
    office = await Office.with_a_user()

    await change_password(office, 20)
    await resets(office, 9)

    kinds = [mail.kind for mail in office.postman.sent]
    # Four, the one that nobody can suppress, and the reset.
    assert [MailKind.PASSWORD_CHANGED] * 5 + [MailKind.RESET_PASSWORD] == kinds


async def test_nobody_can_suppress_the_first_warning() -> None:
    office = await Office.with_a_user()
    await resets(office, 9)

    await change_password(office, 3)

    kinds = [mail.kind for mail in office.postman.sent]
    assert [MailKind.RESET_PASSWORD] * 5 + [MailKind.PASSWORD_CHANGED] == kinds


async def test_the_mail_of_a_registration_counts() -> None:
    office = Office()
    await office.register()
    await office.outbox.deliver_due()

    for _ in range(9):
        await office.verifications.request(EMAIL, PHONE)
        await office.outbox.deliver_due()
    await resets(office, 9)

    kinds = [mail.kind for mail in office.postman.sent]
    assert [MailKind.VERIFY_EMAIL] * 4 + [MailKind.RESET_PASSWORD] == kinds


async def test_nobody_can_keep_a_newcomer_out_by_using_the_budget_up_before() -> None:
    office = Office()
    for _ in range(9):
        await office.verifications.request(EMAIL, PHONE)

    await office.register()
    await office.outbox.deliver_due()

    assert [MailKind.VERIFY_EMAIL] == [mail.kind for mail in office.postman.sent]
    assert await office.has_nothing_left()


async def test_an_account_made_again_and_again_mails_once_beyond_the_budget() -> None:
    office = Office()
    for number in range(8):
        await office.register()
        if number < 7:
            await office.outbox.deliver_due()
            await office.verifications.reject(
                office.mailed_token(Purpose.VERIFY_EMAIL), PHONE
            )
    await office.outbox.deliver_due()

    assert 5 == len(office.postman.sent)


async def test_a_mail_that_has_to_be_tried_again_counts_once() -> None:
    office = await Office.with_a_user()
    office.postman.failures[EMAIL] = MailUnavailable("down")
    await office.tell(EventKind.PASSWORD_CHANGED)
    for _ in range(4):
        await office.outbox.deliver_due()
        office.wait(minutes=1)
    office.postman.failures.clear()
    await office.outbox.deliver_due()
    assert 1 == len(office.postman.sent)

    await resets(office, 9)

    assert 1 + 4 == len(office.postman.sent)
