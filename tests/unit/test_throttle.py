import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from core.errors import (
    AccountInactive,
    AuthError,
    EmailNotVerified,
    InvalidCredentials,
    Overloaded,
    TooManyAttempts,
    Unavailable,
    WrongCurrentPassword,
)
from core.model import Client, Purpose
from tests.unit.hashers import InterruptedHasher, RecordingHasher
from tests.unit.world import EMAIL, NEW_PASSWORD, PASSWORD, PHONE, World

WRONG = "WrongPass123!"
STRANGER = Client(address="203.0.113.9", label="")
SECONDS = [0] * 6 + [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]
"""How long each wrong guess in a row has to wait after the one before it."""


async def wait_told(world: World, email: str = EMAIL, client: Client = STRANGER) -> int:
    """Guess, and return how long one has to wait before one may."""
    try:
        await world.log_in(WRONG, email, client)
    except TooManyAttempts as refusal:
        return refusal.retry_after
    except InvalidCredentials:
        return 0
    raise AssertionError("the password was right")


async def fail(world: World, times: int = 20, client: Client = STRANGER) -> None:
    """Guess wrong so often, as fast as that is allowed."""
    for _ in range(times):
        while wait := await wait_told(world, client=client):
            world.wait(seconds=wait)


@pytest.mark.parametrize("email", [EMAIL, "nobody@example.com"])
async def test_each_failure_after_the_fifth_costs_twice_the_time(email: str) -> None:
    world = World()
    await world.register()
    waits = []

    for _ in SECONDS:
        waits.append(await wait_told(world, email))
        if waits[-1]:
            world.wait(seconds=waits[-1] - 0.001)
            assert 1 == await wait_told(world, email)
            world.wait(seconds=0.001)
            assert 0 == await wait_told(world, email)

    assert SECONDS == waits


async def test_who_must_wait_costs_no_hash_and_is_not_told_if_the_password_was_right(
    caplog: pytest.LogCaptureFixture,
) -> None:
    hasher = RecordingHasher()
    world = World(hasher)
    await world.register()
    await fail(world, 7)
    checked = len(hasher.checked)

    for password in (PASSWORD, WRONG):
        with pytest.raises(TooManyAttempts) as refusal:
            await world.log_in(password, client=STRANGER)
        assert 2 == refusal.value.retry_after

    assert checked == len(hasher.checked)
    assert ("Over a limit", "account") == (
        caplog.messages[-1],
        caplog.records[-1].__dict__["limit"],
    )
    assert 3 == world.refusals("account")
    await hasher.aclose()


async def test_of_guesses_at_one_moment_no_more_are_checked_than_one_by_one() -> None:
    hasher = RecordingHasher()
    world = World(hasher)
    await world.register()

    answers = await asyncio.gather(
        *(world.log_in(WRONG) for _ in range(50)), return_exceptions=True
    )

    assert 6 == len(hasher.checked)
    assert 6 == sum(isinstance(answer, InvalidCredentials) for answer in answers)
    assert 44 == sum(isinstance(answer, TooManyAttempts) for answer in answers)
    await hasher.aclose()


async def test_the_right_password_forgets_the_failures() -> None:
    world = World()
    await world.register()
    await fail(world, 9)
    world.wait(minutes=15)

    assert await world.log_in(client=STRANGER)

    assert [0] * 6 + [1] == [await wait_told(world) for _ in range(7)]


async def test_strangers_can_not_lock_the_owner_out_of_a_known_device() -> None:
    world = World()
    await world.newcomer()

    await fail(world)

    assert 900 == await wait_told(world)
    assert await world.log_in()
    world.wait(days=29)
    await fail(world)
    assert await world.log_in()
    assert 900 == await wait_told(world)


async def test_a_device_is_forgotten_after_30_days() -> None:
    world = World()
    await world.newcomer()
    world.wait(days=30)
    await fail(world)

    with pytest.raises(TooManyAttempts):
        await world.log_in()


async def test_a_known_device_has_to_wait_for_its_own_failures() -> None:
    world = World()
    await world.newcomer()

    await fail(world, 7, PHONE)

    assert 2 == await wait_told(world, client=PHONE)
    assert 0 == await wait_told(world, client=STRANGER)


async def test_an_ipv6_network_is_one_device() -> None:
    world = World()
    await world.register()
    home = [Client(f"2001:db8:1:2::{n}", "") for n in range(9)]
    elsewhere = Client("2001:db8:1:3::1", "")
    await world.log_in(client=home[0])

    for client in home[:6]:
        assert 0 == await wait_told(world, client=client)

    assert 1 == await wait_told(world, client=home[7])
    assert 0 == await wait_told(world, client=elsewhere)


async def test_an_account_is_the_same_however_its_address_is_typed() -> None:
    world = World()
    for name in ("jane", "JANE", "Jane", "JaNe", "janE", "jAne"):
        assert 0 == await wait_told(world, f"{name}@example.com")

    assert 1 == await wait_told(world)
    assert 0 == await wait_told(world, "john@example.com")


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [({"is_active": False}, AccountInactive), ({}, EmailNotVerified)],
)
async def test_a_refusal_in_spite_of_the_right_password_is_no_failure(
    changes: dict[str, bool], refusal: type[AuthError]
) -> None:
    world = World(require_verified_email=True)
    world.change_user(await world.register(), **changes)
    await fail(world, 6)
    world.wait(seconds=1)

    for _ in range(20):
        with pytest.raises(refusal):
            await world.log_in(client=STRANGER)

    assert [0] * 6 + [1] == [await wait_told(world) for _ in range(7)]


@pytest.fixture
async def hasher() -> AsyncIterator[InterruptedHasher]:
    hasher = InterruptedHasher()
    yield hasher
    await hasher.aclose()


def _raising(error: Exception) -> Callable[[], Awaitable[None]]:
    async def fail() -> None:
        raise error

    return fail


@pytest.mark.parametrize("error", [Overloaded(), Unavailable(), RuntimeError("a bug")])
async def test_what_is_our_own_fault_is_no_failure(
    hasher: InterruptedHasher, error: Exception
) -> None:
    world = World(hasher)
    await world.register()
    await fail(world, 5)

    for _ in range(20):
        hasher.after_verify = _raising(error)
        with pytest.raises(type(error)):
            await world.log_in(WRONG, client=STRANGER)

    assert [0, 1] == [await wait_told(world) for _ in range(2)]


async def test_who_hangs_up_has_guessed(hasher: InterruptedHasher) -> None:
    world = World(hasher)
    await world.register()

    checked = asyncio.Event()

    async def hang() -> None:
        checked.set()
        await asyncio.sleep(3600)

    for _ in range(6):
        hasher.after_verify = hang
        checked.clear()
        guess = asyncio.create_task(world.log_in(PASSWORD, client=STRANGER))
        await checked.wait()
        guess.cancel()
        with pytest.raises(asyncio.CancelledError):
            await guess

    assert 1 == await wait_told(world)


async def test_a_stolen_access_token_does_not_let_anybody_guess_the_password() -> None:
    world = World()
    grant = await world.newcomer()
    identity = await world.sessions.identify(grant.access_token)

    async def change(current: str, client: Client) -> None:
        await world.password_changes.change(
            identity,
            current_password=current,
            new_password=NEW_PASSWORD,
            client=client,
        )

    for _ in range(3):
        with pytest.raises(WrongCurrentPassword):
            await change(WRONG, STRANGER)
        assert 0 == await wait_told(world)

    with pytest.raises(TooManyAttempts):
        await change(PASSWORD, STRANGER)
    await change(PASSWORD, PHONE)
    assert 1 == await wait_told(world)


async def test_without_limits_nobody_waits() -> None:
    world = World(backoff=None)
    await world.register()

    assert [0] * 20 == [await wait_told(world) for _ in range(20)]
    await world.password_resets.request(EMAIL, PHONE)
    mailed = world.mailed_token(Purpose.RESET_PASSWORD)
    assert await world.password_resets.reset(mailed, NEW_PASSWORD, STRANGER)
