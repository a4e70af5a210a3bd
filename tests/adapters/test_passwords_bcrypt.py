import asyncio
import base64
import hashlib
import os
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import bcrypt
import pytest

from adapters.metrics.prometheus import PrometheusMetrics
from adapters.passwords.bcrypt import BcryptHasher
from core import errors
from core.ports import PasswordHasher
from tests.adapters import broken_hasher as broken
from tests.contract.base import broken_laws
from tests.contract.hasher import HasherContract, relative_cost


@asynccontextmanager
async def hasher_of(
    rounds: int, *, max_wait: float = 60, threads: int = 2
) -> AsyncIterator[BcryptHasher]:
    hasher = BcryptHasher(rounds, max_wait, threads, PrometheusMetrics())
    yield hasher
    await hasher.aclose()


@pytest.fixture
async def hasher() -> AsyncIterator[BcryptHasher]:
    async with hasher_of(4) as hasher:
        yield hasher


class TestBcrypt(HasherContract):
    @pytest.fixture
    async def subject(self) -> AsyncIterator[PasswordHasher]:
        async with hasher_of(6) as hasher:
            yield hasher


BREACHES = [
    (broken.SmallHasher, set()),
    (broken.HasNeverRoom, {"who_comes_alone_finds_room"}),
    (
        broken.NeverMatches,
        {
            "a_password_matches_its_hash",
            "one_password_may_be_typed_in_many_ways",
            "the_end_of_a_long_password_counts",
            "length_is_measured_in_bytes",
            "what_stands_behind_a_nul_counts",
            "half_a_surrogate_pair_is_a_character",
            "many_at_once_each_get_their_own_answer",
        },
    ),
    (
        broken.IgnoresCase,
        {"no_other_password_matches", "letters_that_look_alike_are_others"},
    ),
    (broken.ComparesPieces, {"one_password_may_be_typed_in_many_ways"}),
    (broken.FoldsLookAlikes, {"letters_that_look_alike_are_others"}),
    (broken.OneSalt, {"two_hashes_of_a_password_differ"}),
    (broken.KeepsPassword, {"a_hash_does_not_hold_its_password"}),
    (
        broken.CutsAt72,
        {
            "the_end_of_a_long_password_counts",
            "length_is_measured_in_bytes",
        },
    ),
    (broken.MeasuresCharacters, {"length_is_measured_in_bytes"}),
    (broken.StopsAtNul, {"what_stands_behind_a_nul_counts"}),
    (broken.RepeatsAtNul, {"what_stands_behind_a_nul_counts"}),
    (broken.RefusesSurrogates, {"half_a_surrogate_pair_is_a_character"}),
    (broken.ReplacesSurrogates, {"half_a_surrogate_pair_is_a_character"}),
    (broken.AbsentIsEmpty, {"without_a_stored_hash_no_password_matches"}),
    (
        broken.TakesPlainText,
        {"an_unreadable_hash_matches_nothing", "no_other_password_matches"},
    ),
    (
        broken.RaisesOnUnreadable,
        {
            "an_unreadable_hash_matches_nothing",
            "an_unreadable_hash_costs_as_much_as_a_wrong_password",
        },
    ),
    (broken.QuickOnAbsent, {"an_absent_hash_costs_as_much_as_a_wrong_password"}),
    (
        broken.QuickOnUnreadable,
        {"an_unreadable_hash_costs_as_much_as_a_wrong_password"},
    ),
    (broken.SlowOnLong, {"a_long_password_costs_as_much_as_a_short_one"}),
    (broken.AlwaysStale, {"a_hash_of_today_is_not_stale"}),
    (broken.NeverStale, {"an_unreadable_hash_is_stale"}),
    (broken.SharesAVariable, {"many_at_once_each_get_their_own_answer"}),
    (broken.ClosesOnce, {"closing_may_be_repeated"}),
]


@pytest.mark.parametrize(("make", "laws"), BREACHES)
async def test_a_broken_hasher_is_caught_by_the_law_it_breaks(
    make: type[broken.SmallHasher], laws: set[str]
) -> None:
    @asynccontextmanager
    async def subject() -> AsyncIterator[PasswordHasher]:
        yield make()

    assert {f"test_{law}" for law in laws} == await broken_laws(HasherContract, subject)


def test_every_law_can_fail() -> None:
    caught = {f"test_{law}" for _, laws in BREACHES for law in laws}

    assert set(HasherContract.laws()) == caught


async def test_a_hash_is_of_the_password_in_nfc(hasher: BcryptHasher) -> None:
    stored = await hasher.hash("Pa\u0308ssword")

    assert bcrypt.checkpw("P\u00e4ssword".encode(), stored.encode())


async def test_new_hashes_are_plain_bcrypt(hasher: BcryptHasher) -> None:
    stored = await hasher.hash("x" * 72)

    assert stored.startswith("$2b$04$")
    assert bcrypt.checkpw(b"x" * 72, stored.encode())


async def test_a_hash_of_a_long_password_says_so(hasher: BcryptHasher) -> None:
    assert (await hasher.hash("x" * 73)).startswith("sha384+$2b$04$")
    assert (await hasher.hash("x\0x")).startswith("sha384+$2b$04$")


async def test_what_a_long_password_is_hashed_down_to_is_not_its_password(
    hasher: BcryptHasher,
) -> None:
    long = "x" * 100
    short = base64.b64encode(hashlib.sha384(long.encode()).digest()).decode()

    of_long, of_short = await hasher.hash(long), await hasher.hash(short)

    assert not await hasher.verify(short, of_long)
    assert not await hasher.verify(long, of_short)


@pytest.mark.parametrize("prefix", ["$2a$", "$2y$"])
async def test_hashes_made_elsewhere_are_read(
    hasher: BcryptHasher, prefix: str
) -> None:
    stored = (await hasher.hash("correct horse")).replace("$2b$", prefix)

    assert await hasher.verify("correct horse", stored)
    assert not await hasher.verify("wrong", stored)
    assert not hasher.is_stale(stored)


async def test_a_hash_of_any_other_cost_is_stale() -> None:
    async with hasher_of(5) as hasher, hasher_of(4) as low, hasher_of(6) as high:
        assert not hasher.is_stale(await hasher.hash("x"))
        assert hasher.is_stale(await low.hash("x"))
        assert hasher.is_stale(await high.hash("x"))
        assert hasher.is_stale(await high.hash("x" * 100))


async def test_a_cheap_old_hash_is_as_slow_to_refuse_as_an_unknown_user() -> None:
    async with hasher_of(7) as hasher, hasher_of(4) as old:
        stored = await old.hash("correct horse")
        absent = ("wrong", None)

        wrong = await relative_cost(hasher, ("wrong", stored), absent)
        right = await relative_cost(hasher, ("correct horse", stored), absent)

        assert 0.7 < wrong < 1.4
        assert right < 0.25


async def test_an_unknown_user_costs_as_much_as_the_dearest_hash_seen() -> None:
    async with hasher_of(4) as hasher, hasher_of(7) as dear_hasher:
        dear = await dear_hasher.hash("correct horse")
        cheap = await hasher.hash("correct horse")

        await hasher.verify("wrong", dear)

        for stored in (None, "x", cheap):
            cost = await relative_cost(hasher, ("wrong", stored), ("wrong", dear))
            assert 0.7 < cost < 1.4


async def test_who_would_wait_too_long_is_refused_at_once() -> None:
    async with hasher_of(8, max_wait=0.2, threads=1) as hasher:
        calls = [asyncio.create_task(hasher.hash("x")) for _ in range(200)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)

        refusals = [call.exception() for call in calls if call.done()]
        await asyncio.wait(calls)
        hashes = [call for call in calls if call.exception() is None]

        assert 2 <= len(hashes) <= 60
        assert 200 == len(hashes) + len(refusals)
        assert {errors.Overloaded} == {type(refusal) for refusal in refusals}
        assert await hasher.hash("x")


async def test_a_full_queue_has_no_room_and_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with hasher_of(9, max_wait=0, threads=1) as hasher:
        hasher.demand_room()
        ahead = asyncio.create_task(hasher.hash("x"))
        await asyncio.sleep(0)

        for _ in range(10):
            with pytest.raises(errors.Overloaded):
                hasher.demand_room()

        assert ["More passwords to hash than can be hashed in time"] == caplog.messages
        await ahead
        hasher.demand_room()


async def test_the_threads_let_everything_else_go_first() -> None:
    async with hasher_of(4, threads=1) as hasher:
        before = {*threading.enumerate()}
        await hasher.hash("x")
        (thread,) = {*threading.enumerate()} - before
        assert thread.native_id

        mine, its = (os.getpriority(os.PRIO_PROCESS, n) for n in (0, thread.native_id))

        assert its - mine == (10 if sys.platform == "linux" else 0)


async def test_the_wait_is_told_from_the_work_ahead() -> None:
    async with hasher_of(9, max_wait=0, threads=1) as hasher, hasher_of(12) as dear:
        stored = await dear.hash("x")
        ahead = asyncio.create_task(hasher.verify("wrong", stored))
        await asyncio.sleep(0)

        with pytest.raises(errors.Overloaded) as refusal:
            await hasher.hash("x")

        assert 1 <= refusal.value.retry_after <= 5
        assert not await ahead


async def test_a_free_thread_takes_a_job_however_short_the_wait_may_be() -> None:
    async with hasher_of(4, max_wait=0, threads=2) as hasher:
        assert 2 == len(await asyncio.gather(hasher.hash("x"), hasher.hash("y")))


async def test_jobs_whose_callers_have_gone_are_not_waited_for() -> None:
    async with hasher_of(10, max_wait=1, threads=1) as hasher:
        calls = [asyncio.create_task(hasher.hash("x")) for _ in range(200)]
        await asyncio.sleep(0)
        for call in calls:
            call.cancel()
        await asyncio.wait(calls)
        begun = time.process_time()

        assert await hasher.hash("x")

        assert time.process_time() - begun < 5 * seconds_of_a_hash(10)


async def test_the_loop_goes_on_while_passwords_are_hashed() -> None:
    async with hasher_of(10) as hasher:
        hashing = asyncio.create_task(hasher.hash("x"))
        turns = 0
        while not hashing.done():
            await asyncio.sleep(0.001)
            turns += 1

        assert turns > 5


def seconds_of_a_hash(rounds: int) -> float:
    begun = time.process_time()
    bcrypt.hashpw(b"x", bcrypt.gensalt(rounds))
    return time.process_time() - begun
