import asyncio
import socket
from abc import abstractmethod
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

from core import errors
from core.model import SecretVersion
from core.ports import SecretProvider
from tests.contract.base import Contract

PEM = "-----BEGIN KEY-----\nMC4CAQAw\nBQYDK2Vw\n-----END KEY-----"
VALUES = (
    *("x", "correct horse", " spaces around ", "tab\tand\nlines", PEM, "pässwörd 🐎"),
    *("$HOME %s {x} \\n", "'; drop table users; --", '{"json": "text"}', "=", "null"),
    "x" * 20_000,
)
LINE_ENDS = (
    *(("x\n", "x"), ("x\r\n", "x"), ("x\n\n", "x\n"), ("\nx", "\nx"), ("x \n", "x ")),
    *(("x\r", "x\r"), ("one\ntwo\n", "one\ntwo"), ("x\n\r\n", "x\n"), (" ", " ")),
)
NO_NAMES = (
    "",
    "two words",
    "käse",
    "a?b=c",
    "../x",
    "a%2Fb",
    "a\nb",
    "a\0",
    "x" * 1000,
)


class Vault(Protocol):
    """A provider, a URL of its kind, and how a test fills what stands behind it."""

    provider: SecretProvider
    url: str

    @abstractmethod
    async def put(self, name: str, value: str) -> None:
        """Make a secret, or a new version of it; in one step, for those who read."""

    @abstractmethod
    async def remove(self, name: str) -> None:
        """Take a secret away, with all its versions."""

    @abstractmethod
    async def disable(self, name: str) -> None:
        """Take the newest version back; the one before it is in force again."""


class SecretsContract(Contract):
    """The laws of ``SecretProvider``; names are of letters, digits and hyphens."""

    async def test_a_secret_is_read_as_it_was_put(self, subject: Vault) -> None:
        for number, value in enumerate(VALUES):
            await subject.put(f"secret-{number}", value)

            newest = await subject.provider.newest(f"secret-{number}")

            assert value == newest.value

    async def test_one_line_end_behind_it_is_no_part_of_a_secret(
        self, subject: Vault
    ) -> None:
        for number, (text, value) in enumerate(LINE_ENDS):
            await subject.put(f"secret-{number}", text)

            newest = await subject.provider.newest(f"secret-{number}")
            versions = await subject.provider.versions(f"secret-{number}")

            assert [value] == [newest.value] == [each.value for each in versions]

    async def test_an_unknown_secret_is_not_found(self, subject: Vault) -> None:
        await subject.put("other", "x")

        await not_found(subject.provider.newest, "smtp-password")
        await not_found(subject.provider.versions, "smtp-password")

    async def test_a_removed_secret_is_not_found(self, subject: Vault) -> None:
        await subject.put("smtp-password", "x")
        await subject.provider.newest("smtp-password")

        await subject.remove("smtp-password")

        await not_found(subject.provider.newest, "smtp-password")
        await not_found(subject.provider.versions, "smtp-password")

    async def test_secrets_of_like_names_are_not_mixed_up(self, subject: Vault) -> None:
        names = ["jwt", "jwt-secret", "jwt-secret-2", "old-jwt-secret", "jwtsecret"]
        for name in names:
            await subject.put(name, f"the value of {name}")

        values = [(await subject.provider.newest(name)).value for name in names]
        await subject.remove("jwt-secret")

        assert [f"the value of {name}" for name in names] == values
        await not_found(subject.provider.newest, "jwt-secret")

    async def test_a_new_value_is_seen_at_the_next_look(self, subject: Vault) -> None:
        for value in ("first", "second", "third"):
            await subject.put("jwt-secret", value)

            versions = await subject.provider.versions("jwt-secret")

            assert value == (await subject.provider.newest("jwt-secret")).value
            assert value == versions[0].value

    async def test_the_newest_version_comes_first(self, subject: Vault) -> None:
        for value in ("first", "second", "third"):
            await subject.put("jwt-secret", value)

        newest = await subject.provider.newest("jwt-secret")
        versions = await subject.provider.versions("jwt-secret")

        times = [version.created_at for version in versions]
        assert newest == versions[0]
        assert sorted(times, reverse=True) == times
        assert ["third", "second", "first"][: len(versions)] == [
            version.value for version in versions
        ]

    async def test_another_value_is_another_version(self, subject: Vault) -> None:
        seen = set()
        for value in ("first", "second", "third"):
            await subject.put("jwt-secret", value)
            seen.add((await subject.provider.newest("jwt-secret")).version)

        assert 3 == len(seen - {""})

    async def test_an_unchanged_secret_stays_the_same_version(
        self, subject: Vault
    ) -> None:
        await subject.put("jwt-secret", "x")

        before = await subject.provider.versions("jwt-secret")
        await subject.put("other", "y")
        after = await subject.provider.versions("jwt-secret")

        assert list(before) == list(after)

    async def test_versions_do_not_show_their_values(self, subject: Vault) -> None:
        await subject.put("jwt-secret", "correct horse")

        newest = await subject.provider.newest("jwt-secret")

        assert "correct horse" not in newest.version
        assert "correct horse" not in repr(subject.provider)

    async def test_the_version_before_is_found_too(self, subject: Vault) -> None:
        await subject.put("jwt-secret", "first")
        await subject.put("jwt-secret", "second")

        versions = await subject.provider.versions("jwt-secret")

        assert ["second", "first"] == [version.value for version in versions]

    async def test_a_version_that_is_disabled_is_left_out(self, subject: Vault) -> None:
        await subject.put("jwt-secret", "first")
        await subject.put("jwt-secret", "second")
        await subject.provider.versions("jwt-secret")

        await subject.disable("jwt-secret")

        versions = await subject.provider.versions("jwt-secret")
        assert ["first"] == [version.value for version in versions]
        assert versions[0] == await subject.provider.newest("jwt-secret")

    async def test_names_may_be_of_any_length(self, subject: Vault) -> None:
        names = ["a", "a1", "a" * 99, "a" * 100, "a-b-c-d-e", "key-2026-11-22"]
        for name in names:
            await subject.put(name, f"the value of {name}")

        values = [(await subject.provider.newest(name)).value for name in names]

        assert [f"the value of {name}" for name in names] == values

    async def test_what_can_be_no_name_is_not_found(self, subject: Vault) -> None:
        await subject.put("other", "x")

        for name in NO_NAMES:
            for look in (subject.provider.newest, subject.provider.versions):
                with pytest.raises(errors.SecretNotFound):
                    await look(name)

    async def test_who_reads_during_rotations_never_goes_back(
        self, subject: Vault
    ) -> None:
        await subject.put("jwt-secret", "0000")
        done = asyncio.Event()

        async def read(look: Callable[[], Awaitable[SecretVersion]]) -> list[str]:
            seen = [(await look()).value]
            while not done.is_set():
                seen.append((await look()).value)
                await asyncio.sleep(0)
            return [*seen, (await look()).value]

        async def newest() -> SecretVersion:
            return await subject.provider.newest("jwt-secret")

        async def first() -> SecretVersion:
            return (await subject.provider.versions("jwt-secret"))[0]

        readers = [asyncio.create_task(read(look)) for look in (newest, first) * 3]
        for number in range(1, 6):
            await subject.put("jwt-secret", f"{number:04}")
            await asyncio.sleep(0.02)
        done.set()

        for seen in await asyncio.gather(*readers):
            assert sorted(seen) == seen
            assert "0005" == seen[-1]

    async def test_closing_may_be_repeated_and_needs_no_use(
        self, subject: Vault
    ) -> None:
        await subject.put("jwt-secret", "x")
        unused = type(subject.provider).from_url(subject.url)

        await unused.aclose()
        await unused.aclose()
        await subject.provider.newest("jwt-secret")
        await subject.provider.aclose()
        await subject.provider.aclose()

    async def test_times_are_utc_and_exact_to_the_millisecond(
        self, subject: Vault
    ) -> None:
        await subject.put("jwt-secret", "x")

        created_at = (await subject.provider.newest("jwt-secret")).created_at

        assert UTC.utcoffset(None) == created_at.utcoffset()
        assert 0 == created_at.microsecond % 1000
        assert created_at < datetime.now(UTC) + timedelta(minutes=1)

    async def test_many_readers_at_once_each_get_their_own_secret(
        self, subject: Vault
    ) -> None:
        names = [f"secret-{number}" for number in range(10)]
        for name in names:
            await subject.put(name, f"the value of {name}")

        found = await asyncio.gather(*map(subject.provider.newest, names * 5))

        assert [f"the value of {n}" for n in names * 5] == [
            each.value for each in found
        ]

    async def test_a_url_of_its_kind_makes_a_provider(self, subject: Vault) -> None:
        kind = type(subject.provider)

        assert kind is type(kind.from_url(subject.url))

    async def test_an_unknown_parameter_in_the_url_is_refused(
        self, subject: Vault
    ) -> None:
        for surplus in ("?colour=red", "?colour", "#colour"):
            with pytest.raises(errors.BadConfiguration):
                type(subject.provider).from_url(subject.url + surplus)

    async def test_making_a_provider_asks_nobody(self, subject: Vault) -> None:
        asked = []

        with pytest.MonkeyPatch.context() as patch:
            for name in ("connect", "connect_ex", "sendto"):
                patch.setattr(socket.socket, name, lambda *args: asked.append(args))
            patch.setattr(socket, "getaddrinfo", lambda *args: asked.append(args))
            type(subject.provider).from_url(subject.url)

        assert [] == asked


async def not_found(look: Callable[[str], Awaitable[object]], name: str) -> None:
    with pytest.raises(errors.SecretNotFound, match=name):
        await look(name)
