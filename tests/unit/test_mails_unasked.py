"""Which mails go out that nobody asked for, and what all of them cost."""

import pytest

from core.errors import MailUnavailable
from core.model import MailKind, Purpose
from core.model.events import EventKind
from core.operations.mail_composer import MAILS, WARNINGS
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


async def test_who_has_a_password_can_not_flood_a_mailbox_by_new_devices() -> None:
    office = await Office.with_a_user()
    for number in range(20):
        await office.tell(EventKind.DEVICE_ADDED, {"device": f"curl{number}"}, actor=1)
    await office.outbox.deliver_due()
    assert 5 == len(office.postman.sent)

    await resets(office, 9)

    assert MailKind.RESET_PASSWORD is office.postman.sent[-1].kind
    assert 6 == len(office.postman.sent)


async def test_no_warning_keeps_another_from_being_told() -> None:
    office = await Office.with_a_user()
    await resets(office, 9)
    office.postman.sent.clear()

    data = {"email": EMAIL, "role": "admin", "device": "Dart"}
    for kind in sorted(WARNINGS) * 3:
        await office.tell(kind, data, actor=1)
        await office.outbox.deliver_due()

    kinds = [mail.kind for mail in office.postman.sent]
    assert sorted({MAILS[kind] for kind in WARNINGS}) == sorted(kinds)


async def test_the_address_before_and_who_is_gone_are_told_whatever_was_mailed() -> (
    None
):
    office = await Office.with_a_user()
    old = "jane@example.org"
    gone = {"email": EMAIL, "verified": "true", "name": "Jane", "username": "jane"}
    for _ in range(9):
        for email in (old, EMAIL):
            await office.password_resets.request(email, PHONE)
    await office.outbox.deliver_due()
    office.postman.sent.clear()

    for _ in range(3):
        await office.tell(EventKind.EMAIL_LEFT, {"old_email": old.upper()})
        await office.tell(EventKind.USER_DELETED, gone)
    await office.outbox.deliver_due()

    told = [(mail.to, mail.kind) for mail in office.postman.sent]
    assert [
        (old.upper(), MailKind.EMAIL_LEFT),
        (EMAIL, MailKind.ACCOUNT_DELETED),
    ] == told


@pytest.mark.parametrize(
    ("kind", "purpose"),
    [
        (EventKind.INVITATION_REQUESTED, Purpose.INVITATION),
        (EventKind.VERIFICATION_REQUESTED, Purpose.VERIFY_EMAIL),
        (EventKind.PASSWORD_RESET_REQUESTED, Purpose.RESET_PASSWORD),
    ],
)
async def test_what_an_administrator_has_mailed_comes_in_any_case(
    kind: EventKind, purpose: Purpose
) -> None:
    """It has voided what was mailed before: one that did not come would leave nothing."""
    office = await Office.with_a_user()
    for _ in range(9):
        await office.tell(kind, actor=2, token=office.token(purpose))
        await office.outbox.deliver_due()

    assert 9 == len(office.postman.sent)


async def test_a_change_of_address_was_counted_when_it_was_asked_for() -> None:
    office = await Office.with_a_user()
    kind, to = EventKind.EMAIL_CHANGE_REQUESTED, "jane@example.net"
    for _ in range(9):
        await office.throttle.may_mail(to, Purpose.CHANGE_EMAIL)

    for _ in range(3):
        token = office.token(Purpose.CHANGE_EMAIL, to)
        await office.tell(kind, actor=1, token=token)
        await office.outbox.deliver_due()

    assert [to] * 3 == [mail.to for mail in office.postman.sent]


@pytest.mark.parametrize(
    ("kind", "purpose"),
    [
        (EventKind.EMAIL_LEFT, Purpose.UNDO_EMAIL),
        (EventKind.PASSWORD_RESET_REQUESTED, Purpose.RESET_PASSWORD),
    ],
)
async def test_nobody_uses_up_the_way_back_of_an_owner(
    kind: EventKind, purpose: Purpose
) -> None:
    office = await Office.with_a_user()
    to = "jane@example.org" if purpose is Purpose.UNDO_EMAIL else EMAIL
    for _ in range(9):
        await office.password_resets.request(to, PHONE)
    await office.outbox.deliver_due()
    office.postman.sent.clear()

    for _ in range(9):
        token = office.token(purpose, to)
        await office.tell(kind, {"old_email": to}, actor=1, token=token)
        await office.outbox.deliver_due()

    assert 9 == sum(mail.to == to for mail in office.postman.sent)
