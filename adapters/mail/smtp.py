"""Mails over SMTP, never in clear unless told to."""

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

import aiosmtplib
from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from adapters.mail.rendering import MailRenderer
from core.errors import MailRefused, MailUnavailable
from core.model import Mail
from core.ports import Mailer

IMPLICIT_TLS_PORT = 465
CONNECTIONS = 3
"""At once; common providers refuse a fourth."""

FAREWELL_SECONDS = 1.0
LOGIN_REPLIES = frozenset({530, 534, 535, 538})
"""Who we are is the question, not whom we write to (RFC 4954 section 6)."""

ADVICE: Mapping[type[Exception], str] = {
    SMTPAuthenticationError: "check SMTP_USER and SMTP_PASSWORD",
    SMTPSenderRefused: "check SMTP_FROM_EMAIL, and SMTP_USER if it wants a login",
    ssl.SSLCertVerificationError: "check SMTP_HOST, and SSL_CERT_FILE for a private CA",
    ssl.SSLError: "check SMTP_TLS: implicit is usual on port 465, starttls elsewhere",
    SMTPResponseException: "it will be tried again",
    SMTPRecipientsRefused: "it will be tried again",
    OSError: "check SMTP_HOST, SMTP_PORT and the network between",
    SMTPException: "check SMTP_TLS, SMTP_USER and what the server offers",
}
"""By what went wrong; the first that fits."""


class SmtpTls(StrEnum):
    """How a connection is protected: by an upgrade, from its first byte, or not at all."""

    STARTTLS = "starttls"
    IMPLICIT = "implicit"
    NONE = "none"

    @classmethod
    def default_for(cls, port: int) -> Self:
        """Return what servers expect on this port."""
        return cls(cls.IMPLICIT if port == IMPLICIT_TLS_PORT else cls.STARTTLS)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpMailer(Mailer):
    """
    Sends each mail over a connection of its own.

    ``timeout`` is for all of a mail, in seconds; keep it below the outbox's lease.
    """

    renderer: MailRenderer
    host: str
    port: int
    tls: SmtpTls
    user: str = ""
    password: str = field(default="", repr=False)
    timeout: float = 20.0
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    _slots: asyncio.Semaphore = field(
        init=False, repr=False, default_factory=lambda: asyncio.Semaphore(CONNECTIONS)
    )

    async def send(self, mail: Mail) -> str:
        message = self.renderer.message(mail)
        client = self._client()
        try:
            async with asyncio.timeout(self.timeout) as deadline, self._slots:
                await client.connect()
                _, said = await client.send_message(message)
                # It is handed over: nothing that happens now may have it sent again.
                deadline.reschedule(None)
                await _part_from(client)
        except (SMTPException, OSError) as failure:
            raise self._translated(failure) from failure
        finally:
            client.close()
        return f"{self._name}: {said}"

    async def ping(self) -> None:
        client = self._client()
        try:
            async with asyncio.timeout(self.timeout), self._slots:
                await client.connect()  # upgrades to TLS and logs in, too
                await client.noop()
                await _part_from(client)
        except (SMTPException, OSError) as failure:
            told = str(self._translated(failure))
            raise (MailRefused if _is_ours(failure) else MailUnavailable)(
                told
            ) from failure
        finally:
            client.close()

    def _client(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            username=self.user or None,
            password=self.password if self.user else None,
            # Looking up our own name can take longer than the mail.
            local_hostname=self.renderer.domain,
            timeout=self.timeout,
            use_tls=self.tls is SmtpTls.IMPLICIT,
            start_tls=self.tls is SmtpTls.STARTTLS,
            tls_context=self.trust,
        )

    def _translated(self, failure: Exception) -> MailRefused | MailUnavailable:
        if isinstance(failure, SMTPNotSupported):
            return MailRefused(f"{self._name} can't carry this address: {failure}")
        replies = _replies(failure)
        said = ", ".join(f"{reply.code} {reply.message}" for reply in replies)
        if _about_this_mail(failure) and all(map(_is_final, replies)):
            return MailRefused(f"{self._name} refused the mail: {said}")
        problem = said or str(failure) or f"no answer within {self.timeout:g} seconds"
        return MailUnavailable(f"{self._name}: {problem}; {_what_to_check(failure)}")

    @property
    def _name(self) -> str:
        return f"mail server {self.host}:{self.port}"


async def _part_from(client: aiosmtplib.SMTP) -> None:
    with suppress(SMTPException, OSError):
        await client.quit(timeout=FAREWELL_SECONDS)


def _replies(failure: Exception) -> list[SMTPResponseException]:
    if isinstance(failure, SMTPRecipientsRefused):
        return list(failure.recipients)
    return [failure] if isinstance(failure, SMTPResponseException) else []


def _about_this_mail(failure: Exception) -> bool:
    return isinstance(failure, SMTPRecipientsRefused | SMTPDataError)


def _is_final(reply: SMTPResponseException) -> bool:
    # 5.7.x: a policy, often about us (relaying, SPF); a mended setting saves the mail.
    about_us = reply.code in LOGIN_REPLIES or reply.message.startswith("5.7.")
    return reply.code >= 500 and not about_us  # noqa: PLR2004 - RFC 5321 section 4.2.1


def _is_ours(failure: Exception) -> bool:
    """Tell whether it will be so until an operator mends something."""
    chain = (failure, failure.__cause__)
    return any(isinstance(it, SMTPAuthenticationError | ssl.SSLError) for it in chain)


def _what_to_check(failure: Exception) -> str:
    chain = (failure, failure.__cause__)
    return next(
        advice
        for kind, advice in ADVICE.items()
        if any(isinstance(error, kind) for error in chain)
    )
