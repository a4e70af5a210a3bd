import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import httpx
import pytest

from core.model import Account, EndReason, RecordKind, Session
from core.model.events import EventKind, StoredEvent
from core.ports import Storage
from tests.http.api import OTHER_PASSWORD, Person, bearer, decoded
from tests.http.records import every
from tests.servers.databases import ON_SERVERS, NewDatabase
from tests.servers.service import Service, together, wait_for

pytestmark = [ON_SERVERS, pytest.mark.timeout(300)]  # a deadlock would show

AT_ONCE = 25
"""People; each has up to three requests under way."""

INTENDED = {
    ("register", 201): 1,
    ("register", 400): 1,  # the same e-mail, at the same moment
    ("login", 200): 4,
    ("login", 401): 1,
    ("me", 200): 3,
    ("me", 401): 2,
    ("refresh", 200): 4,
    ("refresh", 401): 1,
    ("logout", 200): 1,
    ("change-password", 200): 1,
    ("password-reset/request", 200): 1,
}

CHANGED = EndReason.PASSWORD_CHANGED
ENDS = (CHANGED, EndReason.LOGGED_OUT, CHANGED, None, None)
GENERATIONS = (2, 1, 0, 0, 0)
"""What became of each person's sessions, in the order in which they were opened."""

OUTGOING = 3
"""For each person the events that may ask for a mail: the two, and a change of password."""

MAILS = 2
"""For each person: the address and a reset; who proves no address is warned of nothing."""


@dataclass(frozen=True)
class Balancer:
    """Sends every request to the replica whose turn it is."""

    clients: Iterator[httpx.AsyncClient]
    answered: Counter[tuple[str, int]] = field(default_factory=Counter)

    async def post(
        self, what: str, body: object, token: str | None = None
    ) -> httpx.Response:
        return await self._send("POST", what, json=body, headers=bearer(token))

    async def me(self, tokens: dict[str, Any]) -> httpx.Response:
        return await self._send("GET", "me", headers=bearer(tokens["access_token"]))

    async def refresh(self, tokens: dict[str, Any]) -> httpx.Response:
        return await self.post("refresh", {"refresh_token": tokens["refresh_token"]})

    async def _send(self, method: str, what: str, **rest: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own
        answer = await next(self.clients).request(method, f"/auth/{what}", **rest)
        self.answered[what, answer.status_code] += 1
        return answer


@pytest.fixture
def replicas(
    tmp_path_factory: pytest.TempPathFactory, database: NewDatabase
) -> Iterator[list[Service]]:
    """Yield two services that share a database and a key, each with its own mailbox."""
    shared = database() | {"JWT_SECRET_KEY": "k" * 64}
    services = [Service(tmp_path_factory.mktemp("replica"), **shared) for _ in "ab"]
    with together(*services) as running:  # both want to make the schema
        yield running


@pytest.fixture
async def balancer(replicas: list[Service]) -> AsyncIterator[Balancer]:
    async with AsyncExitStack() as open_ones:
        clients = [await open_ones.enter_async_context(s.crowd()) for s in replicas]
        yield Balancer(cycle(clients))


@pytest.mark.parametrize("count", [20, pytest.param(100, marks=pytest.mark.soak)])
async def test_two_replicas_are_as_one(
    replicas: list[Service], balancer: Balancer, count: int
) -> None:
    people = [Person.new() for _ in range(count)]

    lives = await at_most(AT_ONCE, [live(balancer, person) for person in people])

    expected = {what: each * count for what, each in INTENDED.items()}
    assert 20 * count == sum(expected.values()) == balancer.answered.total()
    assert expected == balancer.answered
    await every_mail_is_sent_once(replicas, people)
    await the_records_are_as_answered(replicas[0], people, lives)


async def live(balancer: Balancer, person: Person) -> list[str]:
    """Send a person's requests; return the sessions that were opened."""
    again = person.details | {"username": f"{person.username}-2"}
    await asyncio.gather(
        balancer.post("register", person.details), balancer.post("register", again)
    )
    log_ins = [balancer.post("login", person.credentials) for _ in range(3)]
    first, second, third = [one.json() for one in await asyncio.gather(*log_ins)]
    await asyncio.gather(*(balancer.me(one) for one in (first, second, third)))

    racing = await asyncio.gather(balancer.refresh(first), balancer.refresh(first))
    fresh, same = (answer.json() for answer in racing)
    assert fresh["refresh_token"] == same["refresh_token"]
    await balancer.refresh(fresh)
    await balancer.refresh(second)

    await balancer.post("logout", None, second["access_token"])
    await asyncio.gather(balancer.me(second), balancer.refresh(second))

    change = {"current_password": person.password, "new_password": OTHER_PASSWORD}
    answer = await balancer.post("change-password", change, first["access_token"])
    renewed = answer.json()
    await balancer.me(third)
    await balancer.post("login", person.credentials)
    changed = person.credentials | {"password": OTHER_PASSWORD}
    fourth = (await balancer.post("login", changed)).json()
    await balancer.post("password-reset/request", {"email": person.email})
    return [session_of(one) for one in (first, second, third, renewed, fourth)]


def session_of(tokens: dict[str, Any]) -> str:
    _, claims = decoded(tokens["access_token"])
    return str(claims["sid"])


async def at_most(many: int, lives: Sequence[Any]) -> list[list[str]]:
    """Return what they return; so many of them at once."""
    places = asyncio.Semaphore(many)

    async def one(life: Any) -> list[str]:  # noqa: ANN401 - a coroutine
        async with places:
            found: list[str] = await life
            return found

    return await asyncio.gather(*map(one, lives))


async def every_mail_is_sent_once(
    replicas: list[Service], people: list[Person]
) -> None:
    def sent() -> list[list[str]]:
        return [[mail["Message-ID"] for mail in one.mails()] for one in replicas]

    enough = MAILS * len(people)
    await asyncio.to_thread(
        lambda: wait_for(
            lambda: sum(map(len, sent())) >= enough, "the last mail", seconds=30
        )
    )
    by_first, by_second = sent()
    assert enough == len({*by_first, *by_second})
    assert enough == len(by_first) + len(by_second)
    assert by_first
    assert by_second
    told = Counter(mail["To"] for one in replicas for mail in one.mails())
    assert {MAILS} == set(told.values())
    assert len(people) == len(told)


async def the_records_are_as_answered(
    service: Service, people: list[Person], lives: list[list[str]]
) -> None:
    async with service.storage() as storage:
        await nothing_is_due(storage)
        users, sessions, _, events, *_ = [
            await every(storage, kind) for kind in RecordKind
        ]

    assert {person.email for person in people} == {email_of(user) for user in users}
    assert len(people) == len(users)

    stored = {one.id: one for one in sessions if isinstance(one, Session)}
    assert {one for life in lives for one in life} == stored.keys()
    for life in lives:
        ended = [stored[session_id] for session_id in life]
        assert ENDS == tuple(one.end_reason for one in ended)
        assert GENERATIONS == tuple(one.generation for one in ended)
        assert 1 == len({one.user_id for one in ended})
        assert [e is None for e in ENDS] == [one.ended_at is None for one in ended]

    happened = [one for one in events if isinstance(one, StoredEvent)]
    assert {
        EventKind.USER_REGISTERED: len(people),
        EventKind.SESSION_OPENED: 5 * len(people),
        EventKind.SESSION_ENDED: len(people),
        EventKind.PASSWORD_CHANGED: len(people),
        EventKind.PASSWORD_RESET_REQUESTED: len(people),
    } == Counter(one.event.kind for one in happened)
    assert {None} == {one.due_at for one in happened}
    outgoing = [one.attempts for one in happened if one.event.is_outgoing]
    assert Counter({1: OUTGOING * len(people)}) == Counter(outgoing)


async def nothing_is_due(storage: Storage) -> None:
    """Wait until what was sent is also noted as sent."""
    for _ in range(100):
        events = await every(storage, RecordKind.EVENTS)
        if not any(isinstance(one, StoredEvent) and one.due_at for one in events):
            return
        await asyncio.sleep(0.1)
    pytest.fail("an event is due for ever")


def email_of(account: object) -> str:
    assert isinstance(account, Account)
    return account.user.email
