import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field

import httpx
import pytest

from core.model import Account, RecordKind, Session
from core.model.events import EventKind, StoredEvent
from tests.adapters.postgres_world import fresh_schema
from tests.http.api import Person, decoded
from tests.http.conftest import Serve
from tests.http.records import every
from tests.servers.databases import fresh_database
from tests.servers.mongo import MongoCompatibleServer
from tests.servers.postgres import PostgresServer
from tests.servers.processes import running
from tests.servers.service import Service

LOAD = 6
"""Callers at any moment; each registers people and refreshes a session of its own."""

ROUND = 0.6
"""Seconds of load before each crash."""


@dataclass
class Promises:
    """What was answered, in so many words."""

    people: dict[int, Person] = field(default_factory=dict)
    generations: dict[str, int] = field(default_factory=dict)
    """The latest of each session."""
    refresh_tokens: dict[str, str] = field(default_factory=dict)
    answers: int = 0
    refusals: int = 0


@dataclass(frozen=True)
class Breakable:
    """A server that is this test's own, and a database on it."""

    server: PostgresServer | MongoCompatibleServer
    url: str


@pytest.fixture(params=["postgres", "mongo"])
def breakable(request: pytest.FixtureRequest) -> Iterator[Breakable]:
    if request.param == "postgres":
        with (
            running(PostgresServer()) as postgres,
            fresh_schema(postgres.url) as url,
        ):
            yield Breakable(postgres, url)
    else:
        with running(MongoCompatibleServer()) as mongo, fresh_database(mongo) as url:
            yield Breakable(mongo, url)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("crashes", [5, pytest.param(20, marks=pytest.mark.soak)])
async def test_what_was_answered_is_true_after_every_crash_of_the_database(
    breakable: Breakable, install: Serve, crashes: int
) -> None:
    service = install(DATABASE_URL=breakable.url)
    await asyncio.to_thread(service.start)
    promises = Promises()
    counts: list[int] = []

    load = [asyncio.create_task(press(service, promises)) for _ in range(LOAD)]
    await until(lambda: all_have_refreshed(promises), load)
    for _ in range(crashes):
        await asyncio.sleep(ROUND)
        breakable.server.kill()
        if not promises.refusals:  # it may be back before anybody is told
            await more(lambda: promises.refusals, load)
        await asyncio.sleep(0.1)
        await asyncio.to_thread(breakable.server.start)
        await more(lambda: promises.answers, load)
        counts.append(promises.answers)
    for caller in load:
        caller.cancel()
    ends = await asyncio.gather(*load, return_exceptions=True)

    assert {asyncio.CancelledError} == {type(end) for end in ends}
    assert crashes == len(set(counts))  # it came back by itself each time
    await asyncio.to_thread(service.await_ready)
    assert crashes < len(promises.people)
    await all_are_kept(service, promises)
    assert "Traceback" not in service.output


async def press(service: Service, promises: Promises) -> None:
    """Register, and refresh in between, for ever; whatever is refused is asked again."""
    async with service.crowd() as crowd:
        refresh_token = await first_token(crowd, promises)
        async for _ in pauses():
            await register(crowd, promises)
            answer = await crowd.post(
                "/auth/refresh", json={"refresh_token": refresh_token}
            )
            if is_told(answer, 200, promises):
                refresh_token = answer.json()["refresh_token"]
                keep(refresh_token, promises)


async def first_token(crowd: httpx.AsyncClient, promises: Promises) -> str:
    async for _ in pauses():
        person = await register(crowd, promises)
        if person is None:
            continue
        answer = await crowd.post("/auth/login", json=person.credentials)
        if is_told(answer, 200, promises):
            return keep(answer.json()["refresh_token"], promises)
    raise AssertionError


async def pauses() -> AsyncIterator[None]:
    while True:
        yield
        await asyncio.sleep(0.01)


async def register(crowd: httpx.AsyncClient, promises: Promises) -> Person | None:
    person = Person.new()
    answer = await crowd.post("/auth/register", json=person.details)
    if not is_told(answer, 201, promises):
        return None
    promises.people[answer.json()["id"]] = person
    return person


def keep(refresh_token: str, promises: Promises) -> str:
    _, claims = decoded(refresh_token)
    promises.generations[claims["sid"]] = claims["gen"]
    promises.refresh_tokens[claims["sid"]] = refresh_token
    return refresh_token


def is_told(answer: httpx.Response, status: int, promises: Promises) -> bool:
    """Tell whether it is done; if not, nothing but 503 may be said."""
    assert answer.status_code in {status, 503}, answer.text
    if answer.status_code == status:
        promises.answers += 1
        return True
    assert "Retry-After" in answer.headers
    promises.refusals += 1
    return False


async def more(count: Callable[[], int], load: list[asyncio.Task[None]]) -> None:
    """Wait until there are more than now."""
    before = count()
    await until(lambda: count() > before, load)


async def until(look: Callable[[], bool], load: list[asyncio.Task[None]]) -> None:
    """Wait until it is so, or a caller has failed."""
    async with asyncio.timeout(30):
        while not look():
            for caller in load:
                if caller.done():
                    caller.result()
            await asyncio.sleep(0.02)


def all_have_refreshed(promises: Promises) -> bool:
    return LOAD == sum(map(bool, promises.generations.values()))


async def all_are_kept(service: Service, promises: Promises) -> None:
    async with service.storage() as storage:
        users, sessions, _, events, *_ = [
            await every(storage, kind) for kind in RecordKind
        ]
    emails = {one.user.id: one.user.email for one in users if isinstance(one, Account)}
    generations = {
        one.id: one.generation for one in sessions if isinstance(one, Session)
    }
    told_of = [
        one.event.user_id
        for one in events
        if isinstance(one, StoredEvent) and one.event.kind is EventKind.USER_REGISTERED
    ]

    for user_id, person in promises.people.items():
        assert person.email == emails[user_id]
    assert len(emails) == len(set(emails.values()))
    # Whoever was stored was stored with the mail to them.
    assert sorted(emails) == sorted(user_id for user_id in told_of if user_id)
    assert LOAD == len(promises.generations)
    for session_id, generation in promises.generations.items():
        assert 0 < generation <= generations[session_id]

    async with service.crowd() as crowd:
        for token in promises.refresh_tokens.values():
            answer = await crowd.post("/auth/refresh", json={"refresh_token": token})
            assert 200 == answer.status_code
        for person in [*promises.people.values()][::10]:
            answer = await crowd.post("/auth/login", json=person.credentials)
            assert 200 == answer.status_code
