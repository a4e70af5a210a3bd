"""Which mail an event leads to, for whom, and what it says."""

from collections.abc import Mapping

import pytest

from core.model import Locale, Mail, MailKind, OneTimeToken, Purpose
from core.model.events import OUTGOING, EventKind
from core.operations.mail_composer import MAILS, NEED_TOKEN
from tests.unit.office import Office
from tests.unit.world import EMAIL, PHONE

NEW_EMAIL = "jane@example.net"
OLD_EMAIL = "jane@example.org"
PURPOSES = {
    MailKind.VERIFY_EMAIL: Purpose.VERIFY_EMAIL,
    MailKind.RESET_PASSWORD: Purpose.RESET_PASSWORD,
    MailKind.INVITATION: Purpose.INVITATION,
    MailKind.CHANGE_EMAIL: Purpose.CHANGE_EMAIL,
}
GONE = {
    "email": EMAIL,
    "email_key": EMAIL,
    "name": "Jane Doe",
    "username": "jane",
    "verified": "true",
}
DATA: dict[EventKind, dict[str, str]] = {
    EventKind.EMAIL_CHANGED: {"old_email": OLD_EMAIL, "email": EMAIL},
    EventKind.EMAIL_LEFT: {"old_email": OLD_EMAIL, "email": EMAIL},
    EventKind.DEVICE_ADDED: {"device": "Firefox on Linux"},
    EventKind.ROLE_CHANGED: {"old_role": "user", "role": "admin"},
    EventKind.USER_DELETED: GONE,
}
READERS = {
    EventKind.EMAIL_CHANGE_REQUESTED: NEW_EMAIL,
    EventKind.EMAIL_LEFT: OLD_EMAIL,
}


@pytest.fixture
async def office() -> Office:
    return await Office.with_a_user()


async def mails_of(
    office: Office,
    kind: EventKind,
    data: Mapping[str, str] | None = None,
    token: OneTimeToken | None = None,
) -> list[Mail]:
    """Return what is sent for one event."""
    await office.tell(kind, data, token=token)
    assert 1 == await office.outbox.deliver_due()
    assert await office.has_nothing_left()
    return office.postman.sent


def test_every_outgoing_event_has_its_mail_and_every_mail_an_event() -> None:
    assert set(MAILS) == OUTGOING
    assert set(MailKind) == set(MAILS.values())
    assert set(PURPOSES) == NEED_TOKEN


@pytest.mark.parametrize("kind", sorted(OUTGOING))
async def test_what_happened_leads_to_its_mail(office: Office, kind: EventKind) -> None:
    purpose = PURPOSES.get(MAILS[kind])
    token = office.token(purpose, NEW_EMAIL) if purpose else None
    event = await office.tell(kind, DATA.get(kind), token=token)
    office.wait(seconds=7)

    assert 1 == await office.outbox.deliver_due()

    (mail,) = office.postman.sent
    assert (event.id, event.at, "jane") == (mail.id, mail.at, mail.username)
    assert (MAILS[kind], READERS.get(kind, EMAIL)) == (mail.kind, mail.to)
    assert bool(purpose) == bool(mail.token)
    assert (token.expires_at if token else None) == mail.expires_at
    assert await office.has_nothing_left()


@pytest.mark.parametrize("kind", sorted(it for it in MAILS if MAILS[it] in NEED_TOKEN))
async def test_nothing_is_mailed_that_has_no_token_to_carry(
    office: Office, kind: EventKind
) -> None:
    assert [] == await mails_of(office, kind)


@pytest.mark.parametrize("locale", [Locale.DE, None])
async def test_a_mail_is_in_its_reader_s_language(
    office: Office, locale: Locale | None
) -> None:
    user = await office.storage.users.get(1)
    assert user is not None
    office.change_user(user, locale=locale)

    (mail,) = await mails_of(office, EventKind.PASSWORD_CHANGED)

    assert locale is mail.locale


async def test_a_new_sign_in_is_told_with_its_device_and_address(
    office: Office,
) -> None:
    (mail,) = await mails_of(office, EventKind.DEVICE_ADDED, {"device": "Dart"})

    assert {"device": "Dart", "address": PHONE.address} == mail.details


async def test_a_role_is_told_as_it_is_now(office: Office) -> None:
    data = DATA[EventKind.ROLE_CHANGED]

    (mail,) = await mails_of(office, EventKind.ROLE_CHANGED, data)

    assert {"role": "admin"} == mail.details


async def test_a_change_of_address_that_is_outdone_is_not_told(office: Office) -> None:
    sent = await mails_of(office, EventKind.EMAIL_CHANGED, {"email": NEW_EMAIL})

    assert [] == sent


async def test_an_address_however_it_is_typed_is_still_the_user_s(
    office: Office,
) -> None:
    (mail,) = await mails_of(office, EventKind.EMAIL_CHANGED, {"email": EMAIL.upper()})

    assert EMAIL == mail.to


async def test_who_left_an_address_can_undo_that_from_there(office: Office) -> None:
    undo = office.token(Purpose.UNDO_EMAIL, OLD_EMAIL)
    data = DATA[EventKind.EMAIL_LEFT]

    (mail,) = await mails_of(office, EventKind.EMAIL_LEFT, data, undo)

    opened = office.token_service.open_mail_token(mail.token or "", Purpose.UNDO_EMAIL)
    assert (undo.id, undo.expires_at) == (opened, mail.expires_at)


async def test_an_address_that_was_left_is_told_when_it_is_too_late_to_undo(
    office: Office,
) -> None:
    undo = office.token(Purpose.UNDO_EMAIL, OLD_EMAIL)
    await office.tell(EventKind.EMAIL_LEFT, DATA[EventKind.EMAIL_LEFT], token=undo)
    office.wait(hours=72)

    await office.outbox.deliver_due()

    (mail,) = office.postman.sent
    assert (None, None) == (mail.token, mail.expires_at)


async def test_an_address_that_was_left_is_told_though_the_new_one_is_not_proven(
    office: Office,
) -> None:
    user = await office.storage.users.get(1)
    assert user is not None
    office.change_user(user, is_verified=False)
    data = DATA[EventKind.EMAIL_LEFT]

    (mail,) = await mails_of(office, EventKind.EMAIL_LEFT, data)

    assert OLD_EMAIL == mail.to


async def test_an_address_that_is_back_was_not_left(office: Office) -> None:
    data = {"old_email": EMAIL, "email": NEW_EMAIL}

    assert [] == await mails_of(office, EventKind.EMAIL_LEFT, data)


async def test_an_event_that_lost_its_data_leads_to_no_mail(office: Office) -> None:
    assert [] == await mails_of(office, EventKind.EMAIL_LEFT)
    assert [] == await mails_of(office, EventKind.USER_DELETED)


@pytest.mark.parametrize(
    ("told", "locale"),
    [({"locale": "de"}, Locale.DE), ({"locale": "tlh"}, None), ({}, None)],
)
async def test_who_is_gone_is_told_once_more_by_what_the_event_knows(
    told: dict[str, str], locale: Locale | None
) -> None:
    office = Office()

    (mail,) = await mails_of(office, EventKind.USER_DELETED, GONE | told)

    assert (EMAIL, "Jane Doe", "jane") == (mail.to, mail.name, mail.username)
    assert locale is mail.locale


async def test_who_is_gone_and_never_proved_the_address_is_not_told() -> None:
    data = GONE | {"verified": "false"}

    assert [] == await mails_of(Office(), EventKind.USER_DELETED, data)
