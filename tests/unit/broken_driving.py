"""Use cases that are wrong on purpose, each in one way, and the laws that tell."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import fields, is_dataclass
from functools import partial
from typing import Any, TypeAlias, TypeVar

from core.administration.audit import Events
from core.administration.sessions import UserSessions
from core.administration.users import Users
from core.identity.accounts import Accounts
from core.identity.email_changes import EmailChanges
from core.identity.invitations import MailedInvitations
from core.identity.own_account import OwnAccounts
from core.identity.own_sessions import OwnSessionLists
from core.identity.password_changes import PasswordChanges
from core.identity.password_resets import PasswordResets
from core.identity.sessions import Sessions
from core.identity.verifications import Verifications
from tests.adapters.broken_hasher import SmallHasher
from tests.contract.base import Contract
from tests.unit.world import World

Fault = TypeVar("Fault", bound=type)

Rest: TypeAlias = Any
"""The arguments that a fault only passes on."""

USE_CASES = (
    Accounts,
    Verifications,
    PasswordResets,
    PasswordChanges,
    Sessions,
    Users,
    UserSessions,
    Events,
    OwnAccounts,
    OwnSessionLists,
    EmailChanges,
    MailedInvitations,
)

PARTS = ("core.identity.", "core.administration.")
"""Where parts of use cases are."""


BROKEN: dict[type, set[str]] = {}
"""Faulty use cases, or parts of them, and the laws that each breaks."""


def breaks(*laws: str) -> Callable[[Fault], Fault]:
    """Mark a fault with the laws it breaks, and no others."""

    def mark(fault: Fault) -> Fault:
        BROKEN[fault] = {"test_" + law.replace(" ", "_") for law in laws}
        return fault

    return mark


Use: TypeAlias = tuple[type, str]
"""Of a part of a use case, and what of it."""

Choice: TypeAlias = Callable[[type], type]
"""What stands in the place of each part of a use case, by the class of the part."""


@asynccontextmanager
async def service_with(fault: type, *, limited: bool = False) -> AsyncIterator[World]:
    yield _service_of(
        lambda part: fault if fault.__base__ is part else part, limited=limited
    )


def changed_by(fault: type) -> set[Use]:
    """Return what of the use cases is not as it should be with this fault."""
    assert fault.__base__ is not None
    return {(fault.__base__, name) for name in vars(fault)}


async def used_by(contract: type[Contract]) -> dict[str, set[Use]]:
    """Return what each law uses of use cases that are sound."""
    used: dict[str, set[Use]] = {}
    for law in contract.laws():
        used[law] = set()
        watched = partial(_watched, used=used[law])
        await getattr(contract(), law)(_service_of(watched))
    return used


def _service_of(chosen: Choice, *, limited: bool = False) -> World:
    hasher = SmallHasher()
    world = World(hasher) if limited else World(hasher, backoff=None, mails=())
    for name, part in vars(world).items():
        if isinstance(part, USE_CASES):
            setattr(world, name, _made_of(chosen, part))
    return world


def _made_of(chosen: Choice, part: Any) -> Any:  # noqa: ANN401 - any part of a use case
    """Return a part of a use case anew, and all that it is made of."""
    values = {it.name: getattr(part, it.name) for it in fields(part) if it.init}
    inner = {
        name: _made_of(chosen, value)
        for name, value in values.items()
        if is_dataclass(value) and type(value).__module__.startswith(PARTS)
    }
    return chosen(type(part))(**values | inner)


def _watched(part: type, used: set[Use]) -> type:
    def noted(self: object, name: str) -> object:
        used.add((part, name))
        return object.__getattribute__(self, name)

    return type(part.__name__, (part,), {"__getattribute__": noted})
