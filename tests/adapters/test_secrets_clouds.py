"""What no provider of secrets may do, on each cloud."""

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import uvloop

from config.logging import NOISY
from core import errors
from core.ports import SecretProvider
from tests.adapters.cloud_vaults import CloudVault, vault_in
from tests.servers.clouds import CLOUDS, Cloud
from tests.servers.troubles import Trouble

VALUE = "correct horse battery staple"


@pytest.fixture(params=CLOUDS)
def cloud(request: pytest.FixtureRequest) -> Iterator[Cloud[Any]]:
    with CLOUDS[request.param]() as cloud:
        yield cloud


@pytest.fixture
async def vault(cloud: Cloud[Any]) -> AsyncIterator[CloudVault[Any]]:
    async with vault_in(cloud) as vault:
        yield vault


async def look(provider: SecretProvider) -> str:
    newest = await provider.newest("jwt-secret")
    (only,) = await provider.versions("jwt-secret")
    assert newest == only
    return newest.value


async def test_nobody_logs_a_value_at_any_level(
    vault: CloudVault[Any], caplog: pytest.LogCaptureFixture
) -> None:
    for name, level in NOISY.items():
        caplog.set_level(level, logger=name)
    caplog.set_level(logging.DEBUG)
    await vault.put("jwt-secret", VALUE)

    assert VALUE == await look(vault.provider)

    logging.getLogger("adapters").debug("the end")
    assert "the end" in caplog.text
    assert VALUE not in caplog.text


async def test_no_error_tells_the_answer_that_could_not_be_read(
    vault: CloudVault[Any],
) -> None:
    await vault.put("jwt-secret", VALUE)
    await vault.trouble(Trouble.GARBLED)

    for ask in (vault.provider.newest, vault.provider.versions):
        with pytest.raises(errors.SecretsUnavailable) as told:
            await ask("jwt-secret")

        assert VALUE[:7] not in "".join(traceback.format_exception(told.value))


async def test_it_works_in_the_loop_that_serves(vault: CloudVault[Any]) -> None:
    await vault.put("jwt-secret", VALUE)

    async def serve() -> str:
        try:
            return await look(vault.provider)
        finally:
            await vault.provider.aclose()

    assert VALUE == await asyncio.to_thread(lambda: uvloop.run(serve()))
