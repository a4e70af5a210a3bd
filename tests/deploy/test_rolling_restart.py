"""Replicas behind nginx are replaced one by one, as its page says, and nobody notices."""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from itertools import repeat
from pathlib import Path

import httpx
import pytest

from tests.adapters.postgres_world import fresh_schema
from tests.deploy.front import NAME
from tests.e2e.traffic import Traffic
from tests.servers import LOOPBACK
from tests.servers.certificates import LocalAuthority
from tests.servers.existing import ExistingServer
from tests.servers.nginx import SHIPPED, Nginx
from tests.servers.postgres import PostgresServer
from tests.servers.service import CHECKOUT, Service, together
from tests.servers.valkey import ValkeyServer, with_prefix

pytestmark = pytest.mark.timeout(300)

USERS = 6
PACE = 0.2
"""Seconds after which somebody comes back."""

PACKAGES = ("core", "adapters", "config", "entrypoints")
NEXT = "ALTER TABLE users ADD COLUMN nickname text; CREATE INDEX nicknames ON users (nickname);"
SHIPPED_SERVERS = "".join(
    f"{line}\n"
    for line in SHIPPED.read_text("utf-8").splitlines()
    if line.lstrip().startswith("server 10.0.0.")
)


class Upstream:
    """nginx, and which of the replicas it sends requests to."""

    def __init__(self, authority: LocalAuthority, replicas: Sequence[Service]) -> None:
        self.replicas = replicas
        chain, key = authority.server_files(NAME, LOOPBACK)
        self.nginx = Nginx(chain, key, self.changes())

    def changes(self, *, without: Service | None = None) -> dict[str, str]:
        servers = [
            f"server {LOOPBACK}:{it.port} max_fails=2 fail_timeout=5s"
            + (" down;" if it is without else ";")
            for it in self.replicas
        ]
        return {SHIPPED_SERVERS: "\n".join(servers)}

    def restart(self, replica: Service) -> None:
        """Take it out, stop it, start it, and take it in again."""
        self.nginx.reload(self.changes(without=replica))
        assert 0 == replica.stop()
        replica.start()
        self.nginx.reload(self.changes())


@pytest.fixture
def replicas(
    tmp_path_factory: pytest.TempPathFactory,
    postgres_server: PostgresServer | ExistingServer,
    redis_server: ValkeyServer | ExistingServer,
) -> Iterator[list[Service]]:
    """Yield three replicas that share a database."""
    with ExitStack() as ends:
        settings = {
            "DATABASE_URL": ends.enter_context(fresh_schema(postgres_server.url)),
            "REDIS_URL": with_prefix(redis_server.url),
            "JWT_SECRET_KEY": "k" * 64,
            "TRUSTED_PROXIES": LOOPBACK,
            "PUBLIC_URL": f"https://{NAME}",
            "AUTO_MIGRATE": "false",
        }
        services = [
            Service(tmp_path_factory.mktemp("replica"), **settings) for _ in "abc"
        ]
        assert 0 == services[0].run("migrate").returncode
        yield ends.enter_context(together(*services))


@pytest.fixture
def upstream(authority: LocalAuthority, replicas: list[Service]) -> Iterator[Upstream]:
    upstream = Upstream(authority, replicas)
    upstream.nginx.start()
    yield upstream
    upstream.nginx.stop()


@asynccontextmanager
async def load(authority: LocalAuthority, nginx: Nginx) -> AsyncIterator[Traffic]:
    """Have people use the service all the time; a request that fails ends the test."""
    # Each request by a connection of its own: an idle one may be closed by a reload.
    limits = httpx.Limits(max_keepalive_connections=0)
    tls = authority.client_context()
    enough = asyncio.Event()
    async with httpx.AsyncClient(
        base_url=nginx.url, verify=tls, limits=limits, timeout=30
    ) as client:
        busy = Traffic(repeat(client))
        async with asyncio.TaskGroup() as lives:
            for _ in range(USERS):
                lives.create_task(live(busy, enough))
            yield busy
            enough.set()


async def live(busy: Traffic, enough: asyncio.Event) -> None:
    """Be somebody who keeps coming back, by one session."""
    tokens = await busy.log_in(await busy.newcomer())
    while not enough.is_set():
        await busy.me(tokens)
        tokens = await busy.refresh(tokens)
        await asyncio.sleep(PACE)


async def test_a_rolling_restart_fails_no_request_and_logs_nobody_out(
    upstream: Upstream, authority: LocalAuthority
) -> None:
    async with load(authority, upstream.nginx) as busy:
        idle = await busy.log_in(await busy.newcomer())

        for replica in upstream.replicas:
            await served_more(busy, 20)
            await asyncio.to_thread(upstream.restart, replica)
        await served_more(busy, 20)

        await busy.me(idle)
        await busy.me(await busy.refresh(idle))

    assert [] == busy.failures
    assert all(it.output.count("Listening on") == 2 for it in upstream.replicas)


@pytest.mark.soak
async def test_so_does_the_next_version_with_a_migration(
    upstream: Upstream, authority: LocalAuthority, tmp_path: Path
) -> None:
    newer = next_version(tmp_path, upstream.replicas[0])
    async with load(authority, upstream.nginx) as busy:
        idle = await busy.log_in(await busy.newcomer())

        migrated = await asyncio.to_thread(newer.run, "migrate")
        assert 0 == migrated.returncode, migrated.stderr
        for replica in upstream.replicas:
            await served_more(busy, 20)
            replica.settings["PYTHONPATH"] = newer.settings["PYTHONPATH"]
            await asyncio.to_thread(upstream.restart, replica)
        await served_more(busy, 20)

        await busy.me(idle)
        await busy.me(await busy.refresh(idle))

    assert [] == busy.failures
    for replica in upstream.replicas:
        known = replica.run("migrate", "--check")
        assert (0, "") == (known.returncode, known.stderr)


async def served_more(busy: Traffic, requests: int) -> None:
    enough = busy.answered + requests
    await busy.until(lambda: busy.answered >= enough)


def next_version(directory: Path, replica: Service) -> Service:
    """Return the version after this one, which a migration has to come before."""
    for package in PACKAGES:
        shutil.copytree(CHECKOUT / package, directory / package)
    migrations = directory / "adapters" / "storage" / "postgres" / "migrations"
    (migrations / "9999_nicknames.sql").write_text(NEXT, "utf-8")
    program = (sys.executable, "-m", "entrypoints.cli")
    settings = replica.settings | {"PYTHONPATH": str(directory)}
    return Service(directory, program=program, **settings)
