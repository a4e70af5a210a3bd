"""A mail server beside tests that have no event loop of their own."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.certificates import LocalAuthority
from tests.servers.service import token_in, wait_for
from tests.servers.smtp_server import Offer, ReceivedMail, SmtpServer


@dataclass(frozen=True)
class PostOffice:
    """Takes mails over STARTTLS from who has its password."""

    server: SmtpServer
    authority_file: Path

    @property
    def settings(self) -> dict[str, str]:
        """What makes a service send its mails here."""
        return {
            "SMTP_HOST": self.server.host,
            "SMTP_PORT": str(self.server.port),
            "SMTP_USER": self.server.user,
            "SMTP_PASSWORD": self.server.password,
            "SSL_CERT_FILE": str(self.authority_file),
        }

    def mails(self, to: str) -> list[ReceivedMail]:
        """Return the mails to this address, oldest first."""
        return [mail for mail in tuple(self.server.inbox) if to in mail.recipients]

    def mailed_token(self, to: str, subject: str, *, but: Sequence[str] = ()) -> str:
        """Return the token of a mail whose subject has this word, once it is there."""
        return wait_for(
            lambda: next(
                (
                    token
                    for mail in self.mails(to)
                    if subject in mail.message["Subject"].lower()
                    and (token := token_in(mail.message)) not in but
                ),
                None,
            ),
            f"a mail about {subject!r} to {to}",
        )


@contextmanager
def post_office(directory: Path) -> Iterator[PostOffice]:
    """Open for as long as the block runs."""
    authority = LocalAuthority()
    authority_file = directory / "authority.pem"
    authority_file.write_bytes(authority.pem)
    server = SmtpServer(
        offer=Offer.STARTTLS, certificate=authority.server_context("localhost")
    )
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result()
        yield PostOffice(server, authority_file)
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
