"""Every mail there is, about a person made up, to be looked at."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from core.model import Locale, Mail, MailKind, Role

WITH_TOKEN = frozenset(
    {
        MailKind.VERIFY_EMAIL,
        MailKind.RESET_PASSWORD,
        MailKind.INVITATION,
        MailKind.CHANGE_EMAIL,
        MailKind.EMAIL_LEFT,
    }
)
DETAILS = {
    MailKind.NEW_SIGN_IN: {"device": "Firefox on Windows", "address": "192.0.2.7"},
    MailKind.ROLE_CHANGED: {"role": Role.ADMIN.value},
}


def samples() -> Iterable[Mail]:
    """Return a mail of each kind in each language; ``id`` names it, fit for a file's name."""
    for locale in Locale:
        for kind in MailKind:
            yield from _samples(kind, locale)


def _samples(kind: MailKind, locale: Locale) -> Iterator[Mail]:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    mail = Mail(
        id=f"{locale}-{kind}",
        kind=kind,
        to="kim@example.org",
        name="Kim Example",
        username="kim",
        locale=locale,
        at=at,
        details=DETAILS.get(kind, {}),
    )
    if kind in WITH_TOKEN:
        yield replace(mail, token="sample", expires_at=at + timedelta(days=1))  # noqa: S106 - opens nothing
    else:
        yield mail
    if kind is MailKind.EMAIL_LEFT:
        yield replace(mail, id=f"{mail.id}-without_link")
