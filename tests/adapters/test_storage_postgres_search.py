"""A crowd on PostgreSQL: who is found, what it costs, and by which plans."""

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import asdict
from itertools import cycle, product
from typing import Any

import psycopg
import pytest

from adapters.storage.postgres import PostgresStorage, events, user_search
from adapters.storage.postgres.listing import BY_INDEX, Listing, Order, page
from adapters.storage.postgres.statistics import USERS
from core.model import EventFilter, Place, Role, UserFilter, UserOrder, UserSort
from core.model.events import EventKind
from tests.adapters.crowds import BEGIN, END, ORDERS, SIZE, TEXTS
from tests.adapters.migrating import migrated_by
from tests.adapters.postgres_world import console, fresh_schema
from tests.contract.storage_records import NOW
from tests.servers.existing import ExistingServer
from tests.servers.postgres import PostgresServer

# Few are administrators or inactive, many never logged in, some share a moment, and their
# names are of several scripts: filters are as selective as they are in life.
PEOPLE = """
INSERT INTO users (id, email, email_key, username, username_key, full_name, role,
    is_active, is_verified, created_at, updated_at, last_login_at, search_text)
SELECT id, email, lower(email), username, lower(username), full_name,
    CASE WHEN id % 20000 = 7 THEN 'admin' ELSE 'user' END, id % 100 <> 17, id % 10 < 7,
    created_at, created_at, CASE WHEN id % 5 < 3 THEN created_at + later END,
    lower(email || chr(10) || username || chr(10) || coalesce(full_name, ''))
FROM generate_series(1, %(size)s) AS id
CROSS JOIN LATERAL (SELECT
    id * 7919 % %(size)s AS number,
    %(begin)s + (id - (id % 50 = 0)::integer) * interval '10 minutes' AS created_at,
    id * 613 % 2160 * interval '1 hour' AS later
) AS chance
CROSS JOIN LATERAL (SELECT
    (ARRAY['Ada', 'Bob', 'Zoe', 'Фёдор', '花子', 'User', 'User'])[number % 7 + 1] || '.'
        || number || '@' || (ARRAY['example.com', 'bücher.example'])[number % 2 + 1] AS email,
    (ARRAY['Anna_', 'zoran_'])[number % 2 + 1] || number AS username,
    (ARRAY['Ada', 'Chloé', 'Zoe', NULL])[id % 4 + 1] || ' '
        || (ARRAY['Lovelace', 'Müller', 'O''Neill', '山田', 'Łoś'])[number % 5 + 1] AS full_name
) AS names
"""

EVENTS = """
INSERT INTO events (id, kind, at, user_id, actor, address, data)
SELECT number, CASE WHEN number % 9 = 0 THEN 'user.changed' ELSE 'session.opened' END,
    timestamptz '2025-12-24T10:00:00Z' + number * interval '1 second', number % 5000,
    number % 700, '192.0.2.' || number % 250, '{}'
FROM generate_series(1, 100000) AS number
"""

INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid IN ('users'::regclass, 'events'::regclass)
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""

# What is asked for, put plainly: whoever reads all users finds these.
WANTED = """
SELECT id FROM users
WHERE (%(text)s::text IS NULL OR strpos(search_text, %(text)s) > 0)
    AND (%(role)s::text IS NULL OR role = %(role)s)
    AND (%(is_active)s::boolean IS NULL OR is_active = %(is_active)s)
    AND (%(is_verified)s::boolean IS NULL OR is_verified = %(is_verified)s)
    AND (%(created_after)s::timestamptz IS NULL OR created_at > %(created_after)s)
"""

UP = {
    UserSort.ID: "id",
    UserSort.EMAIL: 'email_key COLLATE "C"',
    UserSort.USERNAME: 'username_key COLLATE "C"',
    UserSort.CREATED_AT: "created_at, id",
    UserSort.LAST_LOGIN_AT: "last_login_at NULLS FIRST, id",
}
DOWN = {
    UserSort.ID: "id DESC",
    UserSort.EMAIL: 'email_key COLLATE "C" DESC',
    UserSort.USERNAME: 'username_key COLLATE "C" DESC',
    UserSort.CREATED_AT: "created_at DESC, id DESC",
    UserSort.LAST_LOGIN_AT: "last_login_at DESC NULLS LAST, id DESC",
}

CHOICES: dict[str, Iterator[Any]] = {
    "text": cycle(TEXTS),
    "role": cycle(Role),
    "is_active": cycle((True, False)),
    "is_verified": cycle((True, False)),
    "created_after": cycle((BEGIN, END)),
}

LATEST = UserOrder(UserSort.LAST_LOGIN_AT, descending=True)

SEARCHES = [
    (UserFilter(text="zoe"), UserOrder(UserSort.EMAIL), 2_500),
    (UserFilter(text="ada lovelace"), UserOrder(UserSort.USERNAME), 1_000),
    (UserFilter(text="花子"), UserOrder(UserSort.LAST_LOGIN_AT), 2_500),
    (UserFilter(text="o'n"), UserOrder(UserSort.CREATED_AT), 2_500),
    (UserFilter(text="of nobody"), LATEST, 50),
    (UserFilter(role=Role.ADMIN), LATEST, 2),
    (
        UserFilter(is_active=False, is_verified=False, created_after=BEGIN),
        UserOrder(UserSort.EMAIL, descending=True),
        300,
    ),
    (UserFilter(role=Role.USER, is_verified=False, text="zo"), UserOrder(), 2_500),
]
"""Frequent ones and rare ones, and how many are on a page."""


@pytest.fixture(scope="module")
def crowded_url(postgres_server: PostgresServer | ExistingServer) -> Iterator[str]:
    with fresh_schema(postgres_server.url) as url:
        migrated_by(url)
        with console(url) as operator:
            _fill(operator)
        yield url


@pytest.fixture
async def storage(crowded_url: str) -> AsyncIterator[PostgresStorage]:
    async with aclosing(PostgresStorage.from_url(crowded_url)) as storage:
        await storage.open()
        yield storage


def _fill(operator: psycopg.Connection) -> None:
    """Make 100,000 users and as many events; indexes are built behind them, at once."""
    indexes = operator.execute(INDEXES).fetchall()
    for name, _ in indexes:
        operator.execute(f"DROP INDEX {name}")
    operator.execute(PEOPLE.replace(" % ", " %% "), {"size": SIZE, "begin": BEGIN})
    operator.execute(EVENTS)
    operator.execute("SET maintenance_work_mem = '512MB'")
    for _, index in indexes:
        operator.execute(index)
    operator.execute("VACUUM ANALYZE users, events")


async def test_everybody_comes_once_and_in_order(
    storage: PostgresStorage, crowded_url: str
) -> None:
    await _assert_walk(storage, crowded_url, UserFilter(), LATEST, limit=2_500)


async def test_whoever_is_wanted_is_found_to_the_end(
    storage: PostgresStorage, crowded_url: str
) -> None:
    for wanted, order, limit in SEARCHES:
        await _assert_walk(storage, crowded_url, wanted, order, limit=limit)


def test_no_way_to_look_for_users_reads_all_of_them(crowded_url: str) -> None:
    with console(crowded_url) as operator:
        operator.execute(BY_INDEX.replace("TRUE", "FALSE"))
        for given, order in product(product((False, True), repeat=5), ORDERS):
            asked = zip(CHOICES.items(), given, strict=True)
            wanted = UserFilter(
                **{name: next(values) for (name, values), it in asked if it}
            )
            for after in (None, _middle(order)):
                plan = _plan(
                    operator,
                    user_search.listing(wanted),
                    user_search.order(order),
                    after,
                )
                assert "Seq Scan" not in plan, f"{wanted} {order} {after}: {plan}"


def test_no_way_to_look_for_events_reads_all_of_them(crowded_url: str) -> None:
    filters: dict[str, Any] = {
        "user_id": 7,
        "actor_id": 7,
        "kind": EventKind.USER_CHANGED,
        "address": "192.0.2.1",
        "after": NOW,
        "before": END,
    }
    with console(crowded_url) as operator:
        operator.execute(BY_INDEX.replace("TRUE", "FALSE"))
        for given in product((False, True), repeat=len(filters)):
            asked = zip(filters, given, strict=True)
            wanted = EventFilter(**{name: filters[name] for name, it in asked if it})
            for after in (None, Place(NOW, 50_000)):
                listing = events.listing(wanted)
                plan = _plan(operator, listing, events.LATEST_FIRST, after)
                assert "Seq Scan" not in plan, f"{wanted} {after}: {plan}"


async def test_users_are_counted_without_their_records(
    storage: PostgresStorage, crowded_url: str
) -> None:
    counts = await storage.statistics.users()

    with console(crowded_url) as operator:
        expected = [
            len(_wanted(operator, wanted, UserOrder()))
            for wanted in (
                UserFilter(),
                UserFilter(is_active=True),
                UserFilter(is_verified=True),
                UserFilter(is_active=True, role=Role.ADMIN),
            )
        ]
        operator.execute(BY_INDEX.replace("TRUE", "FALSE"))
        plan = _explained(operator, USERS, {})
    assert [SIZE, 5] == expected[::3]
    assert expected == [counts.total, counts.active, counts.verified, counts.admins]
    assert "Index Only Scan using users_flags" in plan


async def _assert_walk(
    storage: PostgresStorage,
    url: str,
    wanted: UserFilter,
    order: UserOrder,
    *,
    limit: int,
) -> None:
    """Page to the end: all are there who should be, in order, and every total is right."""
    with console(url) as operator:
        expected = _wanted(operator, wanted, order)
    after: Place | None = None
    for begin in range(0, len(expected) + 1, limit):
        found = await storage.users.find(
            wanted, order, after=after, limit=limit, count_to=10_000
        )
        asked = f"{wanted}, {order}, from {begin}"
        part = expected[begin : begin + limit]
        assert part == [user.id for user in found.records], asked
        assert min(len(expected), 10_000) == found.total, asked
        after = found.items[-1][0] if part else None


def _wanted(
    operator: psycopg.Connection, wanted: UserFilter, order: UserOrder
) -> list[int]:
    sort = (DOWN if order.descending else UP)[order.by]
    rows = operator.execute(
        f"{WANTED} ORDER BY {sort}".encode(), asdict(wanted)
    ).fetchall()
    return [user_id for (user_id,) in rows]


def _middle(order: UserOrder) -> Place:
    """Return a place that has thousands before it, and behind it."""
    values: dict[UserSort, Any] = {
        UserSort.ID: SIZE // 2,
        UserSort.EMAIL: "m",
        UserSort.USERNAME: "m",
    }
    return Place(values.get(order.by, BEGIN + (END - BEGIN) / 2), SIZE // 2)


def _plan(
    operator: psycopg.Connection,
    wanted: Listing[Any],
    order: Order,
    after: Place | None,
) -> str:
    values = {**wanted.values, **order.values(after), "limit": 51, "count_to": 10_001}
    return _explained(operator, page(wanted, order, after), values)


def _explained(operator: psycopg.Connection, query: str, values: dict[str, Any]) -> str:
    rows = operator.execute(f"EXPLAIN {query}".encode(), values).fetchall()
    return "\n".join(line for (line,) in rows)
