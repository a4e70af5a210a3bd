import asyncio
import time
from collections.abc import AsyncIterator
from itertools import chain

import httpx

from tests.http.api import Api, Person
from tests.http.conftest import Serve
from tests.servers.service import Service

SLOW_OUTBOX = {"OUTBOX_POLL_SECONDS": "3600"}
"""Looks once at the start, and then not again before the crash."""

ROUNDS = 3
LOAD = 8
"""Registrations under way at any moment."""

LOAD_SECONDS = 0.5


def test_a_crash_after_the_answer_loses_neither_user_nor_mail(install: Serve) -> None:
    person = Person.new()
    service = install(**SLOW_OUTBOX).start()
    with service.client() as client:
        registered = Api(client).register(person)
    answered = time.monotonic()
    time.sleep(max(0.0, answered + 0.1 - time.monotonic()))

    service.kill()

    assert 201 == registered.status_code
    assert [] == service.mails()
    service.start(OUTBOX_POLL_SECONDS="0.05")
    with service.client() as client:
        api = Api(client)
        assert 200 == api.log_in(person).status_code
        token = {"token": service.mailed_token(person.email, "confirm")}
        assert 200 == api.post("/auth/verify-email", token).status_code
        assert 1 == len(service.mails(person.email))


async def test_whoever_was_told_201_is_there_after_every_crash(install: Serve) -> None:
    service = install(**SLOW_OUTBOX)
    promised: list[Person] = []
    for _ in range(ROUNDS):
        await asyncio.to_thread(service.start)
        told: list[list[Person]] = [[] for _ in range(LOAD)]
        load = [asyncio.create_task(register_many(service, each)) for each in told]
        async with asyncio.timeout(30):
            while not all(told):  # noqa: ASYNC110 - lists that tasks add to
                await asyncio.sleep(0.02)
        await asyncio.sleep(LOAD_SECONDS)
        service.kill()
        await asyncio.gather(*load)
        promised += chain(*told)

    await asyncio.to_thread(service.start)

    async with service.crowd() as crowd:
        for person in promised:
            answer = await crowd.post("/auth/login", json=person.credentials)
            assert 200 == answer.status_code
    service.stop()
    # Whoever was stored was stored with the mail to them.
    stored = service.sql("SELECT email FROM users")
    waiting = service.sql(
        "SELECT email FROM users JOIN events ON user_id = users.id"
        " WHERE kind = 'user.registered' AND due_at IS NOT NULL"
    )
    mailed = {(mail["To"].addresses[0].addr_spec,) for mail in service.mails()}
    assert set(stored) == mailed | set(waiting)
    assert [("ok",)] == service.sql("PRAGMA integrity_check")
    assert [] == service.sql("PRAGMA foreign_key_check")


async def register_many(service: Service, told: list[Person]) -> None:
    """Register new people until the service is gone; add who was told they are in."""
    async with service.crowd() as crowd:
        async for person, answer in registrations(crowd):
            assert 201 == answer.status_code
            told.append(person)


async def registrations(
    crowd: httpx.AsyncClient,
) -> AsyncIterator[tuple[Person, httpx.Response]]:
    while True:
        person = Person.new()
        try:
            yield person, await crowd.post("/auth/register", json=person.details)
        except httpx.TransportError:
            return
