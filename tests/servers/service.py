"""Scribes Auth itself, as its users run it: a process of its own, over real HTTP."""

import email
import email.policy
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path

import httpx

START_SECONDS = 30
QUICK = {
    "BCRYPT_ROUNDS": "4",
    "OUTBOX_POLL_SECONDS": "0.05",
    "RATE_LIMIT_ENABLED": "false",
}
"""Settings that make tests quick; those about a limit or a cost say otherwise."""

LINK = re.compile(r"https?://\S+[?&]token=(\S+)")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Service:
    """A service with its own data directory; may be killed and started again."""

    def __init__(self, directory: Path, **settings: str) -> None:
        self.directory = directory
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = {**QUICK, **settings}
        self.log = directory / "output.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> Mapping[str, str]:
        """The whole of it: nothing of this machine's leaks in."""
        return {
            "PATH": os.environ["PATH"],
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "DATA_DIR": str(self.directory / "var"),
            **self.settings,
        }

    def start(self) -> "Service":
        """Start, and return when it is ready."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "entrypoints.cli", "serve"],
                cwd=self.directory,
                env={**self.environment, "PYTHONPATH": str(Path.cwd())},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if httpx.get(f"{self.url}/readyz").status_code == httpx.codes.OK:
                    return self
            except httpx.TransportError:
                time.sleep(0.02)
        self.kill()
        raise RuntimeError(f"the service did not start:\n{self.log.read_text()}")

    def kill(self) -> None:
        """End it as a crash would."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """End it as an operator would; return the exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> int:
        if self.process is None:
            return 0
        self.process.send_signal(number)
        code = self.process.wait(timeout=40)
        self.process = None
        return code

    def mails(self, to: str | None = None) -> list[EmailMessage]:
        """Return the mails in the mailbox, oldest first."""
        files = sorted((self.directory / "var" / "mailbox").glob("*.eml"))
        read = [
            email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            for file in files
        ]
        return [mail for mail in read if to is None or to in mail["To"]]

    def mailed_token(self, to: str, subject: str, *, seconds: float = 5) -> str:
        """Wait for a mail whose subject has this word; return the token in its link."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for mail in reversed(self.mails(to)):
                body = mail.get_body(("plain",))
                if subject in mail["Subject"].lower() and body is not None:
                    found = LINK.search(body.get_content())
                    if found:
                        return found[1]
            time.sleep(0.02)
        raise TimeoutError(f"no mail about {subject!r} for {to}")
