"""The service takes the settings that each overlay gives it, and finds its secrets by them."""

import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.adapters.postgres_world import fresh_schema
from tests.deploy.kubernetes import Cluster
from tests.http.api import Api
from tests.servers import LOOPBACK
from tests.servers.aws import AwsServer
from tests.servers.azure_key_vault import AzureServer
from tests.servers.certificates import LocalAuthority
from tests.servers.existing import ExistingServer
from tests.servers.gcp_secret_manager import GcpServer
from tests.servers.postgres import PostgresServer
from tests.servers.service import Service
from tests.servers.valkey import ValkeyServer, with_prefix

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="no kubectl")

SECRETS = {
    "jwt-secret": secrets.token_hex(32),
    "database-url": "postgresql+asyncpg://user:pass@db:5432/scribes",
    "redis-url": "rediss://redis:6379/0",
    "smtp-password": "from-whoever-sends-mails",
}
"""By the names that the pages tell."""

AS_DEPLOYED = {"BCRYPT_ROUNDS": "12", "RATE_LIMIT_ENABLED": "true"}
"""What tests have otherwise, to be quick."""


@contextmanager
def aws(_: Path, url: str) -> Iterator[dict[str, str]]:
    server = AwsServer().start()
    for name, value in SECRETS.items():
        server.put(f"scribes/{name}", value)
    yield {"SECRETS_URL": url, **server.environment(server.port)}
    for name in SECRETS:
        server.remove(f"scribes/{name}")  # moto keeps all that it ever had
    server.stop()


@contextmanager
def gcp(_: Path, url: str) -> Iterator[dict[str, str]]:
    server = GcpServer()
    server.project = url.removeprefix("gcp://")
    server.start()
    for name, value in SECRETS.items():
        server.put(name, value)
    yield {"SECRETS_URL": f"{url}?endpoint={LOOPBACK}:{server.port}"}
    server.stop()


@contextmanager
def azure(directory: Path, url: str) -> Iterator[dict[str, str]]:
    server = AzureServer(LocalAuthority(), directory).start()
    for name, value in SECRETS.items():
        server.put(name, value)
    at = f"{url}?endpoint=https://localhost:{server.port}"
    yield {"SECRETS_URL": at, **server.environment}
    server.stop()


@contextmanager
def local(directory: Path, _: str) -> Iterator[dict[str, str]]:
    yield {"SECRETS_URL": mounted(directory, SECRETS)}


def mounted(directory: Path, values: Mapping[str, str]) -> str:
    """Write files as a Secret is mounted; return where the service finds them."""
    for name, value in values.items():
        (directory / name).write_text(value)
    return f"file://{directory}"


@pytest.mark.parametrize("cloud", [aws, gcp, azure, local])
def test_the_settings_are_fit_for_production_and_lead_to_the_secrets(
    cloud: Callable[..., AbstractContextManager[dict[str, str]]], tmp_path: Path
) -> None:
    given = Cluster.of(cloud.__name__).settings

    with cloud(tmp_path, given["SECRETS_URL"]) as found:
        done = Service(tmp_path, **(given | found | AS_DEPLOYED)).run("check")

    assert 0 == done.returncode, done.stdout + done.stderr
    assert "production" == given["APP_ENV"]
    assert "JWT_SECRET_KEY" not in given


def test_what_is_mounted_leads_from_the_migration_to_a_log_in(
    tmp_path: Path,
    postgres_server: PostgresServer | ExistingServer,
    redis_server: ValkeyServer | ExistingServer,
) -> None:
    given = Cluster.of("local").settings
    directory = tmp_path / "secrets"
    directory.mkdir()
    with fresh_schema(postgres_server.url) as database:
        servers = {
            "database-url": database,
            "redis-url": with_prefix(redis_server.url),
        }
        here = {
            "SECRETS_URL": mounted(directory, SECRETS | servers),
            "HOST": LOOPBACK,
            "SMTP_HOST": "localhost",
        }
        service = Service(tmp_path, **(given | here | AS_DEPLOYED))
        service.settings["PORT"] = str(service.port)

        assert 0 == service.run("migrate").returncode
        with service, service.client() as client:
            tokens = Api(client).session()

    assert "access_token" in tokens
