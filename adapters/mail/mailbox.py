"""The mailbox of a developer: a folder that any mail program can read."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory

from adapters.mail.rendering import MailRenderer
from adapters.private_files import make_directory, narrow
from core.errors import MailUnavailable
from core.model import Mail
from core.ports import Mailer

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxMailer(Mailer):
    """Writes mails instead of sending them, and logs their links: for development only."""

    renderer: MailRenderer
    directory: Path

    async def send(self, mail: Mail) -> str:
        message = self.renderer.message(mail)
        # Plain line ends, so that the link ends where its line does.
        content = message.as_bytes(policy=message.policy.clone(linesep="\n"))
        try:
            file = await asyncio.to_thread(self._write, _file_name(mail), content)
        except OSError as error:
            raise self._unusable(error) from error
        link = self.renderer.link(mail)
        details = {"to": mail.to, "kind": mail.kind, "link": link, "file": str(file)}
        log.info("Mail in the mailbox", extra=details)
        return f"written to {file}"

    async def ping(self) -> None:
        try:
            await asyncio.to_thread(self._try_to_write)
        except OSError as error:
            raise self._unusable(error) from error

    def _try_to_write(self) -> None:
        self._prepare()
        with TemporaryDirectory(prefix=".", dir=self.directory) as drafts:
            Path(drafts, "probe").touch()

    def _unusable(self, error: OSError) -> MailUnavailable:
        return MailUnavailable(
            f"mailbox {self.directory}: {error}; check that it can be written to"
        )

    def _prepare(self) -> None:
        make_directory(self.directory)
        narrow(self.directory)

    def _write(self, name: str, content: bytes) -> Path:
        self._prepare()
        with TemporaryDirectory(prefix=".", dir=self.directory) as drafts:
            draft = Path(drafts, name)
            draft.touch(mode=0o600)
            draft.write_bytes(content)
            return draft.replace(self.directory / name)


def _file_name(mail: Mail) -> str:
    """Return one name for a mail however often it is sent, and never another mail's."""
    return f"{mail.at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{mail.kind}-{mail.id}.eml"
