"""From what somebody does to the mails that come of it, and back by their tokens."""

import pytest

from core.model import Locale, Mail, MailKind, Profile, Purpose, Role, SignedIn
from core.model.events import EventKind
from tests.unit.office import Office
from tests.unit.world import EMAIL, LAPTOP, NEW_PASSWORD, PASSWORD, PHONE

NEW_EMAIL = "jane@example.net"


@pytest.fixture
async def office() -> Office:
    return await Office.with_a_user()


async def jane(office: Office) -> SignedIn:
    return await office.signed_in(await office.log_in())


async def mailed(office: Office) -> dict[tuple[str, MailKind], Mail]:
    """Let every mail go out, and return them by reader and kind."""
    office.postman.sent.clear()
    await office.outbox.deliver_due()
    assert await office.has_nothing_left()
    return {(mail.to, mail.kind): mail for mail in office.postman.sent}


def token(mail: Mail) -> str:
    assert mail.token is not None
    return mail.token


async def move(office: Office) -> dict[tuple[str, MailKind], Mail]:
    """Change Jane's address, and return the mails that tell of it."""
    caller = await jane(office)
    await office.email_changes.request(caller, password=PASSWORD, new_email=NEW_EMAIL)
    asked = await mailed(office)
    assert {(NEW_EMAIL, MailKind.CHANGE_EMAIL)} == set(asked)
    (mail,) = asked.values()
    await office.email_changes.confirm(token(mail), PHONE)
    return await mailed(office)


async def test_a_change_of_address_is_told_to_both_and_undone_from_the_old(
    office: Office,
) -> None:
    told = await move(office)

    left = (EMAIL, MailKind.EMAIL_LEFT)
    assert {(NEW_EMAIL, MailKind.EMAIL_CHANGED), left} == set(told)
    user = await office.email_changes.undo(token(told[left]), PHONE)
    assert EMAIL == user.email
    assert {(EMAIL, MailKind.RESET_PASSWORD)} == set(await mailed(office))


async def test_who_used_the_budget_up_keeps_the_owner_from_no_part_of_an_undo(
    office: Office,
) -> None:
    for _ in range(9):
        await office.password_resets.request(EMAIL, PHONE)
    await mailed(office)

    told = await move(office)
    await office.email_changes.undo(token(told[EMAIL, MailKind.EMAIL_LEFT]), PHONE)

    assert {(EMAIL, MailKind.RESET_PASSWORD)} == set(await mailed(office))


async def test_an_address_that_is_taken_is_not_written_to(office: Office) -> None:
    await office.register("ann")
    await mailed(office)

    await office.email_changes.request(
        await jane(office), password=PASSWORD, new_email="ann@example.com"
    )

    assert {} == await mailed(office)


async def test_a_session_can_not_flood_a_stranger_s_mailbox(office: Office) -> None:
    caller = await jane(office)
    for _ in range(20):
        await office.email_changes.request(
            caller, password=PASSWORD, new_email=NEW_EMAIL
        )
        await office.outbox.deliver_due()

    assert 4 == len(office.postman.sent)


async def test_an_administrator_s_change_of_an_address_is_told_to_the_old_one(
    office: Office,
) -> None:
    admin = await office.admin()

    await office.user_administration.change(admin, 1, {"email": NEW_EMAIL}, stamp=None)

    told = await mailed(office)
    left = (EMAIL, MailKind.EMAIL_LEFT)
    assert {(NEW_EMAIL, MailKind.VERIFY_EMAIL), left} == set(told)
    assert told[left].token is None


async def test_an_invitation_that_is_mailed_again_and_again_is_always_good(
    office: Office,
) -> None:
    admin = await office.admin()
    profile = Profile(email=NEW_EMAIL, username="newcomer")
    user = await office.user_administration.invite(admin, profile)
    for _ in range(9):
        await office.user_administration.invite_again(admin, user.id)
        await office.outbox.deliver_due()

    assert await office.invitations.accept(
        token(office.postman.sent[-1]), NEW_PASSWORD, PHONE
    )


async def test_an_invitation_is_accepted_by_its_mail(office: Office) -> None:
    admin = await office.admin()
    profile = Profile(email=NEW_EMAIL, username="newcomer", locale=Locale.DE)
    await office.user_administration.invite(admin, profile)

    (mail,) = (await mailed(office)).values()

    assert (MailKind.INVITATION, NEW_EMAIL) == (mail.kind, mail.to)
    assert Locale.DE is mail.locale
    user = await office.invitations.accept(token(mail), NEW_PASSWORD, PHONE)
    assert user.is_verified


async def test_an_invitation_comes_again(office: Office) -> None:
    admin = await office.admin()
    profile = Profile(email=NEW_EMAIL, username="newcomer")
    user = await office.user_administration.invite(admin, profile)
    await mailed(office)

    await office.user_administration.invite_again(admin, user.id)

    (mail,) = (await mailed(office)).values()
    assert office.mailed_token(Purpose.INVITATION) == mail.token


async def test_a_new_role_is_told(office: Office) -> None:
    admin = await office.admin()
    await office.user_administration.change(admin, 1, {"role": Role.ADMIN}, stamp=None)

    (mail,) = (await mailed(office)).values()

    assert (MailKind.ROLE_CHANGED, {"role": "admin"}) == (mail.kind, mail.details)


async def test_a_log_in_from_a_new_device_is_told_and_from_a_known_one_is_not(
    office: Office,
) -> None:
    for client in (PHONE, PHONE):
        await office.log_in(client=client)
    assert {} == await mailed(office)

    await office.log_in(client=LAPTOP)

    (mail,) = (await mailed(office)).values()
    assert MailKind.NEW_SIGN_IN is mail.kind
    assert {"device": LAPTOP.label, "address": LAPTOP.address} == mail.details


async def test_who_is_deleted_is_told_and_then_forgotten(office: Office) -> None:
    await office.own_account.delete(await jane(office), password=PASSWORD)

    told = await mailed(office)

    assert {(EMAIL, MailKind.ACCOUNT_DELETED)} == set(told)
    (event,) = [it for it in office.events if it.kind is EventKind.USER_DELETED]
    assert {} == event.data
