"""Whether requests can be served, and what is waited for until they can."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from core import errors
from core.keys.revocations import Revocations
from core.operations.schema import demand_schema
from core.ports import Storage

log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0


@dataclass(slots=True)
class Readiness:
    """Prepares the storage; ``problem`` says what is missing yet, None if nothing is."""

    storage: Storage
    revocations: Revocations
    auto_migrate: bool
    problem: str | None = "Starting"

    async def prepare(self) -> None:
        """
        Return when the storage is open, its schema as we need it, and revoked keys known.

        A store that is away, and a schema that is behind or altered, are waited for;
        raises BadConfiguration if the store can't be opened at all.
        """
        await self._until_it_works(self.storage.open)
        await self._until_it_works(self._check_schema)
        # Not after the first request: a revoked key counts for nothing, not even briefly.
        await self._until_it_works(self.revocations.learn)
        self.problem = None

    async def demand(self) -> None:
        """Raise Unavailable unless requests can be served."""
        if self.problem is not None:
            raise errors.Unavailable("Not ready: the service's log says why")
        await self.storage.ping()

    async def _until_it_works(self, step: Callable[[], Awaitable[object]]) -> None:
        while True:
            try:
                await step()
            except errors.Unavailable as error:
                self._tell(error.reason)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return

    async def _check_schema(self) -> None:
        try:
            if self.auto_migrate:
                await self.storage.migrate()
            await demand_schema(self.storage)
        except errors.SchemaBehind as behind:
            raise errors.Unavailable(str(behind)) from None
        except errors.BadConfiguration as altered:
            raise errors.Unavailable(f"The schema was altered: {altered}") from None

    def _tell(self, problem: str) -> None:
        if problem != self.problem:
            log.error("Not ready, waiting", extra={"reason": problem})
        self.problem = problem
