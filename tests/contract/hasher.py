import asyncio
import time
from collections.abc import Sequence
from statistics import median
from typing import TypeAlias

from core.ports import PasswordHasher
from tests.contract.base import Contract

Check: TypeAlias = tuple[str, str | None]
"""A password, and the hash that it is checked against."""

UNREADABLE = (
    "",
    "x",
    "correct horse",
    "$2b$12$",
    "$2b$99$" + "." * 53,
    "$2b$04$" + "ä" * 53,
    "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA",
    "\x00",
    "\ud800",
    "é" * 5000,
)


TYPED = (
    ("P\u00e41!\u00f6\u00f6\u00f6\u00f6", "Pa\u03081!o\u0308o\u0308o\u0308o\u0308"),
    ("\uac01" * 20, "\u1100\u1161\u11a8" * 20),
    ("q\u0323\u0307", "q\u0307\u0323"),
    ("\u212b", "\u00c5", "A\u030a"),
    ("a b", "a\u00a0b", "a\u3000b", "a\u2009b"),
)
"""One password each, as several keyboards write it."""


class HasherContract(Contract):
    """
    The laws of ``PasswordHasher``.

    The subject makes hashes of a few milliseconds, and is never overloaded here.
    """

    async def test_who_comes_alone_finds_room(self, subject: PasswordHasher) -> None:
        subject.demand_room()
        await subject.hash("correct horse")

        subject.demand_room()

    async def test_a_password_matches_its_hash(self, subject: PasswordHasher) -> None:
        for password in ("correct horse", "", " ", "pässwörd 🐎", "x" * 5000):
            stored = await subject.hash(password)

            assert await subject.verify(password, stored)

    async def test_no_other_password_matches(self, subject: PasswordHasher) -> None:
        stored = await subject.hash("correct horse")

        others = ("correct hors", "correct horse ", "Correct horse", "", stored)
        assert [] == await matching(subject, others, stored)

    async def test_one_password_may_be_typed_in_many_ways(
        self, subject: PasswordHasher
    ) -> None:
        for ways in TYPED:
            for first in ways:
                stored = await subject.hash(first)

                assert [*ways] == await matching(subject, ways, stored)

    async def test_letters_that_look_alike_are_others(
        self, subject: PasswordHasher
    ) -> None:
        stored = await subject.hash("Fine stra\u00dfe 2")

        others = (
            "\ufb01ne stra\u00dfe 2",
            "F\u0131ne stra\u00dfe 2",
            "\uff26ine stra\u00dfe 2",
            "Fine strasse 2",
            "Fine stra\u00dfe \u00b2",
            "fine stra\u00dfe 2",
            "Finestra\u00dfe2",
        )
        assert [] == await matching(subject, others, stored)

    async def test_two_hashes_of_a_password_differ(
        self, subject: PasswordHasher
    ) -> None:
        for password in ("correct horse", "x" * 100):
            hashes = {await subject.hash(password) for _ in range(5)}

            assert 5 == len(hashes)

    async def test_a_hash_does_not_hold_its_password(
        self, subject: PasswordHasher
    ) -> None:
        assert "correct horse" not in await subject.hash("correct horse")

    async def test_the_end_of_a_long_password_counts(
        self, subject: PasswordHasher
    ) -> None:
        for length in (71, 72, 73, 1000):
            stored = await subject.hash("x" * length)

            others = ("x" * (length - 1) + "y", "x" * (length - 1), "x" * (length + 1))
            assert await subject.verify("x" * length, stored)
            assert [] == await matching(subject, others, stored)

    async def test_length_is_measured_in_bytes(self, subject: PasswordHasher) -> None:
        stored = await subject.hash("é" * 40)

        assert await subject.verify("é" * 40, stored)
        assert [] == await matching(subject, ["é" * 36, "é" * 39 + "è"], stored)

    async def test_what_stands_behind_a_nul_counts(
        self, subject: PasswordHasher
    ) -> None:
        stored = await subject.hash("horse\0one")
        bare = await subject.hash("horse")

        assert await subject.verify("horse\0one", stored)
        assert [] == await matching(subject, ["horse", "horse\0two"], stored)
        assert [] == await matching(subject, ["horse\0", "horse\0horse"], bare)

    async def test_half_a_surrogate_pair_is_a_character(
        self, subject: PasswordHasher
    ) -> None:
        stored = await subject.hash("horse\ud800")

        assert await subject.verify("horse\ud800", stored)
        assert [] == await matching(subject, ["horse", "horse?", "horse\ud801"], stored)

    async def test_without_a_stored_hash_no_password_matches(
        self, subject: PasswordHasher
    ) -> None:
        assert not await subject.verify("correct horse", None)
        assert not await subject.verify("x" * 100, None)
        assert not await subject.verify("", None)

    async def test_an_unreadable_hash_matches_nothing(
        self, subject: PasswordHasher
    ) -> None:
        for stored in UNREADABLE:
            assert not await subject.verify("correct horse", stored)

    async def test_an_absent_hash_costs_as_much_as_a_wrong_password(
        self, subject: PasswordHasher
    ) -> None:
        stored = await subject.hash("correct horse")

        absent = await relative_cost(subject, ("wrong", None), ("wrong", stored))

        assert 0.6 < absent < 1.7

    async def test_an_unreadable_hash_costs_as_much_as_a_wrong_password(
        self, subject: PasswordHasher
    ) -> None:
        stored = await subject.hash("correct horse")

        unreadable = await relative_cost(subject, ("wrong", "x"), ("wrong", stored))

        assert 0.6 < unreadable < 1.7

    async def test_a_long_password_costs_as_much_as_a_short_one(
        self, subject: PasswordHasher
    ) -> None:
        stored = await subject.hash("correct horse")

        long = await relative_cost(subject, ("wrong" * 40, stored), ("wrong", stored))

        assert 0.6 < long < 1.7

    async def test_a_hash_of_today_is_not_stale(self, subject: PasswordHasher) -> None:
        assert not subject.is_stale(await subject.hash("correct horse"))
        assert not subject.is_stale(await subject.hash("x" * 100))

    async def test_an_unreadable_hash_is_stale(self, subject: PasswordHasher) -> None:
        assert [True] * len(UNREADABLE) == [subject.is_stale(s) for s in UNREADABLE]

    async def test_many_at_once_each_get_their_own_answer(
        self, subject: PasswordHasher
    ) -> None:
        passwords = [f"horse {number}" for number in range(20)]

        hashes = await asyncio.gather(*map(subject.hash, passwords))
        right = await asyncio.gather(*map(subject.verify, passwords, hashes))
        wrong = await asyncio.gather(*map(subject.verify, passwords, hashes[::-1]))

        assert 20 == sum(right)
        assert 0 == sum(wrong)

    async def test_closing_may_be_repeated(self, subject: PasswordHasher) -> None:
        await subject.aclose()

        await subject.aclose()


async def matching(
    hasher: PasswordHasher, passwords: Sequence[str], stored: str
) -> list[str]:
    return [each for each in passwords if await hasher.verify(each, stored)]


async def relative_cost(hasher: PasswordHasher, check: Check, other: Check) -> float:
    """Return how many times the work of ``other`` a check is."""
    costs: list[float] = []
    others: list[float] = []
    ratio = 0.0
    # A busy machine adds to single times: what looks different is looked at for longer.
    while len(costs) < 5 or (len(costs) < 40 and not 0.8 < ratio < 1.25):
        costs.append(await cpu_seconds(hasher, *check))
        others.append(await cpu_seconds(hasher, *other))
        ratio = median(costs) / median(others)
    return ratio


async def cpu_seconds(
    hasher: PasswordHasher, password: str, stored: str | None
) -> float:
    # The processor's time, that of threads included: what else it does is not in it.
    begun = time.process_time()
    await hasher.verify(password, stored)
    return time.process_time() - begun
