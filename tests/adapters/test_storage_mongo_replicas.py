import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from adapters.storage.mongo import MongoStorage
from core.errors import EmailTaken, LastAdmin
from core.model import Purpose, Role, User, UserChange, UserFilter, UserOrder
from core.model.events import Event
from tests.adapters.mongo_trouble import opened
from tests.contract.storage_records import (
    NOW,
    RACERS,
    a_password,
    a_session,
    a_token,
    a_user,
    add,
    an_event,
    history,
    issue,
)


@pytest.fixture
async def storage(migrated_mongo_url: str) -> AsyncIterator[MongoStorage]:
    async with opened(migrated_mongo_url) as storage:
        yield storage


@pytest.fixture
async def replica(migrated_mongo_url: str) -> AsyncIterator[MongoStorage]:
    """Yield another storage on the same database: no lock of the first one holds it."""
    async with opened(migrated_mongo_url) as replica:
        yield replica


async def test_a_reader_misses_nothing_that_is_committed_late(
    storage: MongoStorage, replica: MongoStorage
) -> None:
    async def write(place: MongoStorage, number: int) -> None:
        user = await add(place, f"user{number}")
        for size in (1, 2, 3):
            await place.events.append([an_event(user_id=user.id) for _ in range(size)])

    writing = asyncio.gather(
        *(write(place, n) for n, place in enumerate([storage, replica] * 10))
    )
    seen: list[Event] = []
    while True:
        finished = writing.done()
        after = seen[-1].id if seen else None
        page = await storage.events.read(after=after, limit=5)
        seen += page
        if finished and not page:
            break
    await writing

    assert 20 * (1 + 2 + 3) == len(seen)
    assert seen == await history(replica)


async def test_events_are_numbered_without_a_gap(
    storage: MongoStorage, replica: MongoStorage
) -> None:
    await asyncio.gather(
        *(place.events.append([an_event()]) for place in [storage, replica] * 25)
    )

    numbers = [found["seq"] async for found in storage.database.events.find()]
    assert list(range(1, RACERS + 1)) == sorted(numbers)


async def test_replicas_race_for_an_email(
    storage: MongoStorage, replica: MongoStorage
) -> None:
    async def register(place: MongoStorage) -> User | None:
        try:
            return await place.users.add(
                a_user(), a_password(), token=None, events=[an_event()]
            )
        except EmailTaken:
            return None

    winners = await asyncio.gather(*map(register, [storage, replica] * 10))

    assert 1 == sum(winner is not None for winner in winners)
    assert 1 == len(await history(storage))


async def test_replicas_issue_tokens_at_once(
    storage: MongoStorage, replica: MongoStorage
) -> None:
    users = [await add(storage, f"user{number}") for number in range(15)]
    tokens = [a_token(user.id) for user in users for _ in range(2)]

    await asyncio.gather(
        *(
            place.tokens.issue(token, events=[])
            for place, token in zip([storage, replica] * 15, tokens, strict=True)
        )
    )

    good = [token.user_id for token in tokens if await storage.tokens.get(token.id)]
    assert [user.id for user in users] == good


async def test_no_log_in_of_another_replica_outlives_a_reset(
    storage: MongoStorage, replica: MongoStorage
) -> None:
    user = await add(storage)
    token_id = await issue(storage, user, Purpose.RESET_PASSWORD)
    sessions = [a_session(user) for _ in range(10)]

    opening = [
        replica.sessions.open(session, stamp=user.stamp, devices=[], events=[])
        for session in sessions
    ]
    reset = storage.users.reset_password(
        token_id, purpose=Purpose.RESET_PASSWORD, new_hash="new", at=NOW, events=[]
    )
    await asyncio.gather(*opening[:5], reset, *opening[5:])

    found = await storage.sessions.identities([session.id for session in sessions])
    assert {NOW} >= {identity.session.ended_at for identity in found.values()}


async def test_replicas_leave_one_administrator(
    storage: MongoStorage, replica: MongoStorage
) -> None:
    admins = [
        await add(storage, f"admin{number}", role=Role.ADMIN) for number in range(10)
    ]

    async def take_away(place: MongoStorage, number: int) -> bool:
        user = admins[number]
        demoted = UserChange(before=user, after=replace(user, role=Role.USER))
        try:
            if number % 4 < 2:
                return await place.users.change(demoted, events=[]) is not None
            return await place.users.remove(user.id, stamp=user.stamp, events=[])
        except LastAdmin:
            return False

    taken = await asyncio.gather(
        *(take_away(place, n) for n, place in enumerate([storage, replica] * 5))
    )

    left = await storage.users.find(
        UserFilter(role=Role.ADMIN), UserOrder(), after=None, limit=9, count_to=9
    )
    assert 9 == sum(taken)
    assert 1 == left.total
