"""What it means that MongoDB is in trouble, and that nothing came of it."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.storage.mongo import MongoStorage
from core.errors import Unavailable
from core.model import (
    EndReason,
    EventFilter,
    Tally,
    User,
    UserChange,
    UserFilter,
    UserOrder,
)
from tests.contract.storage_records import (
    NOW,
    a_password,
    a_session,
    a_token,
    a_user,
    an_event,
    new_id,
)

AT_MOST = 3.0
"""Seconds that a caller may wait, on a busy machine."""

LITTER = [
    pytest.mark.filterwarnings(
        f"ignore:Exception ignored in. {what}:pytest.PytestUnraisableExceptionWarning"
    )
    for what in ("<socket.socket", "<function _SelectorTransport.__del__")
]
"""Where a connection is given up while it is made, the driver leaves the socket lying."""


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[MongoStorage]:
    async with aclosing(MongoStorage.from_url(url)) as storage:
        await storage.open()
        yield storage
    gc.collect()  # while the warnings of what lies about are expected


async def unavailable(call: Callable[[], Awaitable[object]]) -> None:
    begun = time.monotonic()
    with pytest.raises(Unavailable) as refusal:
        await call()
    assert time.monotonic() - begun < AT_MOST
    assert refusal.value.__cause__ is not None


async def everything_is_unavailable(storage: MongoStorage) -> None:
    users, sessions = storage.users, storage.sessions
    event, session_id, why = an_event(), new_id(), EndReason.LOGGED_OUT
    user = a_user("zoe", id=9)
    calls: list[Callable[[], Awaitable[object]]] = [
        storage.ping,
        storage.pending,
        lambda: users.add(a_user("zoe"), a_password(), token=a_token(), events=[event]),
        lambda: users.get(1),
        lambda: users.verify_email(new_id(), at=NOW, events=[event]),
        lambda: users.remove_unverified(new_id(), at=NOW, events=[event]),
        lambda: users.find(UserFilter(), UserOrder(), after=None, limit=9, count_to=9),
        lambda: users.change(UserChange(before=user, after=user), events=[event]),
        lambda: users.remove(1, stamp=None, events=[event]),
        lambda: users.replace_hash(1, stamp=0, old_hash="old", new_hash="new"),
        lambda: sessions.open(a_session(user), stamp=0, devices=[], events=[event]),
        lambda: sessions.identities([session_id]),
        lambda: sessions.advance(a_session(user), events=[]),
        lambda: sessions.end(session_id, at=NOW, reason=why, events=[event]),
        lambda: storage.tokens.issue(a_token(1), events=[event]),
        lambda: storage.tokens.get(new_id()),
        lambda: storage.events.append([event]),
        lambda: storage.events.claim(at=NOW, lease=timedelta(minutes=1), limit=9),
        lambda: storage.events.delivered(event.id),
        lambda: storage.events.read(after=None, limit=9),
        lambda: storage.events.find(EventFilter(), after=None, limit=9, count_to=9),
        lambda: storage.statistics.add([Tally("2025-12-24 logins", 1)]),
        lambda: storage.purge(at=NOW, keep_events_since=NOW, limit=9),
    ]
    await asyncio.gather(*map(unavailable, calls))


async def eventually(call: Callable[[], Awaitable[object]]) -> None:
    while True:
        try:
            await call()
        except Unavailable:
            await asyncio.sleep(0.1)
        else:
            return


async def acknowledges(storage: MongoStorage, name: str) -> bool:
    token = replace(a_token(), id=f"token of {name}")
    event = replace(an_event(), id=f"event of {name}")
    try:
        await storage.users.add(a_user(name), a_password(), token=token, events=[event])
    except Unavailable:
        return False
    return True


async def nothing_is_half(
    storage: MongoStorage, names: list[str], acknowledged: list[str]
) -> None:
    """Check that who is there is there with token and event, as are all acknowledged."""
    events = await storage.events.read(after=None, limit=100_000)
    owner = {event.id: event.user_id for event in events}
    for name in names:
        user = await found(storage, name)
        token = await storage.tokens.get(f"token of {name}")
        owners = [token and token.user_id, owner.get(f"event of {name}")]
        assert [user and user.id] * 2 == owners
        assert user or name not in acknowledged


async def found(storage: MongoStorage, name: str) -> User | None:
    return await storage.users.by_email(f"{name}@example.com")
