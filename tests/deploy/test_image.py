"""The image itself, built and run as docker.md says; test_docker_build.py needs no engine."""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.deploy.engine import BASE, Engine, Podman, engine
from tests.http.api import Api, bearer
from tests.servers import LOOPBACK
from tests.servers.processes import free_port
from tests.servers.service import NO_TLS, wait_for
from tools.deploy import CheckNotMade

pytestmark = [pytest.mark.soak, pytest.mark.alone, pytest.mark.timeout(900)]

NAME = "scribes-auth-tested"
MEGABYTE = 1_000_000
LARGEST = 130 * MEGABYTE
"""What is ours of it, with every storage and cloud; the published base has about as much."""

HARDENED = (
    *("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
    *("--memory", "256m", "--cpus", "1"),
)
PROBE = """
import json, os, pathlib
status = pathlib.Path("/proc/self/status").read_text()
fields = dict(line.split(":", 1) for line in status.splitlines())
def writable(place):
    try:
        open(place + "/probe", "w").close()
    except OSError:
        return False
    return True
print(json.dumps({
    "uid": os.getuid(),
    "capabilities": int(fields["CapEff"], 16) + int(fields["CapBnd"], 16),
    "may gain privileges": fields["NoNewPrivs"].strip() != "1",
    "writable": [it for it in ("/", "/tmp", "/var/tmp", "/var/lib/scribes-auth", "/opt") if writable(it)],
    "programs": [it for it in ("curl", "pip") if os.path.exists("/usr/local/bin/" + it)],
}))
"""
LOAD = 20
"""Clients at once."""

LOG_INS = 3
"""Under way when it is told to stop."""


@dataclass(frozen=True)
class Container:
    """One that runs, hardened, with users in its memory."""

    engine: Engine
    name: str
    url: str
    start_seconds: float

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=30, verify=NO_TLS)

    def probed(self) -> dict[str, Any]:
        said = self.engine("exec", self.name, "python", "-c", PROBE)
        found: dict[str, Any] = json.loads(said)
        return found

    def stop(self) -> int:
        self.engine("stop", "--time", "30", self.name)
        state = self.engine("inspect", "--format", "{{.State.ExitCode}}", self.name)
        return int(state)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    try:
        found = engine(tmp_path_factory.mktemp("engine"))
    except CheckNotMade as reason:
        pytest.skip(str(reason))
    found.build(NAME, "--build-arg", "VERSION=1.2.3", "--build-arg", "REVISION=abc")
    return found


@pytest.fixture
def container(built: Engine) -> Iterator[Container]:
    port = free_port()
    url = f"http://{LOOPBACK}:{port}"
    settings = {
        "DATABASE_URL": "memory://",
        "JWT_SECRET_KEY": "k" * 64,
        "RATE_LIMIT_ENABLED": "false",
    }
    environment = [f"--env={name}={value}" for name, value in settings.items()]
    no_tmp = ["--read-only-tmpfs=false"] if isinstance(built, Podman) else []
    network = f"{NAME}-{port}"
    built("network", "create", network)
    where = ("--network", network, "--publish", f"{LOOPBACK}:{port}:8000")
    begun = time.monotonic()
    name = built("run", "--detach", *where, *HARDENED, *no_tmp, *environment, NAME)
    try:
        wait_for(lambda: ready(url), "the container", seconds=60)
        yield Container(built, name, url, time.monotonic() - begun)
    finally:
        built("rm", "--force", "--volumes", name)
        built("network", "rm", network)


def test_it_serves_a_log_in_with_no_right_that_it_does_not_need(
    container: Container, capsys: pytest.CaptureFixture[str]
) -> None:
    with container.client() as client:
        api = Api(client)
        tokens = api.session()
        me = api.me(tokens["access_token"])
    container.engine("exec", container.name, "scribes-auth", "healthcheck")
    tell(capsys, f"ready after {container.start_seconds:.1f} s")

    assert 200 == me.status_code
    assert {
        "uid": 1000,
        "capabilities": 0,
        "may gain privileges": False,
        "writable": [],
        "programs": [],
    } == container.probed()


async def test_no_request_fails_when_it_is_stopped_under_load(
    container: Container, capsys: pytest.CaptureFixture[str]
) -> None:
    with container.client() as client:
        api = Api(client)
        person = api.newcomer()
        token = api.session(person)["access_token"]
    answers: list[int] = []
    enough = asyncio.Event()

    async def ask(client: httpx.AsyncClient) -> None:
        """Ask until nobody is there any more; who is connected has to get an answer."""
        while True:
            try:
                answer = await client.get("/auth/me", headers=bearer(token))
            except httpx.ConnectError:
                return
            answers.append(answer.status_code)
            if len(answers) >= 10 * LOAD:
                enough.set()

    # As a proxy has them: connections that are kept, until an answer says otherwise.
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(
        base_url=container.url, limits=limits, timeout=30, verify=NO_TLS
    ) as crowd:
        load = [asyncio.create_task(ask(crowd)) for _ in range(LOAD)]
        await enough.wait()
        log_ins = [
            asyncio.create_task(crowd.post("/auth/login", json=person.credentials))
            for _ in range(LOG_INS)
        ]
        await crowd.get("/livez")  # what was sent before this was read
        code = await asyncio.to_thread(container.stop)
        await asyncio.gather(*load)
        logged_in = await asyncio.gather(*log_ins)
    tell(capsys, f"{len(answers)} requests, {LOG_INS} log-ins")

    assert 0 == code
    assert {200} == {*answers}
    assert [200] * LOG_INS == [it.status_code for it in logged_in]


def test_it_tells_what_it_is_and_is_no_larger_than_it_has_to_be(
    built: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    (image,) = json.loads(built("image", "inspect", NAME))
    (base,) = json.loads(built("image", "inspect", BASE))
    ours = image["Size"] - base["Size"]
    tell(capsys, f"{ours // MEGABYTE} MB on a base of {base['Size'] // MEGABYTE} MB")
    labels = image["Config"]["Labels"]

    assert "1.2.3" == labels["org.opencontainers.image.version"]
    assert "abc" == labels["org.opencontainers.image.revision"]
    assert "1000:1000" == image["Config"]["User"]
    assert ours < LARGEST


def tell(capsys: pytest.CaptureFixture[str], figures: str) -> None:
    """Print what was measured, whatever else is captured."""
    with capsys.disabled():
        sys.stdout.write(f"\n{figures}\n")


def ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", verify=NO_TLS).is_success
    except httpx.TransportError:
        return False
