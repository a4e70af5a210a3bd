"""How connections are used."""

from dataclasses import dataclass, replace
from typing import Self


@dataclass(frozen=True, slots=True)
class PoolUse:
    """
    The connections of a pool, and those who want one.

    ``requests`` and ``waited``, in seconds, are of all who ever asked; the rest is of now.
    """

    used: int = 0
    idle: int = 0
    waiting: int = 0
    requests: int = 0
    waited: float = 0

    def since(self, before: Self) -> Self:
        """Return it with what was asked for since then; all of it, if the pool is a new one."""
        if before.requests > self.requests or before.waited > self.waited:
            return self
        return replace(
            self,
            requests=self.requests - before.requests,
            waited=self.waited - before.waited,
        )
