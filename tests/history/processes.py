"""Replicas as processes of their own, whose clocks are set from outside."""

import asyncio
import email
import email.policy
import os
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import httpx

from core.model import MailKind
from tests.history.clocks import SteppedClock
from tests.history.recording import MailedToken
from tests.servers.chaos_proxy import ChaosProxy
from tests.servers.faketime import LAG, FakeTime
from tests.servers.service import Service, token_in

TIMEOUT = 8.0
"""Seconds after which a client gives up."""

TRIES = 10


class FakeTimeService(Service):
    """The service at another time."""

    def __init__(self, directory: Path, clock: FakeTime, **settings: str) -> None:
        super().__init__(directory, **settings)
        self._clock = clock

    @property
    def environment(self) -> Mapping[str, str]:
        return {**super().environment, **self._clock.environment}


class ProcessReplica:
    """A replica that can be killed, and one day started again; ``proxy`` leads to its server."""

    def __init__(
        self,
        directory: Path,
        settings: Mapping[str, str],
        proxy: ChaosProxy | None = None,
    ) -> None:
        directory.mkdir()
        fake_time = FakeTime(directory)
        self.name = directory.name
        self.proxy = proxy
        self.service = FakeTimeService(directory, fake_time, **settings)
        self.clock = SteppedClock(time.time, fake_time.set, lag=LAG)
        self.http: httpx.AsyncClient
        self._mails_seen: set[str] = set()

    async def __aenter__(self) -> Self:
        self.http = self.service.crowd()
        self.http.timeout = httpx.Timeout(TIMEOUT)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()
        self.service.kill()

    async def start(self) -> None:
        """Return when it serves."""
        await asyncio.to_thread(self.service.start)

    def crash(self) -> None:
        """End at once, whatever is under way."""
        self.service.kill()

    def pause(self, how: signal.Signals) -> None:
        """Stop all of it, as a machine does that swaps or moves, or let it go on."""
        if self.service.process:
            os.killpg(self.service.process.pid, how)

    async def revoke(self, kid: str) -> None:
        """Revoke a key, as an operator does, who tries again where storage is busy."""
        command = "keys", "revoke", kid, "--yes"
        for _ in range(TRIES):
            done = await asyncio.to_thread(self.service.run, *command)
            if done.returncode == 0:
                return
        raise RuntimeError(done.stderr)

    def new_mails(self) -> Sequence[MailedToken]:
        """Return what was mailed since the last look."""
        mailbox = self.service.directory / "var" / "mailbox"
        new = [it for it in mailbox.glob("*.eml") if it.name not in self._mails_seen]
        self._mails_seen.update(it.name for it in new)
        found = []
        for file in sorted(new):
            mail = email.message_from_bytes(
                file.read_bytes(), policy=email.policy.default
            )
            if token := token_in(mail):
                kind = MailKind(file.name.split("-")[1])
                (to,) = mail["To"].addresses
                found.append(MailedToken(to.addr_spec, kind, token))
        return found
