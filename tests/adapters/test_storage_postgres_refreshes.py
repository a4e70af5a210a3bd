import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from adapters.storage.postgres import PostgresStorage
from core.model import Client, EndReason, Session
from tests.adapters.postgres_world import console, opened_patiently
from tests.contract.storage_records import MINUTE, NOW, add, log_in

MANY = 20


@pytest.fixture
async def storage(migrated_postgres_url: str) -> AsyncIterator[PostgresStorage]:
    async with opened_patiently(migrated_postgres_url) as storage:
        yield storage


@pytest.fixture
async def sessions(storage: PostgresStorage) -> list[Session]:
    user = await add(storage)
    return [await log_in(storage, user) for _ in range(MANY)]


def after(session: Session) -> Session:
    """Return the session with its next generation, a minute later."""
    return replace(
        session,
        generation=session.generation + 1,
        rotations=(*session.rotations, NOW + MINUTE),
        last_used_at=NOW + MINUTE,
        expires_at=session.expires_at + MINUTE,
    )


async def kept(storage: PostgresStorage, sessions: list[Session]) -> list[Session]:
    found = await storage.sessions.identities([each.id for each in sessions])
    return [found[each.id].session for each in sessions]


async def test_many_refreshes_at_one_moment_share_a_statement(
    storage: PostgresStorage, sessions: list[Session]
) -> None:
    before = storage.pool.requests

    done = await asyncio.gather(
        *(storage.sessions.advance(after(each), events=[]) for each in sessions)
    )

    assert [True] * MANY == done
    assert 1 == storage.pool.requests - before
    assert [after(each) for each in sessions] == await kept(storage, sessions)


async def test_each_of_them_gets_its_own_answer(
    storage: PostgresStorage, sessions: list[Session]
) -> None:
    good, ended, stale, twice, unstorable, *rest = sessions
    await storage.sessions.end(ended.id, at=NOW, reason=EndReason.LOGGED_OUT, events=[])
    bad = replace(after(unstorable), client=Client(address="\0", label=""))
    asked = [
        after(good),
        after(ended),
        after(after(stale)),
        after(twice),
        replace(after(twice), last_used_at=NOW),
        bad,
        *map(after, rest),
    ]

    answers = await asyncio.gather(
        *(storage.sessions.advance(each, events=[]) for each in asked),
        return_exceptions=True,
    )

    assert [True, False, False] == answers[:3]
    assert {True, False} == set(answers[3:5])
    assert isinstance(answers[5], ValueError)
    assert [True] * len(rest) == answers[6:]
    assert [stale, unstorable] == await kept(storage, [stale, unstorable])


async def test_a_session_that_somebody_is_changing_holds_nobody_else_up(
    storage: PostgresStorage, migrated_postgres_url: str, sessions: list[Session]
) -> None:
    changed, *rest = sessions
    with console(migrated_postgres_url) as operator:
        operator.execute("BEGIN")
        operator.execute(
            "UPDATE sessions SET ended_at = now(), end_reason = 'logged_out' WHERE id = %s",
            [changed.id],
        )
        waiting = asyncio.create_task(
            storage.sessions.advance(after(changed), events=[])
        )
        others = [
            asyncio.create_task(storage.sessions.advance(after(each), events=[]))
            for each in rest
        ]
        done, _ = await asyncio.wait(others, timeout=20)
        assert len(rest) == len(done)
        assert not waiting.done()
        operator.execute("COMMIT")

    assert all(each.result() for each in others)
    assert await waiting is False


async def test_of_two_replicas_one_is_first(migrated_postgres_url: str) -> None:
    async with (
        opened_patiently(migrated_postgres_url) as one,
        opened_patiently(migrated_postgres_url) as another,
    ):
        user = await add(one)
        sessions = [await log_in(one, user) for _ in range(MANY)]
        for _ in range(MANY):
            forth = [one.sessions.advance(after(each), events=[]) for each in sessions]
            back = [
                another.sessions.advance(after(each), events=[])
                for each in reversed(sessions)
            ]
            answers = await asyncio.gather(*forth, *back)
            assert MANY == sum(answers)
            sessions = list(map(after, sessions))
        assert sessions == await kept(another, sessions)
