"""What operators work with: the driving ports of administration, and an open storage."""

from __future__ import annotations

import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import typer

from core import errors
from core.model import Operator, User
from core.operations.schema import demand_schema
from entrypoints.cli.console import Exit, failed, failure, operator, run_or_raise, wired
from entrypoints.cli.output import harmless, tell

if TYPE_CHECKING:
    from config.container import Container
    from core.ports import DeviceNames
    from core.ports.administration import (
        Audit,
        SessionAdministration,
        UserAdministration,
    )

T = TypeVar("T")

IN_MEMORY = "A storage in memory is the service's own: ask it over HTTP."
ELSEWHERE = (
    "It is about our own storage: set AUTH_BACKEND=native and DATABASE_URL for it."
)
UNSURE = "It needs a yes: run it on a terminal, or with --yes."


@dataclass(frozen=True, slots=True)
class Desk:
    """Where an operator asks for something, and in whose name."""

    container: Container
    by: Operator

    @property
    def users(self) -> UserAdministration:
        users: UserAdministration = self.container.user_administration()
        return users

    @property
    def sessions(self) -> SessionAdministration:
        sessions: SessionAdministration = self.container.session_administration()
        return sessions

    @property
    def audit(self) -> Audit:
        audit: Audit = self.container.audit()
        return audit

    @property
    def devices(self) -> DeviceNames:
        names: DeviceNames = self.container.device_names()
        return names

    @property
    def reaches_limits(self) -> bool:
        """Whether failures are counted where a command sees them; not in the service."""
        settings = self.container.settings()
        return settings.backoff is None or settings.redis_url is not None

    def promise(self, what: str, user: User) -> None:
        """Tell people of a mail that they have asked for."""
        by = "user pool" if self._has_pool else "running service"
        tell(f"{what} will be mailed by the {by} to {user.email}.", beside=True)

    def promise_notice(self, what: str, user: User) -> None:
        """Tell people of a mail that goes with a change; a user pool sends none."""
        if user.is_verified and not self._has_pool:
            self.promise(what, user)

    @property
    def _has_pool(self) -> bool:
        return bool(self.container.settings().has_cognito)

    async def named(self, who: str) -> User:
        """Return who has this id, address or username."""
        return await self.users.named(self.by, who)


def at_desk(
    work: Callable[[Desk], Awaitable[T]],
    *,
    prepares: bool = False,
    of_storage: bool = False,
) -> T:
    """
    Return what is done at the desk, or exit and say why it can't be.

    The storage has to be there, unless the work ``prepares`` it, and may. What is ``of_storage``
    can't be done where somebody else keeps the users.
    """
    container = wired()
    settings, storage = container.settings(), container.storage()
    if settings.has_cognito and of_storage:
        raise failure(ELSEWHERE, code=Exit.CONFIGURATION)
    if settings.storage_url.startswith("memory:") and not settings.has_cognito:
        raise failure(IN_MEMORY, code=Exit.CONFIGURATION)
    makes = prepares and settings.migrates_itself

    async def with_schema() -> T:
        if makes:
            await storage.migrate()
        await demand_schema(storage)
        try:
            return await work(Desk(container, Operator(operator())))
        finally:
            with suppress(errors.Unavailable):
                await container.limiter().aclose()

    try:
        return run_or_raise(storage, with_schema, create=makes)
    except errors.NothingStored as nothing:
        told = f"{nothing}: run `scribes-auth migrate`, or check DATABASE_URL"
        raise failure(told, code=Exit.CONFIGURATION) from None
    except (errors.AuthError, errors.OperationError) as error:
        raise failed(error) from None


def demand_yes(question: str, *, yes: bool) -> None:
    """Go on if the answer is yes, which ``yes`` stands for; else end the command."""
    if yes:
        return
    demand_terminal(UNSURE)
    # Else the event loop takes Ctrl-C for its own, and the question stays.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        typer.confirm(harmless(question), abort=True, err=True)
    finally:
        signal.signal(signal.SIGINT, before)


def demand_terminal(otherwise: str) -> None:
    """Refuse the command line where nobody can be asked."""
    if sys.stdin is None or not sys.stdin.isatty():
        raise failure(otherwise, code=Exit.USAGE)
