"""
Azure Key Vault for the real client, over real HTTPS, and who gives out its tokens.

There is no official emulator. The identity is that of an App Service: an address and a
password in the environment, which ``DefaultAzureCredential`` finds by itself.
"""

import secrets
import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs

from tests.servers import LOOPBACK
from tests.servers.certificates import LocalAuthority
from tests.servers.cloud_http import HttpServer, Reply, Request
from tests.servers.troubles import Trouble, Troubles

RESOURCE = "https://vault.azure.net"
CHALLENGE = (
    'Bearer authorization="https://login.microsoftonline.com/'
    f'11111111-1111-1111-1111-111111111111", resource="{RESOURCE}"'
)
ERRORS = {
    Trouble.DENIED: (HTTPStatus.FORBIDDEN, "Forbidden"),
    Trouble.UNKNOWN_CALLER: (HTTPStatus.UNAUTHORIZED, "Unauthorized"),
    Trouble.THROTTLED: (HTTPStatus.TOO_MANY_REQUESTS, "Throttled"),
    Trouble.FAILING: (HTTPStatus.INTERNAL_SERVER_ERROR, "InternalServerError"),
}
PAGE_SIZE = 25
"""The most that Key Vault gives at once."""


@dataclass
class StoredVersion:
    """One version of a secret; times are in seconds, as Key Vault has them."""

    value: str
    created: int
    enabled: bool = True
    not_before: int | None = None
    expires: int | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)


class IdentityServer:
    """Gives out tokens for one resource, to those who know the header."""

    def __init__(self) -> None:
        self.tokens: set[str] = set()
        self._header = secrets.token_hex(16)
        self._http = HttpServer(self._answer)

    def start(self) -> Self:
        """Serve."""
        self._http.start()
        return self

    def stop(self) -> None:
        """Stop serving."""
        self._http.stop()

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which a process finds its identity."""
        return {
            "IDENTITY_ENDPOINT": f"http://{LOOPBACK}:{self._http.port}/msi/token",
            "IDENTITY_HEADER": self._header,
        }

    def _answer(self, request: Request) -> Reply:
        resource = parse_qs(request.url.query).get("resource")
        if request.headers.get("X-IDENTITY-HEADER") != self._header:
            return Reply(HTTPStatus.UNAUTHORIZED, {"message": "no such header"})
        if resource != [RESOURCE]:
            return Reply(HTTPStatus.BAD_REQUEST, {"message": "no such resource"})
        token = secrets.token_urlsafe()
        self.tokens.add(token)
        body = {
            "access_token": token,
            "expires_on": str(int(time.time()) + 3600),
            "resource": RESOURCE,
            "token_type": "Bearer",
        }
        return Reply(HTTPStatus.OK, body)


class AzureServer:
    """A vault that is read: one version, the latest, or a list in no order."""

    def __init__(
        self, authority: LocalAuthority, directory: Path, host: str = LOOPBACK
    ) -> None:
        self.identity = IdentityServer()
        self.troubles = Troubles()
        self._authority_file = directory / "authority.pem"
        self._authority_file.write_bytes(authority.pem)
        certificate = authority.server_context("localhost", host)
        self._http = HttpServer(self._answer, certificate, host)
        self._secrets: dict[str, list[StoredVersion]] = {}
        self._time = datetime.now(UTC) - timedelta(hours=1)
        self._lock = threading.Lock()

    def start(self) -> Self:
        """Serve; after stop() on the same port as before."""
        self.identity.start()
        self._http.start()
        return self

    def stop(self) -> None:
        """Stop serving; open connections are closed."""
        self._http.stop()
        self.identity.stop()

    @property
    def host(self) -> str:
        """Where it listens."""
        return self._http.host

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._http.port

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which a process trusts the vault, and is known to it."""
        return {
            **self.identity.environment,
            "SSL_CERT_FILE": str(self._authority_file),
        }

    def put(self, name: str, value: str, *, seconds: int = 1) -> StoredVersion:
        """Add a version, and the secret if it is the first, so long after the last."""
        with self._lock:
            self._time += timedelta(seconds=seconds)
            version = StoredVersion(value, int(self._time.timestamp()))
            self._secrets.setdefault(name, []).append(version)
            return version

    def rotate(self, name: str, value: str) -> None:
        """Add a version of this moment."""
        self._time = datetime.now(UTC)
        self.put(name, value)

    def remove(self, name: str) -> None:
        """Delete a secret."""
        with self._lock:
            del self._secrets[name]

    def disable(self, name: str) -> None:
        """Disable the newest version that is enabled."""
        with self._lock:
            enabled = [kept for kept in self._secrets[name] if kept.enabled]
            enabled[-1].enabled = False

    def _answer(self, request: Request) -> Reply:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if given not in self.identity.tokens:
            reply = _error(HTTPStatus.UNAUTHORIZED, "Unauthorized")
            return Reply(reply.status, reply.body, {"WWW-Authenticate": CHALLENGE})
        trouble = self.troubles.next()
        if trouble in ERRORS:
            return _error(*ERRORS[trouble])
        reply = self._looked_up(request)
        if trouble is Trouble.GARBLED:
            return Reply(reply.status, reply.content[:-2])
        if request.url.path.endswith("/versions"):
            self.troubles.after_listing()
        return reply

    def _looked_up(self, request: Request) -> Reply:
        with self._lock:
            match [part for part in request.url.path.split("/") if part]:
                case ["secrets", name, "versions"] if name in self._secrets:
                    return self._page(name, request)
                case ["secrets", name, *version] if name in self._secrets:
                    return self._version(name, *version, request=request)
        return _error(HTTPStatus.NOT_FOUND, "SecretNotFound")

    def _version(self, name: str, version: str = "", *, request: Request) -> Reply:
        versions = self._secrets[name]
        found = [kept for kept in versions if version in ("", kept.id)]
        if not found:
            return _error(HTTPStatus.NOT_FOUND, "SecretNotFound")
        if not found[-1].enabled:
            return _error(HTTPStatus.FORBIDDEN, "Forbidden", "SecretDisabled")
        described = _described(request, name, found[-1])
        return Reply(HTTPStatus.OK, {**described, "value": found[-1].value})

    def _page(self, name: str, request: Request) -> Reply:
        start = int(parse_qs(request.url.query).get("$skiptoken", ["0"])[0])
        end = start + PAGE_SIZE
        versions = sorted(self._secrets[name], key=lambda kept: kept.id)
        body: dict[str, Any] = {
            "value": [_described(request, name, kept) for kept in versions[start:end]],
            "nextLink": None,
        }
        if end < len(versions):
            here = f"{_origin(request)}{request.url.path}"
            body["nextLink"] = f"{here}?api-version=7.6&$skiptoken={end}"
        return Reply(HTTPStatus.OK, body)


def _origin(request: Request) -> str:
    return f"https://{request.headers['Host']}"


def _described(request: Request, name: str, kept: StoredVersion) -> dict[str, Any]:
    attributes = {
        "enabled": kept.enabled,
        "created": kept.created,
        "updated": kept.created,
        "nbf": kept.not_before,
        "exp": kept.expires,
    }
    return {
        "id": f"{_origin(request)}/secrets/{name}/{kept.id}",
        "attributes": {name: at for name, at in attributes.items() if at is not None},
    }


def _error(status: HTTPStatus, code: str, inner: str | None = None) -> Reply:
    error: dict[str, Any] = {"code": code, "message": "a trouble of the tests"}
    if inner:
        error["innererror"] = {"code": inner}
    headers = {"Retry-After": "10"} if status == HTTPStatus.TOO_MANY_REQUESTS else {}
    return Reply(status, {"error": error}, headers)
