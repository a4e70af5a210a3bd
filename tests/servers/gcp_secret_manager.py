"""
Google Secret Manager for the real client, over real gRPC.

There is no official emulator; the messages are those of the client itself.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NoReturn, Self

import google_crc32c
import grpc
from google.cloud.secretmanager_v1 import types

from tests.servers import LOOPBACK
from tests.servers.troubles import Trouble, Troubles

SERVICE = "google.cloud.secretmanager.v1.SecretManagerService"
State = types.SecretVersion.State
ERRORS = {
    Trouble.DENIED: grpc.StatusCode.PERMISSION_DENIED,
    Trouble.UNKNOWN_CALLER: grpc.StatusCode.UNAUTHENTICATED,
    Trouble.THROTTLED: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Trouble.FAILING: grpc.StatusCode.INTERNAL,
}


@dataclass
class StoredVersion:
    """One version of a secret."""

    data: bytes
    created_at: datetime
    enabled: bool = True


class GcpServer:
    """The two methods we call; filters and orders as Google documents it."""

    project = "scribes-test"

    def __init__(
        self, host: str = LOOPBACK, credentials: grpc.ServerCredentials | None = None
    ) -> None:
        self.host = host
        self.port = 0
        self.page_size = 25_000
        self.troubles = Troubles()
        self.authorizations: list[str] = []
        """What callers sent to say who they are."""
        self._credentials = credentials
        self._secrets: dict[str, list[StoredVersion]] = {}
        self._time = datetime.now(UTC) - timedelta(hours=1)
        self._lock = threading.Lock()
        self._server: grpc.Server | None = None

    def start(self) -> Self:
        """Serve; after stop() on the same port as before."""
        # Without this option a second server could share the port and take calls away.
        options = [("grpc.so_reuseport", 0)]
        self._server = grpc.server(ThreadPoolExecutor(16), options=options)
        self._server.add_generic_rpc_handlers((self._handlers(),))
        address = f"{self.host}:{self.port}"
        if self._credentials is None:
            self.port = self._server.add_insecure_port(address)
        else:
            self.port = self._server.add_secure_port(address, self._credentials)
        self._server.start()
        return self

    def stop(self) -> None:
        """Stop serving; open connections are closed."""
        if self._server is not None:
            self._server.stop(grace=None).wait()
            self._server = None

    def put(self, name: str, value: str | bytes) -> StoredVersion:
        """Add a version, and the secret if it is the first."""
        data = value.encode() if isinstance(value, str) else value
        with self._lock:
            self._time += timedelta(seconds=1, microseconds=234_567)
            version = StoredVersion(data, self._time)
            self._secrets.setdefault(self._resource(name), []).append(version)
            return version

    def rotate(self, name: str, value: str) -> None:
        """Add a version of this moment."""
        self._time = datetime.now(UTC)
        self.put(name, value)

    def remove(self, name: str) -> None:
        """Delete a secret."""
        with self._lock:
            del self._secrets[self._resource(name)]

    def disable(self, name: str) -> None:
        """Disable the newest version that is enabled."""
        with self._lock:
            versions = self._secrets[self._resource(name)]
            enabled = [kept for kept in versions if kept.enabled]
            enabled[-1].enabled = False

    def _resource(self, name: str) -> str:
        return f"projects/{self.project}/secrets/{name}"

    def _handlers(self) -> grpc.GenericRpcHandler:
        methods = {
            "AccessSecretVersion": grpc.unary_unary_rpc_method_handler(
                self._access,
                types.AccessSecretVersionRequest.deserialize,
                types.AccessSecretVersionResponse.serialize,
            ),
            "ListSecretVersions": grpc.unary_unary_rpc_method_handler(
                self._list,
                types.ListSecretVersionsRequest.deserialize,
                types.ListSecretVersionsResponse.serialize,
            ),
        }
        return grpc.method_handlers_generic_handler(SERVICE, methods)

    def _access(
        self, request: types.AccessSecretVersionRequest, context: grpc.ServicerContext
    ) -> types.AccessSecretVersionResponse:
        trouble = self._trouble(context, has_value=True)
        secret, _, number = request.name.partition("/versions/")
        with self._lock:
            versions = self._secrets.get(secret, [])[int(number) - 1 :]
        if not versions:
            _abort(context, grpc.StatusCode.NOT_FOUND)
        if not versions[0].enabled:
            _abort(context, grpc.StatusCode.FAILED_PRECONDITION)
        data = versions[0].data
        checksum = google_crc32c.value(data)
        if trouble is Trouble.GARBLED:
            data = data[:-1] + bytes([data[-1] ^ 1])
        payload = types.SecretPayload(data=data, data_crc32c=checksum)
        return types.AccessSecretVersionResponse(name=request.name, payload=payload)

    def _list(
        self, request: types.ListSecretVersionsRequest, context: grpc.ServicerContext
    ) -> types.ListSecretVersionsResponse:
        self._trouble(context, has_value=False)
        with self._lock:
            versions = [*self._secrets.get(request.parent, [])]
        if not versions:
            _abort(context, grpc.StatusCode.NOT_FOUND)
        listed = [
            types.SecretVersion(
                name=f"{request.parent}/versions/{number}",
                state=State.ENABLED if kept.enabled else State.DISABLED,
                create_time=kept.created_at,
            )
            for number, kept in enumerate(versions, start=1)
            if request.filter != "state:ENABLED" or kept.enabled
        ][::-1]
        start = int(request.page_token or 0)
        end = start + min(request.page_size or 100, self.page_size)
        more = str(end) if end < len(listed) else ""
        self.troubles.after_listing()
        return types.ListSecretVersionsResponse(
            versions=listed[start:end], next_page_token=more
        )

    def _trouble(
        self, context: grpc.ServicerContext, *, has_value: bool
    ) -> Trouble | None:
        sent = dict(context.invocation_metadata())
        self.authorizations.append(str(sent.get("authorization", "")))
        trouble = self.troubles.next(has_value=has_value)
        if trouble in ERRORS:
            _abort(context, ERRORS[trouble])
        return trouble


def _abort(context: grpc.ServicerContext, code: grpc.StatusCode) -> NoReturn:
    context.abort(code, "a trouble of the tests")
    raise AssertionError("abort() raises")
