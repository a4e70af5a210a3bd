"""Turns a mail of the domain into what mail programs read: text and HTML side by side."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from urllib.parse import quote, urlsplit, urlunsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from adapters.emails.idna import a_labels
from adapters.mail.names import presentable
from core.errors import BadConfiguration, MailRefused
from core.model import Mail, MailKind

SUBJECTS = {
    MailKind.VERIFY_EMAIL: "Confirm your email address for {service}",
    MailKind.RESET_PASSWORD: "Reset your {service} password",
    MailKind.PASSWORD_CHANGED: "Your {service} password was changed",
    MailKind.REUSE_DETECTED: "We ended one of your {service} sessions",
}

_NOT_IN_ADDRESSES = re.compile(r'[()<>\[\]:;@\\,"\s]|=\?')


@dataclass(frozen=True, slots=True, kw_only=True)
class MailRenderer:
    """Knows who writes (``from_name`` is the service's name) and where links lead."""

    from_email: str
    from_name: str
    verify_email_url: str
    not_me_url: str
    """Where an account that somebody else made is removed."""
    password_reset_url: str

    def __post_init__(self) -> None:
        try:
            _ = self._sender
        except ValueError as error:
            problem = f"SMTP_FROM_EMAIL or SMTP_FROM_NAME: {error}"
            raise BadConfiguration([problem]) from error

    @property
    def domain(self) -> str:
        """The sender's, as the DNS knows it."""
        return self._sender.domain

    def message(self, mail: Mail) -> EmailMessage:
        """Compose the message; raises MailRefused for an address that can't be one."""
        name = presentable(mail.name)
        try:
            reader = _address(name, mail.to)
        except ValueError as error:
            raise MailRefused(str(error)) from error
        message = self._envelope(mail, reader)
        context = self._context(mail, name)
        text, html = (_render(mail.kind, part, context) for part in ("txt", "html"))
        message.set_content(text, cte=_plainest(text))
        message.add_alternative(html, subtype="html", cte=_plainest(html))
        message["Content-Language"] = "en"  # setting a content drops what stood here
        return message

    def link(self, mail: Mail) -> str | None:
        """Return where the mail sends its reader; None if there is no token to spend."""
        pages = {
            MailKind.VERIFY_EMAIL: self.verify_email_url,
            MailKind.RESET_PASSWORD: self.password_reset_url,
        }
        page = pages.get(mail.kind)
        return _with_token(page, mail.token) if page and mail.token else None

    @property
    def _sender(self) -> Address:
        return _address(self.from_name, self.from_email)

    def _envelope(self, mail: Mail, reader: Address) -> EmailMessage:
        plain = (self._sender.addr_spec + reader.addr_spec).isascii()
        # Only addresses in another script need more of the servers than ASCII headers.
        message = EmailMessage(policy.SMTP if plain else policy.SMTPUTF8)
        message["From"] = self._sender
        message["To"] = reader
        message["Subject"] = self._subject(mail)
        message["Date"] = mail.at
        message["Message-ID"] = f"<{mail.id}@{self.domain}>"
        message["Auto-Submitted"] = "auto-generated"
        return message

    def _subject(self, mail: Mail) -> str:
        return SUBJECTS[mail.kind].format(service=self.from_name)

    def _context(self, mail: Mail, name: str) -> dict[str, object]:
        known = {
            "link": self.link(mail),
            "not_me": mail.token and _with_token(self.not_me_url, mail.token),
            "expires": mail.expires_at and _in_words(mail.expires_at),
        }
        return {
            "service": self.from_name,
            "subject": self._subject(mail),
            "name": name,
            "email": mail.to,
            "username": mail.username,
            "at": _in_words(mail.at),
            # What is missing stays out, so that a template that needs it fails.
            **{key: value for key, value in known.items() if value},
        }


_templates = Environment(
    loader=PackageLoader("adapters.mail"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _render(kind: MailKind, part: str, context: dict[str, object]) -> str:
    return _templates.get_template(f"{kind}.{part}").render(context)


def _plainest(body: str) -> str:
    # Quoted-printable would break every link at its "=".
    return "7bit" if body.isascii() else "8bit"


def _in_words(time: datetime) -> str:
    utc = time.astimezone(UTC)
    return f"{utc.day} {utc:%B %Y, %H:%M} UTC"


def _with_token(page: str, token: str) -> str:
    parts = urlsplit(page)
    token_pair = f"token={quote(token, safe='')}"
    query = f"{parts.query}&{token_pair}" if parts.query else token_pair
    return urlunsplit(parts._replace(query=query))


def _address(name: str, email: str) -> Address:
    local, _, domain = email.rpartition("@")
    if not all(_is_plain(part) for part in (local, domain)):
        raise ValueError(f"{email!r} is not an address that mail can be sent to")
    # As addresses are compared: any other way would mail somebody's secrets to others.
    known_as = domain if domain.isascii() else a_labels(domain)
    if known_as is None:
        raise ValueError(f"{email!r} is not an address that mail can be sent to")
    return Address(name, unicodedata.normalize("NFC", local), known_as)


def _is_plain(part: str) -> bool:
    return part != "" and part.isprintable() and not _NOT_IN_ADDRESSES.search(part)
