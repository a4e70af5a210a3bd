"""A user pool of Amazon Cognito, asked by boto3 in threads and within a deadline."""

import asyncio
import base64
import hashlib
import hmac
import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from typing import Any, Self
from urllib.parse import parse_qsl

import boto3
from botocore import exceptions as aws
from botocore.client import BaseClient
from botocore.config import Config

from adapters.identity.cognito.refusals import refusal_of
from core import errors

URL = re.compile(
    r"cognito://(?P<region>[a-z]{2}(?:-[a-z]+)+-\d+)/(?P<pool>[\w-]{1,55})\?(?P<query>.+)",
    re.ASCII,
)
CLIENT_ID = re.compile(r"[\w+]{1,128}", re.ASCII)
WRITE = "Write cognito://REGION/POOL_ID?client_id=ID and nothing more"

AT_ONCE = 16
"""Calls side by side; who comes after them waits within the deadline."""

DEADLINE = 1.8
"""Seconds that a call may take in all."""

Answer = dict[str, Any]


READS = ("admin_get", "admin_list", "describe_", "get_user", "list_")
PASSWORD_FLOW = "ALLOW_USER_PASSWORD_AUTH"  # noqa: S105 - a flow
NO_POOL = {"ResourceNotFoundException", "InvalidParameterException"}
PERMISSIONS = {
    "describe_user_pool": "cognito-idp:DescribeUserPool",
    "describe_user_pool_client": "cognito-idp:DescribeUserPoolClient",
}
DENIED = {
    "AccessDeniedException",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "NotAuthorizedException",
    "UnrecognizedClientException",
}


@dataclass(eq=False)
class Pool:
    """One pool, by one of its clients; ``AWS_ENDPOINT_URL`` is boto3's own to read."""

    region: str
    id: str
    client_id: str
    client_secret: str = field(repr=False)
    rotates: bool = field(default=False, init=False)
    """Whether a refresh token is replaced by its use, as ``check`` has found."""
    only_srp: bool = field(default=False, init=False)
    """Whether the client may not send passwords, as ``check`` has found."""
    deadline: float = DEADLINE
    _threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(AT_ONCE, "cognito"), repr=False
    )

    @classmethod
    def from_url(cls, url: str, client_secret: str = "") -> Self:
        """Return the pool of a URL; raises BadConfiguration."""
        found = URL.fullmatch(url)
        query = dict(parse_qsl(found["query"], keep_blank_values=True)) if found else {}
        client_id = query.pop("client_id", "")
        if found is None or query or not CLIENT_ID.fullmatch(client_id):
            raise errors.BadConfiguration([WRITE])
        if not found["pool"].startswith(f"{found['region']}_"):
            told = f"The pool {found['pool']} is not of the region {found['region']}"
            raise errors.BadConfiguration([told])
        return cls(found["region"], found["pool"], client_id, client_secret)

    @property
    def issuer(self) -> str:
        """What stands in ``iss`` of its tokens."""
        return f"https://cognito-idp.{self.region}.amazonaws.com/{self.id}"

    @property
    def keys_url(self) -> str:
        """Where its JWK Set is."""
        own = os.environ.get("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER")
        endpoint = own or os.environ.get("AWS_ENDPOINT_URL")
        base = f"{endpoint.rstrip('/')}/{self.id}" if endpoint else self.issuer
        return f"{base}/.well-known/jwks.json"

    def secret_hash(self, username: str) -> dict[str, str]:
        """Return what proves that the client asks, empty for one without a secret."""
        if not self.client_secret:
            return {}
        message = (username + self.client_id).encode(errors="replace")
        mac = hmac.digest(self.client_secret.encode(), message, hashlib.sha256)
        return {"SecretHash": base64.b64encode(mac).decode()}

    async def of_client(
        self, operation: str, username: str, **question: object
    ) -> Answer:
        """Ask on behalf of somebody as the pool's client; raises ``AuthError``."""
        proof = self.secret_hash(username)
        return await self.ask(
            operation,
            ClientId=self.client_id,
            Username=username,
            **proof,
            **question,
        )

    async def authenticate(self, flow: str, username: str, **parameters: str) -> Answer:
        """Ask for tokens by a flow; raises ``AuthError``."""
        if proof := self.secret_hash(username).get("SecretHash"):
            parameters["SECRET_HASH"] = proof
        return await self.ask(
            "initiate_auth",
            ClientId=self.client_id,
            AuthFlow=flow,
            AuthParameters=parameters,
        )

    async def respond(
        self, challenge: str, responses: Answer, *, session: str | None
    ) -> Answer:
        """Answer a challenge, for the ``USERNAME`` among the responses; raises ``AuthError``."""
        proof = self.secret_hash(responses["USERNAME"]).get("SecretHash")
        return await self.ask(
            "respond_to_auth_challenge",
            ClientId=self.client_id,
            ChallengeName=challenge,
            ChallengeResponses={
                **responses,
                **({"SECRET_HASH": proof} if proof else {}),
            },
            **({"Session": session} if session else {}),
        )

    async def of_admin(self, operation: str, **question: object) -> Answer:
        """Ask by this process's own credentials; raises ``AuthError``."""
        return await self.ask(operation, UserPoolId=self.id, **question)

    async def ask(self, operation: str, **question: object) -> Answer:
        """Ask anything; raises ``AuthError``."""
        try:
            return await self._called(operation, question)
        except (aws.ParamValidationError, UnicodeEncodeError):
            # Nothing that the pool could know: too long, empty, no text.
            raise errors.NotApplicable from None
        except (TimeoutError, aws.BotoCoreError) as error:
            raise errors.Unavailable from error
        except aws.ClientError as error:
            refusal = refusal_of(error, operation)
            raise refusal from refusal.__cause__

    async def check(self) -> None:
        """Look whether pool and client are there; raises BadConfiguration, Unavailable."""
        await self._checked("describe_user_pool", UserPoolId=self.id)
        answer = await self._checked(
            "describe_user_pool_client", UserPoolId=self.id, ClientId=self.client_id
        )
        client = answer["UserPoolClient"]
        flows = client.get("ExplicitAuthFlows", [])
        self.only_srp = "ALLOW_USER_SRP_AUTH" in flows and PASSWORD_FLOW not in flows
        rotation = client.get("RefreshTokenRotation", {})
        self.rotates = rotation.get("Feature") == "ENABLED"

    async def ping(self) -> None:
        """Raise Unavailable unless the pool answers."""
        await self.of_admin("describe_user_pool")

    async def _checked(self, operation: str, **question: object) -> Answer:
        try:
            return await self._called(operation, question)
        except aws.ClientError as error:
            raise self._problem(error, operation) from None
        except (aws.NoCredentialsError, aws.PartialCredentialsError) as error:
            told = f"AWS: {error}; give this process a role that has {PERMISSIONS[operation]}"
            raise errors.BadConfiguration([told]) from None
        except (TimeoutError, aws.BotoCoreError) as error:
            raise errors.Unavailable from error

    def _problem(self, error: aws.ClientError, operation: str) -> Exception:
        code = error.response["Error"].get("Code", "")
        if code in NO_POOL:
            told = f"COGNITO_URL: Cognito in {self.region} does not have this pool or client"
            return errors.BadConfiguration([told])
        if code in DENIED:
            told = f"COGNITO_URL: allow {PERMISSIONS[operation]} on the pool; {code}"
            return errors.BadConfiguration([told])
        return refusal_of(error, operation)

    async def run(self, job: Any) -> Any:  # noqa: ANN401 - any function's
        """Run something that waits for the network, beside the loop; raises TimeoutError."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self.deadline):
            return await loop.run_in_executor(self._threads, job)

    async def aclose(self) -> None:
        """Let go of the connections."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _called(self, operation: str, question: Answer) -> Answer:
        call = partial(self._call, operation, question)
        try:
            answer: Answer = await self.run(call)
        except aws.ConnectionClosedError:
            # While it was idle, most likely; yet what changes something may have done so.
            if not operation.startswith(READS):
                raise
            answer = await self.run(call)
        return answer

    def _call(self, operation: str, question: Answer) -> Answer:
        answer: Answer = getattr(self._client, operation)(**question)
        return answer

    @cached_property
    def _client(self) -> BaseClient:
        session = _session(self.region)
        config = Config(
            connect_timeout=self.deadline,
            read_timeout=self.deadline,
            # Another try of ours only where nothing can have been done: a sign-up is done once.
            retries={"total_max_attempts": 1},
            max_pool_connections=AT_ONCE,
        )
        return session.client("cognito-idp", config=config)


@cache
def _session(region: str) -> boto3.Session:
    """Return what finds credentials, and has read what AWS's services take."""
    return boto3.Session(region_name=region)
