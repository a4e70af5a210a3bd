"""A receiving SMTP server with TLS and login, in the event loop of the test."""

import asyncio
import email
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from enum import Enum
from types import TracebackType
from typing import Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.servers import LOOPBACK


class Offer(Enum):
    """How the server protects a connection."""

    STARTTLS = "starttls"
    IMPLICIT = "implicit"
    NONE = "none"
    """No STARTTLS on offer, as if somebody in the middle had taken it out."""


@dataclass(frozen=True)
class ReceivedMail:
    """One accepted message."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    over_tls: bool
    login: bool

    @property
    def message(self) -> EmailMessage:
        """The content as a mail program reads it."""
        return email.message_from_bytes(self.content, policy=policy.default)


class _Connection(SMTP):
    """Tells when it has ended, so that the server can wait for that."""

    siblings: set["_Connection"]
    ended: asyncio.Event

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.siblings.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self.siblings.discard(self)
        self.ended.set()


@dataclass(eq=False, kw_only=True)
class SmtpServer:
    """Keeps what it accepts in ``inbox``, and answers as a test tells it to."""

    offer: Offer
    certificate: ssl.SSLContext
    user: str = "svc"
    password: str = "s3cret"
    login_required: bool = True
    takes_any_script: bool = True
    host: str = "localhost"
    port: int = 0
    inbox: list[ReceivedMail] = field(default_factory=list)
    sender_reply: str | None = None
    recipient_replies: dict[str, str] = field(default_factory=dict)
    """Answers by recipient, for example ``550 5.1.1 no such user``."""
    content_reply: str | None = None
    """Answers every message after its content, for example ``452 4.2.2 full``."""
    patience: float = 0.0
    """Seconds between a message's end and the answer."""
    reluctance: float = 0.0
    """Seconds between ``QUIT`` and the answer."""
    most_at_once: int = 0
    """The highest number of messages that waited for their answer together."""
    _at_once: int = 0
    _open: set[_Connection] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        implicit = self.offer is Offer.IMPLICIT
        self._listener = await asyncio.get_running_loop().create_server(
            self._connection,
            LOOPBACK,
            self.port,
            ssl=self.certificate if implicit else None,
        )
        self.port = self._listener.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Close the port and every connection; may be repeated."""
        self._listener.close()
        for connection in tuple(self._open):
            if isinstance(connection.transport, asyncio.WriteTransport):
                connection.transport.abort()
            with suppress(
                TimeoutError
            ):  # it never hears of a TLS handshake that failed
                await asyncio.wait_for(connection.ended.wait(), 0.1)
            self._open.discard(connection)

    def _connection(self) -> _Connection:
        starttls = self.offer is Offer.STARTTLS
        connection = _Connection(
            self,
            hostname="localhost",
            tls_context=self.certificate if starttls else None,
            require_starttls=starttls,
            auth_require_tls=starttls,  # it does not see that implicit TLS is TLS
            authenticator=self._check_login,
            enable_SMTPUTF8=self.takes_any_script,
        )
        connection.siblings = self._open
        connection.ended = asyncio.Event()
        return connection

    def _check_login(
        self,
        _server: SMTP,
        _session: Session,
        _envelope: Envelope,
        _how: str,
        data: object,
    ) -> AuthResult:
        expected = (self.user.encode(), self.password.encode())
        given = isinstance(data, LoginPassword) and (data.login, data.password)
        return AuthResult(success=given == expected, handled=given == expected)

    # The names of the following methods are those that aiosmtpd calls.

    async def handle_MAIL(  # noqa: N802
        self,
        _server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        if self.login_required and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.sender_reply or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        if refusal := self.recipient_replies.get(address):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, _server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        await asyncio.sleep(self.patience)
        self._at_once -= 1
        if self.content_reply:
            return self.content_reply
        self.inbox.append(
            ReceivedMail(
                sender=envelope.mail_from or "",
                recipients=tuple(envelope.rcpt_tos),
                content=envelope.original_content or b"",
                over_tls=self.offer is Offer.IMPLICIT or session.ssl is not None,
                login=bool(session.authenticated),
            )
        )
        return "250 OK"

    async def handle_QUIT(  # noqa: N802
        self, _server: SMTP, _session: Session, _envelope: Envelope
    ) -> str:
        await asyncio.sleep(self.reluctance)
        return "221 Bye"
