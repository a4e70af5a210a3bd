"""Secrets that change while the service runs: noticed, put in force, kept through outages."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core import errors
from core.model import UNTOLD, SecretVersion
from core.ports import Clock, Metrics, SecretProvider

log = logging.getLogger(__name__)

PAUSE = timedelta(seconds=5)
"""Between two looks that tokens of unknown keys ask for: anybody can make such tokens."""

PATIENCE = 1.0
"""Seconds that a request waits for a look it asked for."""


@dataclass(frozen=True, slots=True)
class SecretReference:
    """A secret by its name, where it is kept, and which of its versions count."""

    provider: SecretProvider
    name: str
    every_version: bool = False
    """Else only the newest does."""

    async def read(self) -> Sequence[SecretVersion]:
        """Return the versions that count, newest first; raises as the provider does."""
        if self.every_version:
            return await self.provider.versions(self.name)
        return [await self.provider.newest(self.name)]


@dataclass(frozen=True, slots=True)
class Watched:
    """
    A secret, and who puts its versions in force.

    ``use`` is called after every look and has to see by itself whether anything is new.
    It may raise ``BadConfiguration`` or ``Unavailable``, having changed nothing.
    """

    secret: SecretReference
    use: Callable[[Sequence[SecretVersion]], Awaitable[None]]

    @property
    def name(self) -> str:
        return self.secret.name


@dataclass(slots=True, kw_only=True)
class SecretWatch:
    """
    Looks for new versions of secrets.

    What can't be read or used now leaves in force what was, for as long as it takes:
    ``problems`` tells what is wrong with which secret, and the next look tries again.
    """

    watched: Sequence[Watched]
    clock: Clock
    metrics: Metrics
    problems: Mapping[str, str] = field(default_factory=dict, init=False)
    _looking: asyncio.Task[None] | None = field(default=None, init=False)
    _began_at: datetime | None = field(default=None, init=False)

    async def look(self) -> None:
        """Look at every secret; whoever asks while a look is under way shares it."""
        await asyncio.shield(self._look())

    async def look_soon(self) -> None:
        """Look now, unless that was done a moment ago; wait for it no longer than a request may."""
        recently = self._began_at and self.clock.now() - self._began_at < PAUSE
        if self._looking is None and (recently or not self.watched):
            return
        await asyncio.wait({self._look()}, timeout=PATIENCE)

    async def aclose(self) -> None:
        """Stop looking, and let go of the backends."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait({self._looking})
        for it in self.watched:
            await it.secret.provider.aclose()

    def _look(self) -> asyncio.Task[None]:
        if self._looking is None:
            self._began_at = self.clock.now()
            self._looking = asyncio.create_task(self._look_at_all())
            self._looking.add_done_callback(self._have_looked)
        return self._looking

    def _have_looked(self, _: asyncio.Task[None]) -> None:
        self._looking = None

    async def _look_at_all(self) -> None:
        # One after the other: a look is no reason to storm the backend.
        found = {it.name: await self._problem_with(it) for it in self.watched}
        problems = {name: problem for name, problem in found.items() if problem}
        for name, problem in problems.items():
            self.metrics.count("secret_look_failures", secret=name)
            if problem != self.problems.get(name):
                log.error(
                    "Secret not renewed, going on with the one in force",
                    extra={"watched": name, "reason": problem},
                )
        for name in self.problems.keys() - problems.keys():
            log.info("Secret is watched again", extra={"watched": name})
        self.problems = problems
        self.metrics.set("secrets_up", 0 if problems else 1)

    def _tell_age(self, name: str, newest: SecretVersion) -> None:
        if newest.created_at != UNTOLD:
            made = newest.created_at.timestamp()
            self.metrics.set("secret_created_timestamp_seconds", made, secret=name)

    async def _problem_with(self, it: Watched) -> str | None:
        try:
            versions = await it.secret.read()
            self._tell_age(it.name, versions[0])
            await it.use(versions)
        except errors.OperationError as error:
            return str(error)
        except errors.Unavailable as error:
            return error.reason
        except Exception as bug:
            # One secret must not keep the others from being watched.
            log.exception("Secret not renewed", extra={"watched": it.name})
            return repr(type(bug))
        return None
