"""Key Vault's own client, and what its errors mean to an operator."""

import re
import ssl
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

import aiohttp
from azure.core import exceptions as azure
from azure.core.pipeline.transport import AioHttpTransport
from azure.identity.aio import DefaultAzureCredential
from azure.keyvault.secrets import KeyVaultSecret, SecretProperties
from azure.keyvault.secrets.aio import SecretClient

from adapters.secrets.cloud import PATIENCE, LoopBoundClient, milliseconds, retried_once
from core import errors

T = TypeVar("T")

THIS_MACHINE = re.compile(r"https://(?:localhost|127\.0\.0\.1)(?::\d+)?")
FORBIDDEN, DISABLED = 403, "SecretDisabled"
ROLE = "Key Vault Secrets User"


@dataclass(frozen=True, slots=True)
class Listed:
    """A version that is enabled and valid now."""

    version: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class KeyVault:
    """A vault; raises the errors of ``SecretProvider``."""

    endpoint: str
    _connection: LoopBoundClient[SecretClient] = field(
        default_factory=LoopBoundClient, repr=False
    )

    def told(self, secret_id: str) -> str:
        """Return what messages call a secret."""
        return f"Secret {secret_id!r} in {self.endpoint}"

    async def in_force(self, secret_id: str) -> list[Listed]:
        """Return the versions that are enabled and valid now, newest first."""

        async def ask(client: SecretClient) -> list[Listed]:
            now = datetime.now(UTC)
            pages = client.list_properties_of_secret_versions(secret_id)
            return [
                Listed(found.version, milliseconds(found.created_on))
                async for found in pages
                if found.version and found.created_on and _in_force(found, now)
            ]

        listed = await self._ask(ask, secret_id)
        listed.sort(key=lambda version: version.created_at, reverse=True)
        if len({version.created_at for version in listed[:2]}) < len(listed[:2]):
            # Times are in whole seconds, but the vault knows which version came last.
            last = await self._get(secret_id, None)
            newest = last and last.properties.version
            listed.sort(key=lambda version: version.version != newest)
        return listed

    async def value(self, secret_id: str, listed: Listed) -> str | None:
        """Return what a version holds, None if it was disabled since it was listed."""
        found = await self._get(secret_id, listed.version)
        return None if found is None else found.value or ""

    async def aclose(self) -> None:
        """Close the connections."""
        await self._connection.aclose()

    async def _get(self, secret_id: str, version: str | None) -> KeyVaultSecret | None:
        async def ask(client: SecretClient) -> KeyVaultSecret | None:
            try:
                return await client.get_secret(secret_id, version)
            except azure.ResourceNotFoundError:
                return None
            except azure.HttpResponseError as error:
                if error.error and error.error.innererror.get("code") == DISABLED:
                    return None
                raise

        return await self._ask(ask, secret_id)

    async def _ask(
        self, question: Callable[[SecretClient], Awaitable[T]], secret_id: str
    ) -> T:
        async def attempt() -> T:
            try:
                client = await self._connection.client(self._connect)
                return await question(client)
            except (azure.AzureError, ValueError) as error:
                # Not as the cause: such an error tells the content of the answer.
                raise _translated(error, self.told(secret_id)) from None

        return await retried_once(attempt)

    async def _connect(self, stack: AsyncExitStack) -> SecretClient:
        # Made now, so that SSL_CERT_FILE counts; aiohttp's own was made at import.
        connector = aiohttp.TCPConnector(ssl=ssl.create_default_context())
        session = aiohttp.ClientSession(
            connector=connector,
            trust_env=True,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
        )
        await stack.enter_async_context(session)
        credential = DefaultAzureCredential(process_timeout=int(PATIENCE))
        stack.push_async_callback(credential.close)
        client = SecretClient(
            self.endpoint,
            credential,
            transport=AioHttpTransport(session=session, session_owner=False),
            connection_timeout=PATIENCE,
            read_timeout=PATIENCE,
            retry_total=0,
            # A vault proves by its name that it may ask for a token. Only a stand-in on
            # this very machine has another name.
            verify_challenge_resource=not THIS_MACHINE.fullmatch(self.endpoint),
        )
        return await stack.enter_async_context(client)


def _translated(error: Exception, secret: str) -> errors.OperationError:
    reason = str(error).partition("\n")[0]
    if isinstance(error, azure.ResourceNotFoundError):
        return errors.SecretNotFound(f"{secret}: set it in Key Vault")
    if isinstance(error, azure.ClientAuthenticationError):
        return errors.SecretDenied(
            f"{secret}: run with an identity that has the role {ROLE}; {reason}"
        )
    if isinstance(error, azure.HttpResponseError) and error.status_code == FORBIDDEN:
        return errors.SecretDenied(
            f"{secret}: grant the role {ROLE}, or get and list; {reason}"
        )
    if isinstance(error, ValueError):
        return errors.SecretDenied(f"{secret}: what answers is no Key Vault; {reason}")
    return errors.SecretsUnavailable(f"{secret}: {reason}")


def _in_force(found: SecretProperties, now: datetime) -> bool:
    begun = found.not_before is None or found.not_before <= now
    ended = found.expires_on is not None and found.expires_on <= now
    return found.enabled is not False and begun and not ended
