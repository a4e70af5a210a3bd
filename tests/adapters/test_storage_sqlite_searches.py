"""What SQLite does to find users, events and sessions: by which indexes, and in which order."""

import re
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, closing, contextmanager
from itertools import compress, product
from pathlib import Path
from typing import Any

import pytest

from adapters.storage.sqlite import (
    SqliteStorage,
    event_searches,
    schema,
    sessions,
    statistics,
    tokens,
    user_changes,
    user_searches,
)
from adapters.storage.sqlite.archive import UPSERTS
from adapters.storage.sqlite.rows import ACCOUNT
from core.model import (
    EventFilter,
    Place,
    RecordKind,
    Role,
    User,
    UserCounts,
    UserFilter,
    UserOrder,
    UserSort,
)
from core.model.events import EventKind
from tests.adapters.crowds import (
    BEGIN,
    END,
    FILTERS,
    ORDERS,
    SPAN,
    Crowd,
    assert_walk,
    crowd,
)
from tests.contract.storage_records import NOW, a_user, an_account

FULL = re.compile(r"SCAN (users|events|sessions|one_time_tokens)(?! USING COVERING)")
SORTING = "USE TEMP B-TREE FOR ORDER BY"

ALL_FLAGS = "(role=? AND is_active=? AND is_verified=?"

INDEX_TEXTS = """
INSERT INTO user_grams (rowid, text) SELECT id, search_text || char(10, 10) FROM users
"""

TOGETHER = [it for it in FILTERS if it.is_active in {None, True} and not it.is_verified]
"""Every combination of filters, with values that make each of them the narrowest."""


class Watched(sqlite3.Connection):
    """Remembers what it was asked, with the values of the first time."""

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - sqlite3's
        super().__init__(*args, **options)
        self.asked: dict[str, Any] = {}

    def execute(self, sql: str, values: Any = (), /) -> sqlite3.Cursor:  # noqa: ANN401
        self.asked.setdefault(sql, values)
        return super().execute(sql, values)

    def plans(self) -> Iterator[tuple[str, list[str]]]:
        for sql, values in list(self.asked.items()):
            rows = super().execute(f"EXPLAIN QUERY PLAN {sql}", values)
            yield sql, [row[3] for row in rows]


@contextmanager
def migrated(path: Path) -> Iterator[Watched]:
    """Yield a new database file of the latest schema; a crash may spoil it."""
    with closing(sqlite3.connect(path, factory=Watched, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = OFF")
        db.execute("PRAGMA synchronous = OFF")
        for migration in schema.KNOWN:
            schema._apply(db, migration)  # noqa: SLF001 - what migrate() does, by hand
        db.asked.clear()
        yield db


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Watched]:
    with migrated(tmp_path / "few.db") as db:
        yield db


def store(db: sqlite3.Connection, people: Crowd) -> None:
    db.execute("BEGIN")
    db.executemany(UPSERTS[RecordKind.USERS], map(ACCOUNT.values, people))
    db.execute("COMMIT")


def store_quickly(db: sqlite3.Connection, people: Crowd) -> None:
    """Do so for very many: their texts are indexed at once, and not by the trigger."""
    query = "SELECT sql FROM sqlite_schema WHERE name = 'users_index'"
    (trigger,) = db.execute(query).fetchone()
    db.execute("DROP TRIGGER users_index")
    store(db, people)
    db.execute(INDEX_TEXTS)
    db.execute(trigger)


@pytest.fixture(params=["taken", "walked"])
def far(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return how far to count so that all are taken and sorted, or the list is walked."""
    if request.param == "walked":
        monkeypatch.setattr(user_searches, "FEW", 0)
        return 0
    return 10_000


def test_every_question_is_answered_rightly_and_by_an_index(
    db: Watched, far: int
) -> None:
    people = crowd(60)
    store(db, people)

    for wanted, order in product(TOGETHER, ORDERS):
        expected = people.expected(wanted, order)
        middle = expected[len(expected) // 2 :]
        for users, after in ((expected, None), (middle[1:], _places(middle, order))):
            found = user_searches.find(
                db, wanted, order, after=after, limit=99, count_to=far
            )

            assert users == found.records, (wanted, order)
            assert min(far, len(expected)) == found.total

    for sql, steps in db.plans():
        assert not any(map(FULL.match, steps)), (sql, steps)
        assert far or SORTING not in steps, (sql, steps)
        if "users_flags" in sql and "users.is_verified" in sql:
            assert any(ALL_FLAGS in step for step in steps), (sql, steps)


def _places(users: list[User], order: UserOrder) -> Place | None:
    return Place(order.by.value_of(users[0]), users[0].id) if users else None


@pytest.mark.parametrize("text", ["a\0", "\0", "\ud800", "zoe\udfff", "\ud83d\ude00"])
def test_what_stands_in_no_name_is_found_nowhere(db: Watched, text: str) -> None:
    store(db, crowd(60))

    found = user_searches.find(
        db, UserFilter(text=text), UserOrder(), after=None, limit=9, count_to=9
    )

    assert ([], 0) == (found.records, found.total)


@pytest.mark.parametrize(
    "name",
    ["\U0001f469\u200d\U0001f467", "\U0001d4d0\U0001d4d1", 'a"b AND c', "\uffff"],
)
def test_any_part_of_a_name_finds_it(db: Watched, name: str) -> None:
    user = a_user(id=7, full_name=f"Mx {name}")
    db.execute(UPSERTS[RecordKind.USERS], ACCOUNT.values(an_account(user)))
    text = user.search_text
    parts = {
        text[begin:end]
        for begin in range(len(text))
        for end in range(begin + 1, len(text) + 1)
    }

    for part in parts:
        found = user_searches.find(
            db, UserFilter(text=part), UserOrder(), after=None, limit=9, count_to=9
        )
        assert [user] == found.records, part


def test_a_long_text_is_compared_to_its_end(db: Watched) -> None:
    user = a_user(id=7, full_name="x".join(map(str, range(200))))
    db.execute(UPSERTS[RecordKind.USERS], ACCOUNT.values(an_account(user)))

    for text, total in ((user.search_text, 1), (f"{user.search_text}x", 0)):
        found = user_searches.find(
            db, UserFilter(text=text), UserOrder(), after=None, limit=9, count_to=9
        )
        assert total == found.total


def test_events_are_found_by_an_index_whatever_is_asked(db: Watched) -> None:
    each: dict[str, Any] = {
        "user_id": 7,
        "actor_id": 8,
        "kind": EventKind.SESSION_OPENED,
        "address": "192.0.2.1",
        "after": NOW,
        "before": NOW,
    }
    for chosen in product((False, True), repeat=len(each)):
        values = dict(compress(each.items(), chosen))
        for after in (None, Place(NOW, 3)):
            event_searches.find(
                db, EventFilter(**values), after=after, limit=9, count_to=9
            )

    plans = dict(db.plans())
    assert 2 * 2 ** len(each) - 2 ** (len(each) - 1) == len(plans)
    for sql, steps in plans.items():
        assert not any(map(FULL.match, steps)), (sql, steps)
        assert SORTING not in steps, (sql, steps)


OTHERS = {
    statistics.USERS: (),
    statistics.LIVE_SESSIONS: ("",),
    statistics.SINCE: ("",),
    sessions.COUNT_LIVE: {"user_id": 1, "at": "", "count_to": 9},
    sessions.FIND_LIVE: {"user_id": 1, "at": "", "limit": 9, "value": "", "key": ""},
    sessions.LOG_IN: ("", "[]", 1, 0),
    tokens.OF_USER: (1,),
    user_changes.ADMINISTRATORS: (),
    **{statement: {"id": 1} for statement in user_changes.FORGET},
    **dict.fromkeys(user_changes.REMOVALS, (1,)),
}


@pytest.mark.parametrize("statement", OTHERS)
def test_other_statements_go_by_an_index_too(db: Watched, statement: str) -> None:
    plan = db.execute(f"EXPLAIN QUERY PLAN {statement}", OTHERS[statement])

    steps = [row[3] for row in plan]
    assert not any(map(FULL.match, steps)), steps
    assert SORTING not in steps


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the URL of a file with a hundred thousand users."""
    path = tmp_path_factory.mktemp("crowd") / "auth.db"
    with migrated(path) as db:
        db.execute("PRAGMA cache_size = -200000")  # KiB: all of the file
        store_quickly(db, crowd())
    return f"sqlite:///{path}"


@pytest.fixture
async def storage(crowded: str) -> AsyncIterator[SqliteStorage]:
    async with aclosing(SqliteStorage.from_url(crowded)) as storage:
        await storage.open()
        yield storage


@pytest.mark.parametrize(
    "order", list(map(UserOrder, UserSort, (True, False) * 3)), ids=str
)
async def test_a_hundred_thousand_are_paged_through_to_the_end(
    storage: SqliteStorage, order: UserOrder
) -> None:
    # What is walked, and skipped now and then.
    wanted = UserFilter(is_verified=True, created_after=BEGIN + SPAN / 2)

    await assert_walk(storage, crowd(), wanted, order, limit=15_000)


@pytest.mark.parametrize(
    "wanted",
    [
        *(UserFilter(text=text) for text in ("zoe", "花子", "o'n", "of nobody", "%")),
        UserFilter(role=Role.ADMIN),
        UserFilter(is_active=False),
        UserFilter(created_after=END - SPAN / 700),
        UserFilter(text="zoe", role=Role.ADMIN),
        UserFilter(text="lo", is_active=False),
        UserFilter(text="lo", role=Role.USER, is_active=True, created_after=BEGIN),
        UserFilter(text="a", created_after=END - SPAN / 700),
    ],
    ids=str,
)
async def test_filters_find_all_of_a_hundred_thousand(
    storage: SqliteStorage, wanted: UserFilter
) -> None:
    order = UserOrder(UserSort.EMAIL)

    await assert_walk(storage, crowd(), wanted, order, limit=5_000)


async def test_figures_of_a_hundred_thousand(storage: SqliteStorage) -> None:
    users = crowd().users

    assert (
        UserCounts(
            total=len(users),
            active=sum(user.is_active for user in users),
            verified=sum(user.is_verified for user in users),
            admins=sum(user.role is Role.ADMIN for user in users),
        )
        == await storage.statistics.users()
    )
