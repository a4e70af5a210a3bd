"""What mails say by language, beside their templates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address

from adapters.mail.names import presentable
from core.model import Locale, MailKind, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """One language; ``on`` stands between a program and its system, as in device names."""

    locale: Locale
    time: str
    """A time as it is written: ``{0}`` of UTC, and ``{month}`` by its name."""
    months: Sequence[str]
    on: str
    unknown: str
    roles: Mapping[str, str]
    subjects: Mapping[MailKind, str]

    def subject(self, kind: MailKind, service: str) -> str:
        return self.subjects[kind].format(service=service)

    def in_words(self, time: datetime) -> str:
        utc = time.astimezone(UTC)
        return self.time.format(utc, month=self.months[utc.month - 1])

    def detail(self, name: str, value: str) -> str:
        """Return a detail of a mail as it may stand there: whoever caused it may have chosen it."""
        if name == "address":
            return _address(value) or self.unknown
        if name == "role" and value in self.roles:
            return self.roles[value]
        if name == "device":
            # Some programs have a stroke in their names, and no link is made of a blank.
            value = value.replace("/", " ").replace(" on ", self.on)
        return presentable(value) or self.unknown


def _address(text: str) -> str:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    return str(address)


ENGLISH = Wording(
    locale=Locale.EN,
    time="{0.day} {month} {0.year}, {0:%H:%M} UTC",
    months=(
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    on=" on ",
    unknown="unknown",
    roles={Role.ADMIN: "administrator", Role.USER: "user"},
    subjects={
        MailKind.VERIFY_EMAIL: "Confirm your email address for {service}",
        MailKind.RESET_PASSWORD: "Reset your {service} password",
        MailKind.PASSWORD_CHANGED: "Your {service} password was changed",
        MailKind.REUSE_DETECTED: "We ended one of your {service} sessions",
        MailKind.INVITATION: "You are invited to {service}",
        MailKind.CHANGE_EMAIL: "Confirm your new email address for {service}",
        MailKind.EMAIL_CHANGED: "Your {service} account has this email address now",
        MailKind.EMAIL_LEFT: "The email address of your {service} account was changed",
        MailKind.NEW_SIGN_IN: "New sign-in to your {service} account",
        MailKind.ROLE_CHANGED: "Your role at {service} was changed",
        MailKind.ACCOUNT_DELETED: "Your {service} account was deleted",
    },
)

GERMAN = Wording(
    locale=Locale.DE,
    time="{0.day}. {month} {0.year}, {0:%H:%M} Uhr UTC",
    months=(
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ),
    on=" unter ",
    unknown="unbekannt",
    roles={Role.ADMIN: "Administration", Role.USER: "Nutzung"},
    subjects={
        MailKind.VERIFY_EMAIL: "Bestätigen Sie Ihre E-Mail-Adresse für {service}",
        MailKind.RESET_PASSWORD: "Setzen Sie Ihr Passwort für {service} zurück",
        MailKind.PASSWORD_CHANGED: "Ihr Passwort für {service} wurde geändert",
        MailKind.REUSE_DETECTED: "Wir haben eine Ihrer Sitzungen bei {service} beendet",
        MailKind.INVITATION: "Sie sind zu {service} eingeladen",
        MailKind.CHANGE_EMAIL: "Bestätigen Sie Ihre neue E-Mail-Adresse für {service}",
        MailKind.EMAIL_CHANGED: "Ihr Konto bei {service} hat jetzt diese E-Mail-Adresse",
        MailKind.EMAIL_LEFT: "Die E-Mail-Adresse Ihres Kontos bei {service} wurde geändert",
        MailKind.NEW_SIGN_IN: "Neue Anmeldung bei Ihrem Konto für {service}",
        MailKind.ROLE_CHANGED: "Ihre Rolle bei {service} wurde geändert",
        MailKind.ACCOUNT_DELETED: "Ihr Konto bei {service} wurde gelöscht",
    },
)

WORDINGS = {wording.locale: wording for wording in (ENGLISH, GERMAN)}
