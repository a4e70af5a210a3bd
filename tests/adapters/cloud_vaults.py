"""The clouds' stand-ins as vaults, each behind a proxy that can break the network."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Generic

import pytest

from config.adapters import secrets
from core.ports import SecretProvider
from tests.contract.remote_secrets import RemoteVault
from tests.servers.chaos_proxy import ChaosProxy
from tests.servers.clouds import Cloud, ServerT
from tests.servers.troubles import FOREVER, Trouble


@dataclass
class CloudVault(RemoteVault, Generic[ServerT]):
    provider: SecretProvider
    url: str
    cloud: Cloud[ServerT]
    proxy: ChaosProxy

    @property
    def server(self) -> ServerT:
        return self.cloud.server

    async def put(self, name: str, value: str) -> None:
        self.cloud.put(name, value)

    async def remove(self, name: str) -> None:
        self.cloud.remove(name)

    async def disable(self, name: str) -> None:
        self.cloud.disable(name)

    async def trouble(self, kind: Trouble, times: int | None = None) -> None:
        self.server.troubles.add(kind, times or FOREVER)

    async def delay(self, seconds: float) -> None:
        self.server.troubles.delay = seconds

    async def stop(self) -> None:
        await self.proxy.down()

    async def silence(self) -> None:
        self.proxy.black_hole = True

    async def heal(self) -> None:
        self.server.troubles.heal()
        self.proxy.black_hole = False
        if not self.proxy.is_up:
            await self.proxy.start()

    def connections(self) -> int:
        return self.proxy.open_connections


@asynccontextmanager
async def vault_in(cloud: Cloud[ServerT]) -> AsyncIterator[CloudVault[ServerT]]:
    """Yield a provider as the service makes it, whose connections can be broken."""
    async with ChaosProxy(cloud.server.host, cloud.server.port) as proxy:
        settings = cloud.settings(proxy.port)
        url = settings.pop("SECRETS_URL")
        with variables(settings):
            provider = secrets(url)
            yield CloudVault(provider, url, cloud, proxy)
            await provider.aclose()


@contextmanager
def variables(environment: Mapping[str, str]) -> Iterator[None]:
    """Have these in the environment, as if the process had been started so."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        yield
