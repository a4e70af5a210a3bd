"""Secrets Manager's own client, in threads, and what its errors mean to an operator."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import boto3
from botocore import exceptions as aws
from botocore.client import BaseClient
from botocore.config import Config

from adapters.secrets.cloud import AT_ONCE, PATIENCE, LoopBoundClient, retried_once
from core import errors

PERMISSIONS = {
    "get_secret_value": "secretsmanager:GetSecretValue",
    "list_secret_version_ids": "secretsmanager:ListSecretVersionIds",
}
ANSWERS = {"get_secret_value": "VersionId", "list_secret_version_ids": "Versions"}
"""What an answer has at least: of one that it can't read, botocore makes an empty one."""
NOT_FOUND = {
    "ResourceNotFoundException",
    "InvalidRequestException",  # it is marked for deletion
    "InvalidParameterException",
    "ValidationException",
}
DENIED = {"AccessDeniedException", "AccessDenied", "DecryptionFailure"}
UNKNOWN_CALLER = {
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "UnrecognizedClientException",
}
NO_CREDENTIALS = (
    aws.NoCredentialsError,
    aws.PartialCredentialsError,
    aws.ProfileNotFound,
)

# These time out by themselves: a deadline outside can't stop a thread. Another try is ours.
CONFIG = Config(
    connect_timeout=PATIENCE,
    read_timeout=PATIENCE,
    retries={"total_max_attempts": 1},
    max_pool_connections=AT_ONCE,
)


@dataclass(frozen=True, slots=True)
class _Client:
    client: BaseClient
    threads: ThreadPoolExecutor


@dataclass(frozen=True, slots=True)
class SecretsManager:
    """Secrets Manager in one region; ``AWS_ENDPOINT_URL`` is boto3's own to read."""

    region: str
    _connection: LoopBoundClient[_Client] = field(
        default_factory=LoopBoundClient, repr=False
    )

    async def ask(self, operation: str, **question: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the answer to an operation; raises the errors of ``SecretProvider``."""
        secret = f"Secret {question['SecretId']!r}"

        async def attempt() -> dict[str, Any]:
            try:
                service = await self._connection.client(self._connect)
                call = partial(getattr(service.client, operation), **question)
                loop = asyncio.get_running_loop()
                answer: dict[str, Any] = await loop.run_in_executor(
                    service.threads, call
                )
            except (aws.BotoCoreError, aws.ClientError, ValueError) as error:
                raise self._translated(error, secret, PERMISSIONS[operation]) from error
            if ANSWERS[operation] not in answer:
                raise errors.SecretsUnavailable(f"{secret}: the answer was garbled")
            return answer

        return await retried_once(attempt)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._connection.aclose()

    async def _connect(self, stack: AsyncExitStack) -> _Client:
        threads = ThreadPoolExecutor(AT_ONCE, "secrets-manager")
        stack.callback(threads.shutdown, wait=False, cancel_futures=True)
        loop = asyncio.get_running_loop()
        client = await loop.run_in_executor(threads, self._client)
        stack.callback(client.close)
        return _Client(client, threads)

    def _client(self) -> BaseClient:
        session = boto3.Session(region_name=self.region)
        return session.client("secretsmanager", config=CONFIG)

    def _translated(
        self, error: Exception, secret: str, permission: str
    ) -> errors.OperationError:
        if isinstance(error, NO_CREDENTIALS):
            return errors.SecretDenied(
                f"{secret}: {error}; give this process a role that has {permission}"
            )
        told = error.response["Error"] if isinstance(error, aws.ClientError) else {}
        code, message = told.get("Code", ""), told.get("Message", "")
        if code in NOT_FOUND:
            return errors.SecretNotFound(
                f"{secret}: Secrets Manager in {self.region} does not have it; {message}"
            )
        if code in DENIED:
            return errors.SecretDenied(
                f"{secret}: allow {permission}, and kms:Decrypt if it has a key of your"
                f" own; {message}"
            )
        if code in UNKNOWN_CALLER:
            return errors.SecretDenied(
                f"{secret}: AWS does not accept these credentials; {code}: {message}"
            )
        return errors.SecretsUnavailable(f"{secret}: {error}")
