"""What the laws of the driving ports ask of a service, and their shorthand for it."""

import asyncio
from collections.abc import Awaitable, Iterable
from dataclasses import replace
from typing import Any, Protocol, TypeVar

import pytest

from core.errors import InvalidRefreshToken, SessionEnded
from core.model import Client, Grant, Purpose, User
from core.ports import Clock
from core.ports.driving import (
    EmailVerification,
    Identification,
    PasswordChange,
    PasswordReset,
    Registration,
    SessionManagement,
)

T = TypeVar("T")

EMAIL = "jane@example.com"
PASSWORD = "SecurePass123!"
NEW_PASSWORD = "AnotherPass456?"
WRONG = "WrongPass123!"
PHONE = Client(address="192.0.2.1", label="phone")
LAPTOP = Client(address="192.0.2.2", label="laptop")
RACERS = 50
GARBAGE = ("", ".", "..", "x", "a.b.c", "x" * 9000, "\0", "\ud800")
VERIFY, RESET = Purpose.VERIFY_EMAIL, Purpose.RESET_PASSWORD


class Sessions(SessionManagement, Identification, Protocol):
    """Both of what is asked about log-ins."""


class Service(Protocol):
    """
    An implementation of all driving ports, and what tests do around it.

    Nobody is registered yet, nothing is limited, no verified address is demanded, and
    whatever has a usual life has that.
    """

    @property
    def accounts(self) -> Registration: ...
    @property
    def verifications(self) -> EmailVerification: ...
    @property
    def password_resets(self) -> PasswordReset: ...
    @property
    def password_changes(self) -> PasswordChange: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def clock(self) -> Clock: ...

    def wait(self, **time: float) -> None:
        """Let time pass, as ``timedelta`` has it."""

    def mailed_token(self, purpose: Purpose) -> str:
        """Return what the latest mail for this purpose carries; LookupError if none was sent."""

    def change_user(self, user: User, **changes: Any) -> User:  # noqa: ANN401 - its fields
        """Do what an administrator may: change role or activity, or verify."""


async def register(
    service: Service,
    name: str = "jane",
    *,
    email: str | None = None,
    password: str = PASSWORD,
) -> User:
    return await service.accounts.register(
        email=email or f"{name}@example.com",
        username=name,
        password=password,
        full_name="Jane Doe",
        locale=None,
        client=PHONE,
    )


async def log_in(
    service: Service,
    password: str = PASSWORD,
    email: str = EMAIL,
    client: Client = PHONE,
) -> Grant:
    return await service.sessions.log_in(email=email, password=password, client=client)


async def newcomer(service: Service, name: str = "jane") -> Grant:
    """Register somebody and log them in."""
    user = await register(service, name)
    return await log_in(service, email=user.email)


def known_as(user: User) -> User:
    """Return what a user is known as, whatever they have done since."""
    return replace(user, stamp=0, last_login_at=None)


async def is_live(service: Service, grant: Grant) -> bool:
    """Tell whether the tokens count, all of them or none."""
    try:
        await service.sessions.identify(grant.access_token)
    except SessionEnded:
        with pytest.raises(InvalidRefreshToken):
            await service.sessions.refresh(grant.refresh_token, PHONE)
        return False
    assert await service.sessions.refresh(grant.refresh_token, PHONE)
    return True


async def asked_for_a_reset(service: Service) -> str:
    await service.password_resets.request(EMAIL, PHONE)
    return service.mailed_token(RESET)


async def at_once(calls: Iterable[Awaitable[T]]) -> list[T | BaseException]:
    """Return what each call returned, or raised."""
    return await asyncio.gather(*calls, return_exceptions=True)
