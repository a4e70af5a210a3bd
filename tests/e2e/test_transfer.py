import asyncio
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from config.adapters import storage_at
from core.model import RecordKind
from tests.adapters.postgres_world import fresh_schema
from tests.http.api import OTHER_PASSWORD, PASSWORD, Api, Person
from tests.servers.databases import fresh_database
from tests.servers.existing import ExistingServer
from tests.servers.mongo import MongoCompatibleServer
from tests.servers.postgres import PostgresServer
from tests.servers.service import Service, wait_for

PEOPLE = 300
AT_ONCE = 30
USED = 5
"""People who also have sessions and mailed tokens in their hands."""

BATCH = "10"
KEY = {"JWT_SECRET_KEY": "k" * 64}
SOME = f" 10/{PEOPLE}"
DIGEST = re.compile(r"(\w+): equal on both sides, SHA-256 ([0-9a-f]{64})")


@dataclass(frozen=True)
class Holding:
    """What somebody has in their hands before the move."""

    person: Person
    user_id: int
    ended: dict[str, Any]
    tokens: dict[str, Any]
    confirm: str
    reset: str


@dataclass(frozen=True)
class Origin:
    """A service that was used, and has been stopped."""

    service: Service
    url: str
    holdings: list[Holding]

    def move(self, source: str, target: str) -> subprocess.CompletedProcess[str]:
        ends = {"TRANSFER_FROM": source, "TRANSFER_TO": target}
        return Service(self.service.directory, **ends).run("transfer", "--batch", BATCH)


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Origin:
    """Return a SQLite file that the API has filled."""
    directory = tmp_path_factory.mktemp("origin")
    url = f"sqlite:///{directory / 'origin.db'}"
    people = [Person.new() for _ in range(PEOPLE)]
    with Service(directory, **KEY, DATABASE_URL=url) as service:
        asyncio.run(register(service, people))
        holdings = use(service, people[-USED:])
        service.stop()
    return Origin(service, url, holdings)


async def test_everything_goes_around_through_every_storage(
    origin: Origin,
    postgres_server: PostgresServer | ExistingServer,
    mongo_server: MongoCompatibleServer | ExistingServer,
    tmp_path: Path,
    connect: Callable[[Service], Api],
) -> None:
    end = f"sqlite:///{tmp_path / 'end.db'}"
    with (
        fresh_schema(postgres_server.url) as postgres,
        fresh_database(mongo_server) as mongo,
    ):
        interrupt(origin.service, origin.url, postgres)
        stored = await users_at(postgres)
        moves = [
            await asyncio.to_thread(origin.move, *ends)
            for ends in ((origin.url, postgres), (postgres, mongo), (mongo, end))
        ]

    assert 0 < stored < PEOPLE
    assert [0, 0, 0] == [move.returncode for move in moves], moves
    digests = [DIGEST.findall(move.stdout) for move in moves]
    assert list(RecordKind) == [kind for kind, _ in digests[0]]
    assert digests[0] == digests[1] == digests[2]
    assert f"{PEOPLE}/{PEOPLE}" in moves[2].stderr
    with origin.service.start(DATABASE_URL=end) as service:
        nobody_noticed(connect(service), origin.holdings)


async def test_a_target_in_use_is_refused(origin: Origin, tmp_path: Path) -> None:
    target = f"sqlite:///{tmp_path / 'target.db'}"
    stranger = Service(tmp_path, DATABASE_URL=target, ADMIN_PASSWORD=PASSWORD)
    named = ("--email", "root@example.com", "--username", "root")
    assert 0 == stranger.run("create-admin", *named).returncode

    refused = origin.move(origin.url, target)

    assert 78 == refused.returncode
    assert "name a target that is empty" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert 1 == await users_at(target)


async def register(service: Service, people: list[Person]) -> None:
    async with service.crowd() as crowd:
        for first in range(0, PEOPLE, AT_ONCE):
            group = people[first : first + AT_ONCE]
            asked = (crowd.post("/auth/register", json=one.details) for one in group)
            answers = await asyncio.gather(*asked)
            assert {201} == {answer.status_code for answer in answers}


def use(service: Service, people: list[Person]) -> list[Holding]:
    """Let people log in, refresh and ask for mails."""
    with service.client() as client:
        api = Api(client)
        for person in people:
            asked = api.post("/auth/password-reset/request", {"email": person.email})
            assert 200 == asked.status_code
        holdings = []
        for person in people:
            first, ended = api.session(person), api.session(person)
            api.post("/auth/logout", token=ended["access_token"])
            tokens = api.refresh(first["refresh_token"]).json()
            confirm = service.mailed_token(person.email, "confirm")
            reset = service.mailed_token(person.email, "reset")
            user_id = first["user"]["id"]
            holdings.append(Holding(person, user_id, ended, tokens, confirm, reset))
        return holdings


def interrupt(service: Service, source: str, target: str) -> None:
    """Start to copy, and kill it when some people are there."""
    file = service.directory / "transfer.log"
    ends = ("--from", source, "--to", target)
    copying = service.running(file, "transfer", *ends, "--batch", "1")
    wait_for(lambda: SOME in file.read_text(), "some users")
    copying.kill()
    copying.wait()


async def users_at(url: str) -> int:
    storage = storage_at(url)
    await storage.open()
    try:
        return await storage.archive.count(RecordKind.USERS)
    finally:
        await storage.aclose()


def nobody_noticed(api: Api, holdings: list[Holding]) -> None:
    assert 201 == api.register(Person.new()).status_code
    for one in holdings:
        assert 200 == api.me(one.tokens["access_token"]).status_code
        assert 401 == api.me(one.ended["access_token"]).status_code
        assert 401 == api.refresh(one.ended["refresh_token"]).status_code
        assert one.user_id == api.session(one.person)["user"]["id"]
        fresh = api.refresh(one.tokens["refresh_token"])
        assert 200 == fresh.status_code
        assert 200 == api.me(fresh.json()["access_token"]).status_code
        verify = api.post("/auth/verify-email", {"token": one.confirm})
        assert 200 == verify.status_code
        reset = {"token": one.reset, "new_password": OTHER_PASSWORD}
        assert 200 == api.post("/auth/password-reset/confirm", reset).status_code
        assert 200 == api.log_in(one.person, OTHER_PASSWORD).status_code
