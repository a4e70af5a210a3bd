"""What becomes of a file that the version before administration left, and runs on beside."""

import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, closing
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.storage.sqlite import SqliteStorage
from core.model import Role, User, UserFilter, UserOrder
from tests.adapters.before_a_step import migrate_up_to, registered
from tests.contract.storage_records import NOW, a_user, an_account, an_event, history

STEP = "0006_administration"

APPEND = "INSERT INTO events (id, kind, at, user_id, data) VALUES (?, ?, ?, ?, ?)"

EVENT = an_event(
    user_id=1,
    actor="anyone",
    address="2001:db8::1",
    label='Firefox "ß"',
    data={"new_email": "b@example.com", "dotted.key": "ß"},
)

OF_OLD = json.dumps(
    {
        "actor": "anyone",
        "address": "2001:db8::1",
        "client": 'Firefox "ß"',
        "new_email": "b@example.com",
        "dotted.key": "ß",
    }
)

DOERTE = a_user("dörte", username="doerte", full_name="Dörte ÅNGSTRÖM")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "auth.db"


@pytest.fixture
def before(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield a console on a file that lacks nothing but the step."""
    with closing(sqlite3.connect(path, isolation_level=None)) as console:
        migrate_up_to(STEP, f"sqlite:///{path}", console.executescript)
        yield console


@pytest.fixture
async def storage(path: Path) -> AsyncIterator[SqliteStorage]:
    async with aclosing(SqliteStorage.from_url(f"sqlite:///{path}")) as storage:
        await storage.open()
        yield storage


def tell(console: sqlite3.Connection) -> None:
    at = NOW.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    console.execute(APPEND, (EVENT.id, EVENT.kind, at, 1, OF_OLD))


async def found(storage: SqliteStorage, text: str) -> list[User]:
    page = await storage.users.find(
        UserFilter(text=text), UserOrder(), after=None, limit=9, count_to=9
    )
    return page.records


async def test_users_of_before_are_found_by_all_of_their_names(
    before: sqlite3.Connection, storage: SqliteStorage
) -> None:
    before.execute(registered(DOERTE))
    before.execute(registered(a_user("bob")))

    assert [STEP] == await storage.migrate()

    account = await storage.users.account(1)
    assert account is not None
    assert an_account(account.user) == account
    for text in ("ångström", "dörte@", "doerte\ndörte", "ö", "rt"):
        assert [account.user] == await found(storage, text)
    assert ["bob"] == [user.username for user in await found(storage, "bob")]


async def test_who_did_what_from_where_is_told_in_its_place(
    before: sqlite3.Connection, storage: SqliteStorage
) -> None:
    tell(before)

    await storage.migrate()

    assert [EVENT] == await history(storage)


async def test_the_version_before_tells_of_events_as_it_always_did(
    before: sqlite3.Connection, storage: SqliteStorage
) -> None:
    await storage.migrate()

    tell(before)

    assert [EVENT] == await history(storage)


async def test_whom_the_version_before_registers_is_found(
    before: sqlite3.Connection, storage: SqliteStorage
) -> None:
    await storage.migrate()
    before.execute(registered(a_user("Bob")))
    before.execute(registered(DOERTE))

    assert ["Bob"] == [user.username for user in await found(storage, "bob")]
    assert [] == await found(storage, "ångström")
    assert [] == await storage.migrate()
    assert ["doerte"] == [user.username for user in await found(storage, "ångström")]


async def test_whom_an_operator_renames_or_removes_is_found_no_more(
    before: sqlite3.Connection, storage: SqliteStorage
) -> None:
    await storage.migrate()
    before.execute(registered(a_user("bob")))

    before.execute("UPDATE users SET username = 'eve', full_name = 'Eve' WHERE id = 1")
    assert [] == await found(storage, "\nbob")
    assert [1] == [user.id for user in await found(storage, "eve\neve")]

    before.execute("DELETE FROM users")
    assert [] == await found(storage, "e")


async def test_what_a_purge_puts_together_forgets_who_is_gone(
    before: sqlite3.Connection, storage: SqliteStorage
) -> None:
    await storage.migrate()
    before.execute(registered(a_user("quux")))
    before.execute(registered(a_user("bob")))
    assert await storage.users.remove(1, stamp=None, events=[])

    long_ago = NOW - timedelta(days=99)
    await storage.purge(at=long_ago, keep_events_since=long_ago, limit=9)

    blocks = before.execute("SELECT group_concat(hex(block)) FROM user_grams_data")
    ((index,),) = blocks.fetchall()
    assert b"uux".hex().upper() not in index
    assert [Role.USER] == [user.role for user in await found(storage, "bob")]
