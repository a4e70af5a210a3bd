"""Adapters that another can replace, while calls to them are under way."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, Generic, TypeVar, cast

T = TypeVar("T")

LONGEST_CALL = 30.0
"""Seconds after which a replaced adapter is closed, whoever still waits for its answer."""

PARTS = {"users", "sessions", "tokens", "events", "revocations", "archive"}
"""Ports that are reached through another port."""


@dataclass(slots=True, eq=False)
class _Term(Generic[T]):
    """The time that an adapter is in force."""

    adapter: T
    calls: int = 0
    served: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it is over, and every call answered."""


class Live(Generic[T]):
    """
    Holds the adapter in force; ``stand_in`` is what everybody else holds.

    A call is answered by the adapter that was in force when it came.
    """

    def __init__(self, adapter: T) -> None:
        self._term = _Term(adapter)
        self.stand_in = cast(T, _StandIn(self))

    @property
    def adapter(self) -> T:
        return self._term.adapter

    async def replace(self, successor: T) -> None:
        """Put the successor, open already, in force; close the other once it has answered all."""
        term, self._term = self._term, _Term(successor)
        try:
            if term.calls:
                with suppress(TimeoutError):
                    await asyncio.wait_for(term.served.wait(), LONGEST_CALL)
        finally:
            await close(term.adapter)

    async def call(
        self, path: tuple[str, ...], *args: object, **kwargs: object
    ) -> object:
        term = self._term
        term.calls += 1
        try:
            return await _at(path, term.adapter)(*args, **kwargs)
        finally:
            term.calls -= 1
            if term is not self._term and not term.calls:
                term.served.set()


async def close(adapter: object) -> None:
    """Close an adapter, if it holds anything open."""
    aclose: Callable[[], Awaitable[None]] | None = getattr(adapter, "aclose", None)
    if aclose is not None:
        await aclose()


class _StandIn:
    """Has what the adapter in force has: its methods, which are asynchronous, and its parts."""

    def __init__(self, live: Live[Any], *path: str) -> None:
        self._live = live
        self._path = path

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - a method or a part
        path = *self._path, name
        member = _at(path, self._live.adapter)  # an AttributeError where there is none
        found: Any = member
        if name in PARTS:
            found = _StandIn(self._live, *path)
        elif callable(member):
            found = _method(self._live, path)
        else:
            return member
        setattr(self, name, found)
        return found


def _method(live: Live[Any], path: tuple[str, ...]) -> Callable[..., Awaitable[object]]:
    async def call(*args: object, **kwargs: object) -> object:
        return await live.call(path, *args, **kwargs)

    return call


def _at(path: tuple[str, ...], adapter: object) -> Any:  # noqa: ANN401 - any member
    return reduce(getattr, path, adapter)
