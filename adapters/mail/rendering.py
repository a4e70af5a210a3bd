"""Turns a mail of the domain into what mail programs read: text and HTML side by side."""

import re
import unicodedata
from dataclasses import dataclass
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage

from adapters.emails.idna import a_labels
from adapters.mail.names import presentable
from adapters.mail.pages import MailPages
from adapters.mail.templating import TEMPLATES
from adapters.mail.wording import WORDINGS, Wording
from core.errors import BadConfiguration, MailRefused
from core.model import Locale, Mail

_NOT_IN_ADDRESSES = re.compile(r'[()<>\[\]:;@\\,"\s]|=\?')


@dataclass(frozen=True, slots=True, kw_only=True)
class MailRenderer:
    """
    Knows who writes (``from_name`` is the service's name) and where links lead.

    ``locale`` is for readers of whom no language is known.
    """

    from_email: str
    from_name: str
    pages: MailPages
    locale: Locale = Locale.EN

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
        wording = WORDINGS[mail.locale or self.locale]
        message = self._envelope(mail, reader, wording)
        context = self._context(mail, name, wording)
        text, html = (
            TEMPLATES.render(wording.locale, mail.kind, part, context)
            for part in ("txt", "html")
        )
        message.set_content(text, cte=_plainest(text))
        message.add_alternative(html, subtype="html", cte=_plainest(html))
        # Setting a content drops what stood here.
        message["Content-Language"] = wording.locale.value
        return message

    def link(self, mail: Mail) -> str | None:
        """Return where the mail sends its reader; None if there is no token to spend."""
        return self.pages.link(mail)

    @property
    def _sender(self) -> Address:
        return _address(self.from_name, self.from_email)

    def _envelope(self, mail: Mail, reader: Address, wording: Wording) -> EmailMessage:
        plain = (self._sender.addr_spec + reader.addr_spec).isascii()
        # Only addresses in another script need more of the servers than ASCII headers.
        message = EmailMessage(policy.SMTP if plain else policy.SMTPUTF8)
        message["From"] = self._sender
        message["To"] = reader
        message["Subject"] = wording.subject(mail.kind, self.from_name)
        message["Date"] = mail.at
        message["Message-ID"] = f"<{mail.id}@{self.domain}>"
        message["Auto-Submitted"] = "auto-generated"
        return message

    def _context(self, mail: Mail, name: str, wording: Wording) -> dict[str, object]:
        known = {
            "link": self.pages.link(mail),
            "not_me": self.pages.rejection(mail),
            "expires": mail.expires_at and wording.in_words(mail.expires_at),
        }
        details = mail.details.items()
        return {
            **{key: wording.detail(key, value) for key, value in details},
            "service": self.from_name,
            "subject": wording.subject(mail.kind, self.from_name),
            "name": name,
            "email": mail.to,
            "username": mail.username,
            "at": wording.in_words(mail.at),
            # What is missing stays out, so that a template that needs it fails.
            **{key: value for key, value in known.items() if value},
        }


def _plainest(body: str) -> str:
    # Quoted-printable would break every link at its "=".
    return "7bit" if body.isascii() else "8bit"


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
