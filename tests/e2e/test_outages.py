import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.http.api import (
    OTHER_PASSWORD,
    PASSWORD,
    Api,
    Person,
    assert_problem,
    bearer,
)
from tests.http.conftest import Serve
from tests.servers.chaos_proxy import ChaosProxy
from tests.servers.databases import ON_SERVERS, NewDatabase, Settings, through
from tests.servers.service import Service, wait_for

pytestmark = ON_SERVERS
OUTAGES = pytest.mark.parametrize("outage", ["refused", "black hole"])

LONGEST = 2.0
"""Seconds for an answer, whatever it is."""

AT_ONCE = 1.0
"""Seconds for what needs no storage."""

BACK = 3.0
"""Seconds after which it serves again."""

NONE = {"access_token": "x", "refresh_token": "x"}
UP_TO_DATE = "The storage is up to date.\n"

TIMES = 4
"""How often each request is sent in an outage, all of them at once."""


@dataclass(frozen=True)
class Outside:
    """A service, and what is between it and its database."""

    service: Service
    proxy: ChaosProxy


@pytest.fixture
def settings(database: NewDatabase) -> Settings:
    return database()


@pytest.fixture
async def outside(install: Serve, settings: Settings) -> AsyncIterator[Outside]:
    address = urlsplit(settings["DATABASE_URL"])
    assert address.hostname
    assert address.port
    async with ChaosProxy(address.hostname, address.port) as proxy:
        yield Outside(install(**through(proxy.host, proxy.port, settings)), proxy)


@pytest.mark.alone
async def test_a_server_down_at_the_start_is_waited_for(outside: Outside) -> None:
    service, proxy = outside.service, outside.proxy
    await proxy.down()

    service.launch()

    async with service.crowd() as crowd:
        await until(lambda: answers(crowd, "/livez"), seconds=20)
        assert_problem(await crowd.get("/readyz"), 503)
        refused = (crowd.send(one) for one in requests(crowd, NONE, "x", "x"))
        for answer in await asyncio.gather(*refused):
            assert_unavailable(answer)
        await proxy.start()
        await until(lambda: answers(crowd, "/readyz"), seconds=BACK)
        registered = await crowd.post("/auth/register", json=Person.new().details)
        assert 201 == registered.status_code
    assert "Not ready, waiting" in service.output
    assert "Traceback" not in service.output


@pytest.mark.alone
@OUTAGES
async def test_nobody_waits_long_for_a_server_that_is_away(
    outside: Outside, outage: str
) -> None:
    service, proxy = outside.service, outside.proxy
    await asyncio.to_thread(service.start)
    tokens, confirm, reset, other = await asyncio.to_thread(prepare, service)

    async with service.crowd() as crowd:
        asked = TIMES * requests(crowd, tokens, confirm, reset)
        async with away(proxy, outage):
            storm = asyncio.gather(*(timed(crowd, request) for request in asked))
            alive, took = await timed(crowd, crowd.build_request("GET", "/livez"))
            assert (200, True) == (alive.status_code, took < AT_ONCE)
            for answer, took in await storm:
                assert_unavailable(answer)
                assert took < LONGEST, answer.request.url
            ready, took = await timed(crowd, crowd.build_request("GET", "/readyz"))
            assert_problem(ready, 503)
            assert took < LONGEST
        await until(lambda: answers(crowd, "/readyz"), seconds=BACK)
        back = await crowd.post("/auth/login", json=other.credentials)
        assert 200 == back.status_code
    assert "Traceback" not in service.output
    # One line of each kind of work: its tries are a few a second.
    waits = [it for it in service.output.splitlines() if "Background work waits" in it]
    steps = [it.partition("step=")[2] for it in waits]
    assert len(set(steps)) == len(steps)


@pytest.mark.alone
@OUTAGES
async def test_it_ends_when_told_to_though_its_server_is_away(
    outside: Outside, outage: str
) -> None:
    service, proxy = outside.service, outside.proxy
    await asyncio.to_thread(service.start)

    async with service.crowd() as crowd, away(proxy, outage):
        await crowd.get("/livez")
        log_in = asyncio.create_task(
            crowd.post("/auth/login", json=Person.new().credentials)
        )
        await crowd.get("/livez")
        code = await asyncio.to_thread(service.stop)

        assert_unavailable(await log_in)
    assert 0 == code
    assert "Traceback" not in service.output


def test_a_schema_that_is_behind_is_waited_for(
    install: Serve, settings: Settings
) -> None:
    service = install(**settings, AUTO_MIGRATE="false")
    service.launch()
    with service.client() as client:
        wait_for(lambda: is_alive(client), "the door to open", seconds=20)
        assert "scribes-auth migrate" in service.output
        assert_problem(client.get("/readyz"), 503)
        assert_unavailable(Api(client).register(Person.new()))

        planned, checked = (
            service.run("migrate", "--plan"),
            service.run("migrate", "--check"),
        )
        still = client.get("/readyz")
        done = service.run("migrate")
        service.await_ready()
        again = [service.run("migrate", *how) for how in ([], ["--plan"], ["--check"])]

        assert [0, 1, 0] == [one.returncode for one in (planned, checked, done)]
        assert "pending" in planned.stdout
        assert planned.stdout == checked.stdout
        assert planned.stdout.replace("pending", "done") == done.stdout
        assert_problem(still, 503)
        for one in again:
            assert (0, UP_TO_DATE) == (one.returncode, one.stdout)
        assert 201 == Api(client).register(Person.new()).status_code


def is_alive(client: httpx.Client) -> bool:
    try:
        return client.get("/livez").is_success
    except httpx.TransportError:
        return False


def prepare(service: Service) -> tuple[dict[str, Any], str, str, Person]:
    """Return tokens of every kind, and somebody else."""
    with service.client() as client:
        api = Api(client)
        person, other = api.newcomer(), api.newcomer()
        api.post("/auth/password-reset/request", {"email": person.email})
        tokens = api.session(person)
    confirm = service.mailed_token(person.email, "confirm")
    return tokens, confirm, service.mailed_token(person.email, "reset"), other


def requests(
    crowd: httpx.AsyncClient, tokens: dict[str, str], confirm: str, reset: str
) -> list[httpx.Request]:
    """Return one of each kind that needs the storage."""
    person, new = Person.new(), {"new_password": OTHER_PASSWORD}
    refresh = {"refresh_token": tokens["refresh_token"]}
    change = {"current_password": PASSWORD, **new}
    token = tokens["access_token"]
    bodies: dict[str, object] = {
        "register": person.details,
        "login": person.credentials,
        "refresh": refresh,
        "logout": refresh,
        "logout-all": None,
        "change-password": change,
        "verify-email": {"token": confirm},
        "resend-verification": {"email": person.email},
        "password-reset/request": {"email": person.email},
        "password-reset/confirm": {"token": reset, **new},
    }
    return [
        crowd.build_request("GET", "/auth/me", headers=bearer(token)),
        *(
            crowd.build_request(
                "POST", f"/auth/{path}", json=body, headers=bearer(token)
            )
            for path, body in bodies.items()
        ),
    ]


def assert_unavailable(answer: httpx.Response) -> None:
    problem = assert_problem(answer, 503)
    assert "unavailable" == problem["code"]
    assert 0 < int(answer.headers["Retry-After"]) <= 60


async def timed(
    crowd: httpx.AsyncClient, request: httpx.Request
) -> tuple[httpx.Response, float]:
    begun = time.monotonic()
    return await crowd.send(request), time.monotonic() - begun


@asynccontextmanager
async def away(proxy: ChaosProxy, outage: str) -> AsyncIterator[None]:
    """Take the server away, and give it back."""
    if outage == "refused":
        await proxy.down()
        yield
        await proxy.start()
    else:
        proxy.black_hole = True
        yield
        proxy.black_hole = False


async def answers(crowd: httpx.AsyncClient, path: str) -> bool:
    try:
        return (await crowd.get(path)).is_success
    except httpx.TransportError:
        return False


async def until(look: Callable[[], Awaitable[bool]], *, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while True:
            if await look():
                return
            await asyncio.sleep(0.05)  # the proxy works in this loop, too
