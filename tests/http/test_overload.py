import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import httpx
import pytest

from tests.http.api import WRONG_PASSWORD, Api, Person, assert_problem, bearer
from tests.http.conftest import Serve
from tests.servers.databases import ON_SQLITE
from tests.servers.service import Service, wait_for

pytestmark = ON_SQLITE  # what waits for a password to be hashed waits in the process

FLOOD = 64
"""Connections: more than may wait."""

HANG = 60.0
"""Seconds after which a test has hung; none of them is about speed."""


@pytest.fixture(scope="module")
def service(serve: Serve) -> Service:
    return serve(BCRYPT_ROUNDS="11", HASH_MAX_WAIT_SECONDS="0.5", HASH_THREADS="1")


@pytest.fixture(scope="module")
def person(service: Service) -> Person:
    """Somebody who was there before any flood."""
    with service.client() as client:
        return Api(client).newcomer()


@pytest.fixture
def api(service: Service, connect: Callable[[Service], Api]) -> Api:
    return connect(service)


@asynccontextmanager
async def flood(service: Service, email: str) -> AsyncIterator[list[httpx.Response]]:
    """Log in over many connections as fast as they are answered; yield once some are refused."""
    body = {"email": email, "password": WRONG_PASSWORD}
    answers: list[httpx.Response] = []
    full = asyncio.Event()

    async def log_in_again_and_again() -> None:
        while True:
            answers.append(await crowd.post("/auth/login", json=body))
            if answers[-1].status_code == 503:
                full.set()

    async with service.crowd() as crowd:
        flooding = asyncio.gather(*(log_in_again_and_again() for _ in range(FLOOD)))
        try:
            await full.wait()
            yield answers
        finally:
            flooding.cancel()
            with suppress(asyncio.CancelledError):
                await flooding


async def test_all_else_is_answered_while_a_log_in_flood_is_on(
    service: Service, api: Api, person: Person
) -> None:
    wait_for(lambda: api.log_in(person).is_success, "a log-in", seconds=HANG)
    tokens = api.session(person)
    statuses: Counter[tuple[str, int]] = Counter()

    async with (
        asyncio.timeout(HANG),
        flood(service, person.email) as flooders,
        service.crowd() as others,
    ):
        for _ in range(20):
            refreshed = await others.post(
                "/auth/refresh", json={"refresh_token": tokens["refresh_token"]}
            )
            tokens = refreshed.json()
            me = await others.get("/auth/me", headers=bearer(tokens["access_token"]))
            alive = await others.get("/livez")
            for answer in (refreshed, me, alive):
                statuses[answer.url.path, answer.status_code] += 1

    paths = ("/auth/refresh", "/auth/me", "/livez")
    assert dict.fromkeys([(path, 200) for path in paths], 20) == statuses
    assert {401, 503} == {answer.status_code for answer in flooders}


async def test_who_is_refused_is_told_when_to_come_back(
    service: Service, api: Api, person: Person
) -> None:
    reset = {"token": "x", "new_password": person.password}

    async with asyncio.timeout(HANG), flood(service, person.email) as flooders:
        page = await asyncio.to_thread(_page_that_is_refused, api, reset)

    refused = [answer for answer in flooders if answer.status_code == 503]
    for answer in refused:
        problem = assert_problem(answer, 503, "Too busy, try again shortly")
        assert "overloaded" == problem["code"]
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert 1 <= int(page.headers["Retry-After"]) <= 60
    assert page.headers["Content-Type"].startswith("text/html")
    assert "Too busy, try again shortly." in page.text


def _page_that_is_refused(api: Api, form: dict[str, str]) -> httpx.Response:
    def look() -> httpx.Response | None:
        page = api.client.post("/reset-password", data=form)
        return page if page.status_code == 503 else None

    return wait_for(look, "a refusal", seconds=HANG)


async def test_after_the_flood_everybody_can_log_in(
    service: Service, api: Api, person: Person
) -> None:
    async with asyncio.timeout(HANG), flood(service, person.email):
        assert api.me("x").status_code == 401

    wait_for(lambda: api.log_in(person).is_success, "a log-in", seconds=HANG)
