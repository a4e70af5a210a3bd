"""Scribes Auth itself, as its users run it: a process of its own, over real HTTP."""

import email
import email.policy
import os
import re
import signal
import sqlite3
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import (
    ExitStack,
    asynccontextmanager,
    closing,
    contextmanager,
    suppress,
)
from email.message import EmailMessage
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Any, Self, TypeVar

import httpx

from config.adapters import storage_at
from core.ports import Storage
from tests.servers import LOOPBACK
from tests.servers.forks import IMPORTABLE, UNDERSTOOD, Process, fork_server
from tests.servers.processes import free_port

T = TypeVar("T")

CHECKOUT = Path(__file__).parents[2]
START_SECONDS = 30.0
END_SECONDS = 40.0
QUICK = {
    "BCRYPT_ROUNDS": "4",
    "OUTBOX_POLL_SECONDS": "0.05",
    "RATE_LIMIT_ENABLED": "false",
}
"""Settings that make tests quick; those about a limit or a cost say otherwise."""

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts nobody: loading the machine's authorities takes longer than most tests."""

LINK = re.compile(r"https?://\S+[?&]token=(\S+)")


def wait_for(look: Callable[[], T | None], what: str, *, seconds: float = 30) -> T:
    """Return what ``look`` finds as soon as it finds something."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:g} seconds for {what}")
        time.sleep(0.02)
    return found


class Service:
    """
    A service with its own data directory; may be killed and started again.

    ``program`` is the command line to run, by default this checkout's. The end of a block
    kills it, for to stop takes longer; how it stops is asked where ``stop`` is called.
    """

    def __init__(
        self, directory: Path, *, program: Sequence[str] = (), **settings: str
    ) -> None:
        self.directory = directory
        self.port = free_port()
        self.url = f"http://{LOOPBACK}:{self.port}"
        self.settings = {**QUICK, **settings}
        self.log = directory / "output.log"
        self.process: Process | None = None
        self._program = tuple(program)

    @property
    def environment(self) -> Mapping[str, str]:
        """The whole of it: nothing of this machine's leaks in."""
        checkout = {} if self._program else {"PYTHONPATH": IMPORTABLE}
        return {
            "PATH": os.environ["PATH"],
            "HOST": LOOPBACK,
            "PORT": str(self.port),
            "DATA_DIR": str(self.directory / "var"),
            "TMPDIR": str(self.directory),
            **checkout,
            **self.settings,
        }

    @property
    def output(self) -> str:
        """All that it ever printed."""
        return self.log.read_text(encoding="utf-8")

    def __enter__(self) -> Self:
        return self if self.process else self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.kill()

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another command of the program to its end, with the same settings."""
        with TemporaryFile("w+") as output, TemporaryFile("w+") as errors:
            process = self._begin(arguments, output, errors)
            try:
                code = process.wait(START_SECONDS)
            finally:
                process.kill()
            said, told = _whole(output), _whole(errors)
        return subprocess.CompletedProcess(arguments, code, said, told)

    def running(self, output: Path, *arguments: str) -> Process:
        """Return another command of the program under way; what it says is in the file."""
        with output.open("wb") as file:
            return self._begin(arguments, file, file)

    def launch(self) -> Process:
        """Start, and wait for nothing."""
        if self.process:
            raise RuntimeError("it runs already")
        with self.log.open("ab") as output:
            self.process = self._begin(["serve"], output, output)
        return self.process

    def start(self, **settings: str) -> Self:
        """Start, with these settings changed for good, and return when it is ready."""
        self.settings |= settings
        self.launch()
        try:
            self.await_ready()
        except BaseException:
            self.kill()
            raise
        return self

    def await_ready(self, *, seconds: float = START_SECONDS) -> None:
        """Return when it can serve."""
        wait_for(self._is_ready, "the start", seconds=seconds)

    def kill(self) -> None:
        """End it as a crash would."""
        self._end(lambda process: os.killpg(process.pid, signal.SIGKILL))

    def stop(self) -> int | None:
        """End it as an operator would; return the exit code, None if it did not run."""
        return self._end(lambda process: process.send_signal(signal.SIGTERM))

    def client(self) -> httpx.Client:
        """Return a client."""
        return httpx.Client(base_url=self.url, timeout=30, verify=NO_TLS)

    def crowd(self) -> httpx.AsyncClient:
        """Return a client for many requests at once."""
        limits = httpx.Limits(max_connections=None)
        return httpx.AsyncClient(
            base_url=self.url, limits=limits, timeout=30, verify=NO_TLS
        )

    @asynccontextmanager
    async def storage(self) -> AsyncIterator[Storage]:
        """Yield what it stores in, opened beside it."""
        file = self.directory / "var" / "scribes.db"
        storage = storage_at(self.settings.get("DATABASE_URL", f"sqlite:///{file}"))
        await storage.open()
        try:
            yield storage
        finally:
            await storage.aclose()

    def sql(self, query: str, *values: object) -> list[Any]:
        """Run one statement on the SQLite file, beside the service."""
        file = self.directory / "var" / "scribes.db"
        with closing(sqlite3.connect(file, timeout=10)) as database, database:
            return database.execute(query, values).fetchall()

    def mails(self, to: str | None = None) -> list[EmailMessage]:
        """Return the mails in the mailbox, oldest first."""
        files = sorted((self.directory / "var" / "mailbox").glob("*.eml"))
        read = [
            email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            for file in files
        ]
        return [mail for mail in read if to is None or to in mail["To"]]

    def mailed_token(self, to: str, subject: str, *, but: Sequence[str] = ()) -> str:
        """Return the token of a mail whose subject has this word, as soon as it is there."""
        return wait_for(
            lambda: next(
                (
                    token
                    for mail in self.mails(to)
                    if subject in mail["Subject"].lower()
                    and (token := token_in(mail)) not in but
                ),
                None,
            ),
            f"a mail about {subject!r} to {to}",
        )

    def _begin(
        self, arguments: Sequence[str], output: IO[Any], errors: IO[Any]
    ) -> Process:
        environment = self.environment
        if not self._program and environment.keys() <= UNDERSTOOD:
            outputs = output.fileno(), errors.fileno()
            return fork_server().start(arguments, self.directory, environment, outputs)
        program = self._program or (sys.executable, "-m", "entrypoints.cli")
        return subprocess.Popen(
            [*program, *arguments],
            cwd=self.directory,
            env=environment,
            stdout=output,
            stderr=errors,
            start_new_session=True,  # its workers end with it
        )

    def _is_ready(self) -> bool:
        if self.process is None or self.process.poll() is not None:
            raise RuntimeError(f"the service did not start:\n{self.output}")
        try:
            return httpx.get(f"{self.url}/readyz", verify=NO_TLS).is_success
        except httpx.TransportError:
            return False

    def _end(self, signal_to: Callable[[Process], None]) -> int | None:
        if self.process is None:
            return None
        with suppress(ProcessLookupError):  # it may have ended by itself
            signal_to(self.process)
        code = self.process.wait(END_SECONDS)
        self.process = None
        return code


def _whole(file: IO[str]) -> str:
    file.seek(0)
    return file.read()


@contextmanager
def together(*services: Service) -> Iterator[list[Service]]:
    """Start services side by side, and end them with the block."""
    with ExitStack() as ends:
        for service in services:
            ends.callback(service.kill)
            service.launch()
        for service in services:
            service.await_ready()
        yield [*services]


def token_in(mail: EmailMessage) -> str:
    """Return the token in the link of a mail; empty if there is none."""
    body = mail.get_body(("plain",))
    found = LINK.search(body.get_content()) if body else None
    return found[1] if found else ""
