"""What happened is told once, and what was refused is not told at all."""

import asyncio

import pytest

from core.errors import InvalidMailToken, PasswordRejected, WrongCurrentPassword
from core.model import Purpose
from core.model.events import EventKind
from tests.unit.world import EMAIL, NEW_PASSWORD, PASSWORD, PHONE, World

CALLERS = 50


async def test_an_address_proved_by_many_callers_is_told_once() -> None:
    world = World()
    await world.register()
    mailed = world.mailed_token(Purpose.VERIFY_EMAIL)

    await asyncio.gather(
        *(world.verifications.verify(mailed, PHONE) for _ in range(CALLERS)),
        return_exceptions=True,
    )
    with pytest.raises(InvalidMailToken):
        await world.verifications.reject(mailed, PHONE)

    assert 1 == world.count(EventKind.EMAIL_VERIFIED)
    assert 0 == world.count(EventKind.USER_REJECTED)


async def test_a_password_reset_by_many_callers_is_told_once() -> None:
    world = World()
    await world.register()
    await world.password_resets.request(EMAIL, PHONE)
    mailed = world.mailed_token(Purpose.RESET_PASSWORD)
    with pytest.raises(PasswordRejected):
        await world.password_resets.reset(mailed, "short", PHONE)
    assert 0 == world.count(EventKind.PASSWORD_RESET)

    await asyncio.gather(
        *(
            world.password_resets.reset(mailed, f"{PASSWORD}{n}", PHONE)
            for n in range(CALLERS)
        ),
        return_exceptions=True,
    )

    assert 1 == world.count(EventKind.PASSWORD_RESET)


@pytest.mark.parametrize(
    ("current", "new", "refusal"),
    [
        ("WrongPass123!", NEW_PASSWORD, WrongCurrentPassword),
        (PASSWORD, "short", PasswordRejected),
    ],
)
async def test_a_refused_change_is_not_told(
    current: str, new: str, refusal: type[Exception]
) -> None:
    world = World()
    identity = await world.sessions.identify((await world.newcomer()).access_token)
    before = world.events

    with pytest.raises(refusal):
        await world.password_changes.change(
            identity, current_password=current, new_password=new, client=PHONE
        )

    assert before == world.events
