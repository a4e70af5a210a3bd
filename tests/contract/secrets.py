import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from core import errors
from core.ports import SecretProvider
from tests.contract.base import Contract

PEM = "-----BEGIN KEY-----\nMC4CAQAw\nBQYDK2Vw\n-----END KEY-----"
VALUES = (
    *("x", "correct horse", " spaces around ", "tab\tand\nlines", PEM, "pässwörd 🐎"),
    *("$HOME %s {x} \\n", "'; drop table users; --", '{"json": "text"}', "=", "null"),
    "x" * 20_000,
)


@dataclass(frozen=True, slots=True)
class Vault:
    """
    A provider, a URL of its kind, and how a test fills what stands behind it.

    ``put`` makes a secret or a new version of it, ``remove`` takes all of it away.
    """

    provider: SecretProvider
    url: str
    put: Callable[[str, str], Awaitable[None]]
    remove: Callable[[str], Awaitable[None]]


class SecretsContract(Contract):
    """The laws of ``SecretProvider``; names are of letters, digits and hyphens."""

    async def test_a_secret_is_read_as_it_was_put(self, subject: Vault) -> None:
        for number, value in enumerate(VALUES):
            await subject.put(f"secret-{number}", value)

            newest = await subject.provider.newest(f"secret-{number}")

            assert value == newest.value

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
