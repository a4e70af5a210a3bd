"""What is left of somebody who was deleted, in every table, file and line of the log."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from redis import Redis

from core.model import RecordKind
from core.model.events import EventKind
from tests.http.api import OTHER_PASSWORD, PASSWORD, Api, Person, bearer
from tests.http.conftest import Serve
from tests.http.records import every, promote
from tests.servers.databases import ON_WHAT_LASTS
from tests.servers.service import Service, wait_for
from tests.servers.valkey import ValkeyServer, with_prefix

NAMES = ("zyxwombat", "quagsmire", "ottilie", "gwendolyn")
"""Parts of every name that the person ever had, in lower case."""

AGENT = "Wombatbrowser/1.0"

MAILBOX = "mailbox"
"""The folder of files that name them afterwards: the mails, which stand for those sent."""

MAILBOX_LINES = "adapters.mail.mailbox"
"""Who writes, in development alone, lines that name them: where a mail is to be found."""


@dataclass(frozen=True)
class Somebody:
    service: Service
    api: Api
    admin: dict[str, str]
    user_id: int


@pytest.fixture(scope="module")
def somebody(serve: Serve, redis_server: ValkeyServer) -> Iterator[Somebody]:
    """Somebody who did all that can be done, whom an administrator changed, and deletes."""
    service = serve(
        REDIS_URL=with_prefix(redis_server.url),
        LOG_LEVEL="DEBUG",
        LOG_FILE="service.log",
        RATE_LIMIT_ENABLED="true",
        RATE_LIMIT_LOGIN="100/hour",
        RATE_LIMIT_MAILS="100/hour",
    )
    with service.client() as client:
        api = Api(client)
        yield _lived(service, api)


@pytest.fixture
async def stored(somebody: Somebody) -> AsyncIterator[dict[RecordKind, str]]:
    async with somebody.service.storage() as storage:
        yield {
            kind: "\n".join(map(repr, await every(storage, kind))).lower()
            for kind in RecordKind
        }


@ON_WHAT_LASTS
async def test_no_record_names_them(stored: dict[RecordKind, str]) -> None:
    assert stored[RecordKind.EVENTS]
    for text in stored.values():
        assert [] == [name for name in (*NAMES, AGENT.lower()) if name in text]


@ON_WHAT_LASTS
async def test_events_keep_the_number(somebody: Somebody) -> None:
    async with somebody.service.storage() as storage:
        events = [one.event for one in await every(storage, RecordKind.EVENTS)]  # type: ignore[union-attr]
    theirs = [it for it in events if it.user_id == somebody.user_id]

    assert {"user.registered", "session.opened", "email.changed", "role.changed"} <= {
        it.kind for it in theirs
    }
    assert {EventKind.USER_DELETED} >= {it.kind for it in theirs if it.address}
    assert not any(it.data for it in theirs)
    caused = [it for it in events if it.actor_id == somebody.user_id]
    assert {(None, None)} == {(it.address, it.label) for it in caused}


@ON_WHAT_LASTS
def test_nothing_of_theirs_is_in_redis(somebody: Somebody) -> None:
    url, _, _ = somebody.service.settings["REDIS_URL"].partition("?")
    with Redis.from_url(url) as redis:
        keys = list(redis.scan_iter())
        kept = b"".join([*keys, *map(redis.dump, keys)]).lower()

    assert keys
    assert [] == [name for name in NAMES if name.encode() in kept]


@ON_WHAT_LASTS
def test_no_line_of_the_log_names_them(somebody: Somebody) -> None:
    service = somebody.service
    for log in (service.output, (service.directory / "service.log").read_text()):
        assert "email sent" in log.lower()
        named = [it for it in log.splitlines() if any(n in it.lower() for n in NAMES)]
        assert [] == [line for line in named if MAILBOX_LINES not in line]


@ON_WHAT_LASTS
def test_files_that_name_them_are_the_mails_alone(somebody: Somebody) -> None:
    found = {
        path.relative_to(somebody.service.directory / "var").parts[0]
        for path in (somebody.service.directory / "var").rglob("*")
        if path.is_file() and _names_them(path)
    }
    # What SQLite frees it overwrites, but for the log that it has not written back yet.
    assert found <= {MAILBOX, "scribes.db-wal"}


@ON_WHAT_LASTS
def test_the_number_is_not_found_nor_given_again(somebody: Somebody) -> None:
    client = somebody.api.client
    path = f"/admin/users/{somebody.user_id}"
    assert 404 == client.get(path, headers=somebody.admin).status_code
    assert 404 == client.delete(path, headers=somebody.admin).status_code
    again = somebody.api.register(Person("zyx@example.com", "another")).json()
    assert somebody.user_id < again["id"]


def _names_them(path: Path) -> bool:
    content = path.read_bytes().lower()
    return any(name.encode() in content for name in NAMES)


def _registered(service: Service, api: Api) -> Person:
    """Return them, whose address is proved."""
    person = Person(
        "ottilie.zyxwombat@example.com", "zyxwombat", full_name="Ottilie Zyxwombat"
    )
    assert 201 == api.register(person).status_code
    token = service.mailed_token(person.email, "confirm")
    assert 200 == api.post("/auth/verify-email", {"token": token}).status_code
    return person


def _moved(service: Service, api: Api, person: Person, own: dict[str, str]) -> Person:
    """Return them with another address."""
    moved = replace(person, email="quagsmire@example.com")
    body = {"password": PASSWORD, "new_email": moved.email}
    asked = api.client.post("/auth/change-email", json=body, headers=own)
    assert 202 == asked.status_code
    token = service.mailed_token(moved.email, "")
    confirmed = api.post("/auth/change-email/confirm", {"token": token})
    assert 200 == confirmed.status_code
    return moved


def _reset(service: Service, api: Api, person: Person) -> None:
    api.post("/auth/password-reset/request", {"email": person.email})
    token = service.mailed_token(person.email, "reset")
    body = {"token": token, "new_password": OTHER_PASSWORD}
    assert 200 == api.post("/auth/password-reset/confirm", body).status_code


def _await_last_mail(service: Service, person: Person) -> None:
    """Return when the mail that tells of the deletion is gone, and the event knows it."""

    async def is_told() -> bool:
        async with service.storage() as storage:
            events = [one.event for one in await every(storage, RecordKind.EVENTS)]  # type: ignore[union-attr]
        return not any(it.data for it in events if it.kind is EventKind.USER_DELETED)

    wait_for(lambda: asyncio.run(is_told()), "the last mail")
    subjects = [mail["Subject"] for mail in service.mails(person.email)]
    assert [1] == [sum("deleted" in subject for subject in subjects)]


def _lived(service: Service, api: Api) -> Somebody:
    root = api.newcomer()
    asyncio.run(promote(service, root))
    admin = bearer(api.session(root)["access_token"])
    client = api.client
    client.headers["User-Agent"] = AGENT
    person = _registered(service, api)
    for _ in range(2):
        api.log_in(person, "WrongPass123!")
    tokens = api.session(person)
    own, path = bearer(tokens["access_token"]), f"/admin/users/{tokens['user']['id']}"
    client.patch("/auth/me", json={"full_name": "Gwendolyn"}, headers=own)
    person = _moved(service, api, person, own)
    tokens = api.session(person)
    own = bearer(tokens["access_token"])
    api.refresh(tokens["refresh_token"])
    assert 200 == client.get("/auth/me/export", headers=own).status_code
    _reset(service, api, person)
    del client.headers["User-Agent"]
    for edit in ({"role": "admin"}, {"role": "user"}, {"username": "gwendolyn"}):
        assert 200 == client.patch(path, json=edit, headers=admin).status_code
    assert 202 == client.post(f"{path}/password-reset", headers=admin).status_code
    assert 204 == client.delete(path, headers=admin).status_code
    _await_last_mail(service, person)
    return Somebody(service, api, admin, tokens["user"]["id"])
