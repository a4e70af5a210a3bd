import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import pytest
from pydantic_core import PydanticSerializationError

from adapters.storage.postgres import PostgresStorage
from core.errors import Unavailable
from core.model import EndReason, Purpose
from tests.adapters.postgres_world import console, opened, opened_patiently
from tests.contract.storage import StorageContract
from tests.contract.storage_records import (
    MINUTE,
    NOW,
    a_password,
    a_session,
    a_user,
    add,
    an_event,
    change_password,
    history,
    issue,
    log_in,
    new_id,
    race,
    seen,
    stored,
)
from tests.servers.postgres import PostgresServer

INSERT_EVENT = """
INSERT INTO events (id, kind, at, data) VALUES (%s, 'session.opened', now(), '{}')
"""


@pytest.fixture
async def storage(migrated_postgres_url: str) -> AsyncIterator[PostgresStorage]:
    async with opened_patiently(migrated_postgres_url) as storage:
        yield storage


class TestPostgresStorage(StorageContract):
    @pytest.fixture
    async def subject(self, storage: PostgresStorage) -> PostgresStorage:
        return storage


async def test_each_step_is_one_statement_where_one_can_do_it(
    own_postgres: PostgresServer, own_postgres_url: str
) -> None:
    # One connection: the pool opens no other meanwhile.
    async with opened(f"{own_postgres_url}&pool_size=1") as storage:
        user = await add(storage)
        session = await log_in(storage, user)
        advanced = replace(session, generation=1, rotations=(NOW,))
        why = EndReason.LOGGED_OUT
        steps: list[Callable[[], Awaitable[object]]] = [
            storage.ping,
            lambda: storage.users.get(user.id),
            lambda: storage.users.by_email(user.email_key),
            lambda: storage.sessions.identities([session.id, *map(str, range(99))]),
            lambda: storage.sessions.advance(advanced, events=[]),
            lambda: log_in(storage, user),
            lambda: issue(storage, user, Purpose.RESET_PASSWORD),
            lambda: storage.events.append([an_event()]),
            lambda: storage.events.claim(at=NOW, lease=MINUTE, limit=9),
            lambda: storage.sessions.end(session.id, at=NOW, reason=why, events=[]),
        ]

        counts = [await statements_of(own_postgres, step) for step in steps]

    assert [1] * len(steps) == counts


async def test_a_reader_waits_for_events_that_were_numbered_before(
    storage: PostgresStorage, migrated_postgres_url: str
) -> None:
    early, late = an_event(user_id=7), an_event(user_id=7)
    with console(migrated_postgres_url) as other:
        other.execute("BEGIN")
        other.execute(INSERT_EVENT, [early.id])
        await storage.events.append([late])
        reading = asyncio.create_task(history(storage))
        await asyncio.sleep(0.2)
        waits = not reading.done()
        other.execute("COMMIT")

    assert waits
    assert [early.id, late.id] == [event.id for event in await reading]


async def test_who_follows_the_events_misses_none(storage: PostgresStorage) -> None:
    seen: list[str] = []

    async def write() -> list[str]:
        events = [an_event() for _ in range(10)]
        for event in events:
            await storage.events.append([event])
        return [event.id for event in events]

    async def follow() -> None:
        while len(seen) < 30 * 10:
            after = seen[-1] if seen else None
            page = await storage.events.read(after=after, limit=7)
            seen.extend(event.id for event in page)

    *written, _ = await asyncio.gather(*(write() for _ in range(30)), follow())

    assert seen == [event.id for event in await history(storage)]
    assert {event_id for ids in written for event_id in ids or []} == set(seen)


async def test_no_session_of_the_old_password_outlives_its_change(
    storage: PostgresStorage,
) -> None:
    for number in range(10):
        user = await add(storage, f"user{number}")
        known, session = await log_in(storage, user), a_session(user)

        _, changed = await asyncio.gather(
            storage.sessions.open(
                session, stamp=user.stamp, devices=[], events=[an_event()]
            ),
            change_password(storage, user, known, events=[an_event()]),
        )

        assert changed
        found = await storage.sessions.identities([session.id])
        assert all(each.session.ended_at for each in found.values())


async def test_password_changes_and_resets_at_once_do_not_block_each_other(
    storage: PostgresStorage,
) -> None:
    async def change_and_reset(number: int) -> bool:
        user = await add(storage, f"user{number}")
        session = await log_in(storage, user)
        token = await issue(storage, user, Purpose.RESET_PASSWORD)
        _, reset, _ = await asyncio.gather(
            change_password(storage, user, session, events=[an_event()]),
            storage.users.reset_password(
                token,
                purpose=Purpose.RESET_PASSWORD,
                new_hash="reset",
                at=NOW,
                events=[an_event()],
            ),
            storage.sessions.end_all(
                user.id, at=NOW, reason=EndReason.LOGGED_OUT, events=[an_event()]
            ),
        )
        after = await storage.users.get(user.id)
        return reset == after  # whichever came first: a change voids no reset

    assert all(await race(change_and_reset))


async def test_text_that_postgres_cant_hold_is_a_mistake_and_no_outage(
    storage: PostgresStorage,
) -> None:
    for text in ("a\0b", "a\ud800b"):
        with pytest.raises(ValueError, match=r"text|surrogates"):
            await add(storage, full_name=text)
        with pytest.raises(ValueError, match=r"text|surrogates"):
            await storage.events.append([an_event(data={"text": text})])

    assert 1 == (await add(storage)).id


async def test_what_the_server_refuses_is_told_without_its_values(
    postgres_url: str,
) -> None:
    async with opened(postgres_url) as storage:
        with console(postgres_url) as operator:
            operator.execute("ALTER TABLE users ADD CHECK (full_name <> 'letter')")

        with pytest.raises(Unavailable) as refused:
            await add(storage, full_name="letter")

    assert "violates check constraint" in refused.value.reason
    assert "letter" not in refused.value.reason


async def test_a_change_that_cant_be_told_is_not_made(storage: PostgresStorage) -> None:
    user = await add(storage)
    session = await log_in(storage, user)

    with pytest.raises(PydanticSerializationError):
        await change_password(
            storage, user, session, events=[an_event(data={"text": object()})]
        )

    assert seen(user) == await storage.users.get(user.id)
    assert session == await stored(storage, session.id)


async def test_ids_go_on_where_operators_left_off(
    storage: PostgresStorage, migrated_postgres_url: str
) -> None:
    await add(storage)
    with console(migrated_postgres_url) as operator:
        operator.execute("DELETE FROM users")

    bob = await storage.users.add(a_user(new_id()), a_password(), token=None, events=[])

    assert 2 == bob.id


async def statements_of(
    server: PostgresServer, step: Callable[[], Awaitable[object]]
) -> int:
    before = logged_statements(server)
    await step()
    return logged_statements(server) - before


def logged_statements(server: PostgresServer) -> int:
    return server.log.count("LOG:  execute ") + server.log.count("LOG:  statement: ")
