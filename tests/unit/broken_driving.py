"""Use cases that are wrong on purpose, each in one way, and the laws that tell."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeAlias, TypeVar

from core.identity.accounts import Accounts
from core.identity.password_changes import PasswordChanges
from core.identity.password_resets import PasswordResets
from core.identity.sessions import Sessions
from core.identity.verifications import Verifications
from tests.adapters.broken_hasher import SmallHasher
from tests.unit.world import World

Fault = TypeVar("Fault", bound=type)

Rest: TypeAlias = Any
"""The arguments that a fault only passes on."""

USE_CASES = (Accounts, Verifications, PasswordResets, PasswordChanges, Sessions)

BROKEN: dict[type, set[str]] = {}
"""Faulty use cases, or parts of them, and the laws that each breaks."""


def breaks(*laws: str) -> Callable[[Fault], Fault]:
    """Mark a fault with the laws it breaks, and no others."""

    def mark(fault: Fault) -> Fault:
        BROKEN[fault] = {"test_" + law.replace(" ", "_") for law in laws}
        return fault

    return mark


@asynccontextmanager
async def service_with(fault: type, *, limited: bool = False) -> AsyncIterator[World]:
    hasher = SmallHasher()
    world = World(hasher) if limited else World(hasher, backoff=None, mails=())
    for name, part in vars(world).items():
        if isinstance(part, USE_CASES):
            setattr(world, name, _with(fault, part))
    yield world


def _with(fault: type, part: Any) -> Any:  # noqa: ANN401 - any part of a use case
    """Return a part with the fault in the place of what it is a fault of."""
    values = {it.name: getattr(part, it.name) for it in fields(part) if it.init}
    if fault.__base__ is type(part):
        return fault(**values)
    inner = {
        name: _with(fault, value)
        for name, value in values.items()
        if is_dataclass(value) and type(value).__module__.startswith("core.identity.")
    }
    return replace(part, **inner)
