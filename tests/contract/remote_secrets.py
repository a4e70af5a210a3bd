"""The laws of a ``SecretProvider`` that asks somebody over a network."""

import asyncio
import time
from abc import abstractmethod
from collections.abc import Awaitable
from typing import Protocol

import pytest

from core import errors
from tests.contract.base import Contract
from tests.contract.secrets import Vault
from tests.servers.troubles import Trouble

GUARD = 8.0
"""Seconds after which a look counts as hung; the port says five."""
BLINK = 1.0
"""Seconds for which nobody may hold up the event loop, on a busy machine."""


class RemoteVault(Vault, Protocol):
    """A vault behind a network, with all that can go wrong with both."""

    @abstractmethod
    async def trouble(self, kind: Trouble, times: int | None = None) -> None:
        """Have so many of the next answers be like this, by default all."""

    @abstractmethod
    async def delay(self, seconds: float) -> None:
        """Have it think for so long before each answer."""

    @abstractmethod
    async def stop(self) -> None:
        """Have nobody listen; open connections are cut."""

    @abstractmethod
    async def silence(self) -> None:
        """Let no byte through in either direction, and cut nothing."""

    @abstractmethod
    async def heal(self) -> None:
        """Undo all of that."""

    @abstractmethod
    def connections(self) -> int:
        """Return how many connections are open."""


class RemoteSecretsContract(Contract):
    """The subject has the laws of ``SecretsContract``, too."""

    async def test_who_may_not_read_is_denied(self, subject: RemoteVault) -> None:
        await subject.put("jwt-secret", "x")

        await subject.trouble(Trouble.DENIED)

        await denied(subject, "jwt-secret")

    async def test_who_is_not_known_is_denied(self, subject: RemoteVault) -> None:
        await subject.put("jwt-secret", "x")

        await subject.trouble(Trouble.UNKNOWN_CALLER)

        await denied(subject, "jwt-secret")

    async def test_who_was_denied_may_be_let_in(self, subject: RemoteVault) -> None:
        await subject.put("jwt-secret", "x")
        await subject.trouble(Trouble.DENIED)
        await denied(subject, "jwt-secret")

        await subject.heal()

        await readable(subject, "jwt-secret", "x")

    async def test_a_throttled_look_is_tried_again(self, subject: RemoteVault) -> None:
        await passing(subject, Trouble.THROTTLED)

    async def test_a_look_throttled_for_good_is_unavailable(
        self, subject: RemoteVault
    ) -> None:
        await lasting(subject, Trouble.THROTTLED)

    async def test_a_look_that_fails_is_tried_again(self, subject: RemoteVault) -> None:
        await passing(subject, Trouble.FAILING)

    async def test_a_look_that_fails_for_good_is_unavailable(
        self, subject: RemoteVault
    ) -> None:
        await lasting(subject, Trouble.FAILING)

    async def test_a_garbled_answer_is_asked_for_again(
        self, subject: RemoteVault
    ) -> None:
        await passing(subject, Trouble.GARBLED)

    async def test_answers_garbled_for_good_are_unavailable(
        self, subject: RemoteVault
    ) -> None:
        await lasting(subject, Trouble.GARBLED)

    async def test_nobody_there_is_unavailable_until_somebody_is(
        self, subject: RemoteVault
    ) -> None:
        await subject.put("jwt-secret", "x")
        await readable(subject, "jwt-secret", "x")

        await subject.stop()

        await unavailable(subject, "jwt-secret")
        await subject.heal()
        await readable_soon(subject, "jwt-secret", "x")

    async def test_who_was_never_there_may_come(self, subject: RemoteVault) -> None:
        await subject.put("jwt-secret", "x")
        await subject.stop()
        await unavailable(subject, "jwt-secret")

        await subject.heal()

        await readable_soon(subject, "jwt-secret", "x")

    async def test_silence_is_not_waited_for_and_ends(
        self, subject: RemoteVault
    ) -> None:
        await subject.put("jwt-secret", "x")
        await readable(subject, "jwt-secret", "x")

        await subject.silence()

        await unavailable(subject, "jwt-secret")
        await subject.heal()
        await readable_soon(subject, "jwt-secret", "x")

    async def test_many_who_meet_silence_are_all_told(
        self, subject: RemoteVault
    ) -> None:
        await subject.put("jwt-secret", "x")
        await subject.silence()

        async with asyncio.timeout(GUARD):
            told = await asyncio.gather(
                *(subject.provider.newest("jwt-secret") for _ in range(30)),
                return_exceptions=True,
            )

        assert {errors.SecretsUnavailable} == {type(each) for each in told}

    async def test_an_answer_that_takes_its_time_is_waited_for(
        self, subject: RemoteVault
    ) -> None:
        await subject.put("jwt-secret", "x")

        await subject.delay(BLINK / 3)

        await readable(subject, "jwt-secret", "x")

    async def test_nobody_else_is_held_up_by_a_look(self, subject: RemoteVault) -> None:
        await subject.put("jwt-secret", "x")
        await subject.delay(1.5 * BLINK)
        gaps = []

        look = asyncio.create_task(subject.provider.newest("jwt-secret"))
        while not look.done():
            before = time.monotonic()
            await asyncio.sleep(0.01)
            gaps.append(time.monotonic() - before)
        await look

        assert max(gaps) < BLINK

    async def test_a_look_may_be_given_up(self, subject: RemoteVault) -> None:
        await subject.put("jwt-secret", "x")
        await subject.silence()

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await subject.provider.versions("jwt-secret")

        await subject.heal()
        await readable_soon(subject, "jwt-secret", "x")

    async def test_all_of_60_versions_are_found(self, subject: RemoteVault) -> None:
        values = [f"value {number}" for number in range(60)]
        for value in values:
            await subject.put("jwt-secret", value)

        versions = await subject.provider.versions("jwt-secret")

        assert values[::-1] == [version.value for version in versions]
        assert 60 == len({version.version for version in versions})
        assert 60 == len({version.created_at for version in versions})

    async def test_a_secret_made_anew_has_nothing_of_the_old_one(
        self, subject: RemoteVault
    ) -> None:
        await subject.put("jwt-secret", "first")
        await subject.put("jwt-secret", "second")
        await subject.provider.versions("jwt-secret")

        await subject.remove("jwt-secret")
        await subject.put("jwt-secret", "third")

        await readable(subject, "jwt-secret", "third")
        assert 1 == len(await subject.provider.versions("jwt-secret"))

    async def test_closing_leaves_no_connection_open(
        self, subject: RemoteVault
    ) -> None:
        await subject.put("jwt-secret", "x")
        await asyncio.gather(
            *(subject.provider.versions("jwt-secret") for _ in range(10))
        )

        await subject.provider.aclose()

        async with asyncio.timeout(GUARD):
            while subject.connections():  # noqa: ASYNC110 - others' to tell
                await asyncio.sleep(0.01)

    async def test_what_was_closed_can_be_used_in_another_loop(
        self, subject: RemoteVault
    ) -> None:
        await subject.put("jwt-secret", "x")
        await readable(subject, "jwt-secret", "x")
        await subject.provider.aclose()

        async def elsewhere() -> str:
            try:
                return (await subject.provider.newest("jwt-secret")).value
            finally:
                await subject.provider.aclose()

        assert "x" == await asyncio.to_thread(lambda: asyncio.run(elsewhere()))


async def readable(subject: RemoteVault, name: str, value: str) -> None:
    async with asyncio.timeout(GUARD):
        newest = await subject.provider.newest(name)
        versions = await subject.provider.versions(name)

    assert value == newest.value == versions[0].value


async def readable_soon(subject: RemoteVault, name: str, value: str) -> None:
    """Look again and again: a connection that was lost may cost a look or two."""
    async with asyncio.timeout(GUARD):
        while True:
            try:
                return await readable(subject, name, value)
            except errors.SecretsUnavailable:
                await asyncio.sleep(0.1)


async def denied(subject: RemoteVault, name: str) -> None:
    await refused(subject, name, errors.SecretDenied)


async def unavailable(subject: RemoteVault, name: str) -> None:
    await refused(subject, name, errors.SecretsUnavailable)


async def refused(
    subject: RemoteVault, name: str, how: type[errors.OperationError]
) -> None:
    """Both ways to look tell how it is, in time, and which secret it is about."""

    async def told(look: Awaitable[object]) -> str:
        with pytest.raises(how) as refusal:
            await look
        return str(refusal.value)

    provider = subject.provider
    async with asyncio.timeout(GUARD):
        messages = await asyncio.gather(
            told(provider.newest(name)), told(provider.versions(name))
        )

    assert all(name in message for message in messages)


async def passing(subject: RemoteVault, kind: Trouble) -> None:
    for look in (subject.provider.newest, subject.provider.versions):
        await subject.put("jwt-secret", f"before {look.__name__}")
        await subject.trouble(kind, 1)

        await look("jwt-secret")

        await readable(subject, "jwt-secret", f"before {look.__name__}")


async def lasting(subject: RemoteVault, kind: Trouble) -> None:
    await subject.put("jwt-secret", "x")

    await subject.trouble(kind)

    await unavailable(subject, "jwt-secret")
    await subject.heal()
    await readable(subject, "jwt-secret", "x")
