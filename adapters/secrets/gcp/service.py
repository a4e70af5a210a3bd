"""Secret Manager's own client over gRPC, and what its errors mean to an operator."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import google.auth
import google_crc32c
import grpc.aio
from google.api_core import exceptions as gcp
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError
from google.cloud.secretmanager_v1 import SecretManagerServiceAsyncClient, types
from google.cloud.secretmanager_v1.services.secret_manager_service import transports

from adapters.secrets.cloud import PATIENCE, LoopBoundClient, milliseconds, retried_once
from core import errors

T = TypeVar("T")
Transport = transports.SecretManagerServiceGrpcAsyncIOTransport

GOOGLE = "secretmanager.googleapis.com"
THIS_MACHINE = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?")
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
CREDENTIALS_SECONDS = 4.0
"""Outside Google's cloud the search may go on for longer, and find nothing."""
OPTIONS = [
    # A server that is back is found soon; by default it may take two minutes.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 1000),
    ("grpc.max_reconnect_backoff_ms", 1000),
    # Between two polls a connection can die without a word.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 2000),
]
PATIENTLY: dict[str, Any] = {"retry": None, "timeout": PATIENCE}
"""The client's own retries wait for minutes."""
ACCESS, LIST = "roles/secretmanager.secretAccessor", "roles/secretmanager.viewer"


@dataclass(frozen=True, slots=True)
class Listed:
    """An enabled version; a secret made anew counts its versions from 1 again."""

    resource: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SecretManager:
    """Secret Manager at an endpoint; raises the errors of ``SecretProvider``."""

    endpoint: str
    _connection: LoopBoundClient[SecretManagerServiceAsyncClient] = field(
        default_factory=LoopBoundClient, repr=False
    )

    async def enabled(self, resource: str, secret: str) -> list[Listed]:
        """Return the enabled versions, newest first."""
        request = {"parent": resource, "filter": "state:ENABLED", "page_size": 100}
        enabled = types.SecretVersion.State.ENABLED

        async def ask(client: SecretManagerServiceAsyncClient) -> list[Listed]:
            pages = await client.list_secret_versions(request=request, **PATIENTLY)
            return [
                Listed(version.name, _time(version.create_time))
                async for version in pages
                if version.state is enabled
            ]

        return await self._ask(ask, secret, LIST)

    async def payload(self, listed: Listed, secret: str) -> bytes | None:
        """Return what a version holds, None if it was disabled since it was listed."""
        request = {"name": listed.resource}

        async def ask(client: SecretManagerServiceAsyncClient) -> bytes | None:
            try:
                answer = await client.access_secret_version(
                    request=request, **PATIENTLY
                )
            except (gcp.FailedPrecondition, gcp.NotFound):
                return None
            payload = answer.payload
            # The client does not check what it got.
            if payload.data_crc32c != google_crc32c.value(payload.data):
                raise errors.SecretsUnavailable(f"{secret}: corrupted on its way to us")
            return payload.data

        return await self._ask(ask, secret, ACCESS)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._connection.aclose()

    async def _ask(
        self,
        question: Callable[[SecretManagerServiceAsyncClient], Awaitable[T]],
        secret: str,
        role: str,
    ) -> T:
        async def attempt() -> T:
            try:
                client = await self._connection.client(self._connect)
                return await question(client)
            except (gcp.GoogleAPICallError, GoogleAuthError, TimeoutError) as error:
                raise _translated(error, secret, role) from error

        return await retried_once(attempt)

    async def _connect(self, stack: AsyncExitStack) -> SecretManagerServiceAsyncClient:
        if THIS_MACHINE.fullmatch(self.endpoint):
            channel = grpc.aio.insecure_channel(self.endpoint, OPTIONS)
            transport = Transport(channel=channel)
        else:
            async with asyncio.timeout(CREDENTIALS_SECONDS):
                find = partial(google.auth.default, scopes=[SCOPE])
                credentials, _ = await asyncio.to_thread(find)
            transport = Transport(
                host=self.endpoint,
                credentials=credentials,
                channel=_channel,
                always_use_jwt_access=True,  # a key file needs no look-up of a token
            )
        stack.push_async_callback(transport.close)
        return SecretManagerServiceAsyncClient(transport=transport)


def _channel(host: str, **arguments: Any) -> grpc.aio.Channel:  # noqa: ANN401
    options = [*arguments.pop("options"), *OPTIONS]
    return Transport.create_channel(host, options=options, **arguments)


def _time(at: datetime) -> datetime:
    return milliseconds(datetime.combine(at.date(), at.timetz()))


def _translated(error: Exception, secret: str, role: str) -> errors.OperationError:
    if isinstance(error, gcp.NotFound):
        return errors.SecretNotFound(f"{secret}: make it in Secret Manager")
    if isinstance(error, gcp.Unauthenticated):
        return errors.SecretDenied(
            f"{secret}: Google does not accept these credentials; {error.message}"
        )
    if isinstance(error, gcp.PermissionDenied):
        return errors.SecretDenied(
            f"{secret}: grant {role} to this process's service account; {error.message}"
        )
    if isinstance(error, (DefaultCredentialsError, TimeoutError)):
        return errors.SecretDenied(
            f"{secret}: found no Google credentials; run with a service account that has"
            f" {role}, or set GOOGLE_APPLICATION_CREDENTIALS"
        )
    return errors.SecretsUnavailable(f"{secret}: {error}")
