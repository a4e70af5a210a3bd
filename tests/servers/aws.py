"""AWS Secrets Manager for the real client: moto over HTTP, put right where it is not."""

import json
import threading
import uuid
from base64 import b64encode
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any, Self

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from moto.secretsmanager.models import (
    FakeSecret,
    SecretsManagerBackend,
    secretsmanager_backends,
)
from werkzeug.serving import BaseWSGIServer, make_server

from tests.servers import LOOPBACK
from tests.servers.troubles import Trouble, Troubles

CURRENT, PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"
ERRORS = {
    Trouble.DENIED: ("400 Bad Request", "AccessDeniedException"),
    Trouble.UNKNOWN_CALLER: ("400 Bad Request", "UnrecognizedClientException"),
    Trouble.THROTTLED: ("400 Bad Request", "ThrottlingException"),
    Trouble.FAILING: ("500 Internal Server Error", "InternalServiceError"),
}

Environment = dict[str, Any]
Begin = Callable[[str, list[tuple[str, str]]], object]
Answer = Iterable[bytes]


class AwsServer:
    """
    One account; secrets are put and taken back as an operator does it.

    Moto counts in seconds, gives the time of the look as that of a version, lists neither
    pages nor what is unknown as AWS does, and forgets which version is current when
    labels move. Here that is as AWS documents it.
    """

    region = "eu-west-1"

    def __init__(self) -> None:
        self.host = LOOPBACK
        self.port = 0
        self.page_size = 100
        self.troubles = Troubles()
        self._app = DomainDispatcherApplication(create_backend_app)
        self._time = datetime.now(UTC) - timedelta(hours=1)
        self._lock = threading.RLock()
        self._server: BaseWSGIServer | None = None

    def start(self) -> Self:
        """Serve; after stop() on the same port as before."""
        self._server = make_server(
            self.host,
            self.port,
            self._answer,
            threaded=True,
            request_handler=MotoRequestHandler,
        )
        self.port = self._server.port
        threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.05},
            daemon=True,
        ).start()
        return self

    def stop(self) -> None:
        """Stop serving."""
        if self._server is not None:
            self._server.shutdown()
            self._server = None

    @staticmethod
    def environment(port: int) -> dict[str, str]:
        """Return the variables by which boto3 finds us at a port."""
        return {
            "AWS_ENDPOINT_URL": f"http://{LOOPBACK}:{port}",
            "AWS_ACCESS_KEY_ID": "made-up",
            "AWS_SECRET_ACCESS_KEY": "made-up",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def put(
        self, name: str, value: str | bytes, stages: Iterable[str] = (CURRENT,)
    ) -> str:
        """Add a version, and the secret if it is the first; return the version's id."""
        version_id = str(uuid.uuid4())
        text: Any = value if isinstance(value, str) else None
        binary: Any = b64encode(value).decode() if isinstance(value, bytes) else None
        with self._lock:
            if name not in self._backend.secrets:
                self._backend.create_secret(
                    name, None, None, None, None, None, None, [], force_overwrite=False
                )
            self._backend.put_secret_value(name, text, binary, version_id, [*stages])
            self._time += timedelta(milliseconds=1234)
            made = self._secret(name).versions[version_id]
            made["createdate"] = self._time.timestamp()
        return version_id

    def rotate(self, name: str, value: str) -> None:
        """Add a version of this moment, with a label by which it outlives the next ones."""
        self._time = datetime.now(UTC)
        self.put(name, value, (CURRENT, f"key-{uuid.uuid4().hex}"))

    def arn(self, name: str) -> str:
        """Return the name that AWS has given a secret."""
        return str(self._secret(name).arn)

    def remove(self, name: str) -> None:
        """Delete a secret at once."""
        with self._lock:
            self._backend.delete_secret(name, None, force_delete_without_recovery=True)

    def schedule_removal(self, name: str) -> None:
        """Mark a secret for deletion in a week."""
        with self._lock:
            self._backend.delete_secret(name, 7, force_delete_without_recovery=False)

    def forget(self, name: str, version_id: str) -> None:
        """Clear a version away, as AWS does with old ones that carry no label."""
        with self._lock:
            del self._secret(name).versions[version_id]

    def disable(self, name: str) -> None:
        """Take the current version back: AWSCURRENT moves, and its other labels go."""
        taken_back = self.roll_back(name)
        with self._lock:
            self._secret(name).versions[taken_back]["version_stages"] = []

    def roll_back(self, name: str) -> str:
        """Make AWSPREVIOUS current again; return the version that was current."""
        with self._lock:
            old, new = (self._labelled(name, label) for label in (PREVIOUS, CURRENT))
            self._backend.update_secret_version_stage(name, CURRENT, new, old)
            self._secret(name).set_default_version_id(old)
            return new

    @property
    def _backend(self) -> SecretsManagerBackend:
        return secretsmanager_backends[DEFAULT_ACCOUNT_ID][self.region]

    def _secret(self, name: str) -> FakeSecret:
        secret = self._backend.secrets[name]
        if not isinstance(secret, FakeSecret):
            raise TypeError(f"{name} is a replica")
        return secret

    def _labelled(self, name: str, label: str) -> str:
        versions = self._secret(name).versions
        (found,) = [
            i for i, kept in versions.items() if label in kept["version_stages"]
        ]
        return found

    def _answer(self, environ: Environment, begin: Begin) -> Answer:
        trouble = self.troubles.next()
        if trouble in ERRORS:
            return _error(begin, *ERRORS[trouble])
        with self._lock:
            if (
                environ.get("HTTP_X_AMZ_TARGET")
                == "secretsmanager.ListSecretVersionIds"
            ):
                answer = self._list(environ, begin)
            else:
                answer = self._app(environ, begin)
        return [b"".join(answer)[:-2]] if trouble is Trouble.GARBLED else answer

    def _list(self, environ: Environment, begin: Begin) -> Answer:
        size = int(environ["CONTENT_LENGTH"])
        asked = json.loads(environ["wsgi.input"].read(size))
        environ["wsgi.input"] = BytesIO(b"")
        name = asked["SecretId"]
        if name not in self._backend.secrets:
            return _error(begin, "400 Bad Request", "ResourceNotFoundException")
        versions = [
            {
                "VersionId": version_id,
                "CreatedDate": kept["createdate"],
                "VersionStages": kept["version_stages"],
            }
            for version_id, kept in sorted(self._secret(name).versions.items())
            if kept["version_stages"] or asked.get("IncludeDeprecated")
        ]
        start = int(asked.get("NextToken", 0))
        end = start + min(asked.get("MaxResults", 100), self.page_size)
        page = {"ARN": self._secret(name).arn, "Versions": versions[start:end]}
        self.troubles.after_listing()
        if end < len(versions):
            page["NextToken"] = str(end)
        begin("200 OK", [("Content-Type", "application/x-amz-json-1.1")])
        return [json.dumps(page).encode()]


def _error(begin: Begin, status: str, code: str) -> Answer:
    begin(status, [("Content-Type", "application/x-amz-json-1.1")])
    return [json.dumps({"__type": code, "message": "a trouble of the tests"}).encode()]
