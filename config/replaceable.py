"""Adapters that another can replace, while calls to them are under way."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from inspect import getattr_static, iscoroutinefunction
from operator import attrgetter
from typing import (
    Any,
    Generic,
    Protocol,
    TypeAlias,
    TypeVar,
    get_args,
    get_type_hints,
)

T = TypeVar("T")

Around: TypeAlias = Callable[[str], AbstractContextManager[None]]
"""What surrounds a call, by its name: ``users.account_by_email``."""

Member: TypeAlias = Callable[[Any], Callable[..., Awaitable[object]]]
"""Returns a method of an adapter, or of a part of it."""

LONGEST_CALL = 30.0
"""Seconds after which a replaced adapter is closed, whoever still waits for its answer."""


def unobserved(_: str) -> AbstractContextManager[None]:
    """Let a call be."""
    return nullcontext()


@dataclass(slots=True, eq=False)
class _Term(Generic[T]):
    """The time that an adapter is in force."""

    adapter: T
    calls: int = 0
    served: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it is over, and every call answered."""


class Replaceable(Generic[T]):
    """
    Holds the adapter in force; ``proxy`` is what everybody else holds.

    The proxy has all that the port declares, and a call is answered by the adapter that
    was in force when it came. ``around`` surrounds each.
    """

    def __init__(self, port: type[T], adapter: T, around: Around = unobserved) -> None:
        self._around = around
        self._term = _Term(adapter)
        self.proxy: T = _proxy(port, self)

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
        self, path: str, member: Member, *args: object, **kwargs: object
    ) -> object:
        term = self._term
        term.calls += 1
        try:
            with self._around(path):
                return await member(term.adapter)(*args, **kwargs)
        finally:
            term.calls -= 1
            if term is not self._term and not term.calls:
                term.served.set()


async def close(adapter: object) -> None:
    """Close an adapter, if it holds anything open."""
    aclose: Callable[[], Awaitable[None]] | None = getattr(adapter, "aclose", None)
    if aclose is not None:
        await aclose()


def _proxy(port: type, target: Replaceable[Any], within: str = "") -> Any:  # noqa: ANN401 - the port's
    """Return an object that has what a port declares, but for how one is made."""
    declared = {it: getattr_static(port, it) for it in dir(port) if it[0] != "_"}
    members = {
        name: _forwarded(member, target, within + name)
        for name, member in declared.items()
        if not isinstance(member, classmethod)
    }
    return type(f"{port.__name__}Proxy", (), members)()


def _forwarded(member: object, target: Replaceable[Any], path: str) -> object:
    if iscoroutinefunction(member):
        return _method(target, path)
    if not isinstance(member, property):
        # A call that nobody awaits could not be waited for either.
        raise TypeError(f"{path}: not asynchronous, so it can't be forwarded")
    kind = get_type_hints(member.fget)["return"]
    if _is_port(kind):
        return _proxy(kind, target, f"{path}.")
    if any(map(_is_port, get_args(kind))):
        # Whoever holds it would go on asking the adapter that it came from.
        raise TypeError(f"{path}: a part has to be a port, and always there")
    return property(lambda _: attrgetter(path)(target.adapter))


def _is_port(kind: object) -> bool:
    return Protocol in getattr(kind, "__bases__", ())


def _method(target: Replaceable[Any], path: str) -> Callable[..., Awaitable[object]]:
    member: Member = attrgetter(path)

    async def call(_: object, *args: object, **kwargs: object) -> object:
        return await target.call(path, member, *args, **kwargs)

    return call
