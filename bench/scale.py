"""
What many users and sessions cost, on PostgreSQL.

    python -m bench.scale [--users 1000 100000 1000000] [--sessions 10000000]

The rows are made by SQL, and the same service is measured on each size in turn: who-am-I and
log-ins by people drawn from all of them. Then so many sessions are added, half of them over,
and who-am-I is measured once more, before the service clears those away and while it does.
"""

import argparse
import random
import statistics
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import bcrypt
import psycopg

from bench import load
from bench.contest import SAFE, new_database
from bench.subjects import CHEAP, PASSWORD, Ours, asked
from bench.tasks import Same, log_in
from tests.servers.postgres import PostgresServer

ROUNDS = 5
CONNECTIONS = 32
DRAWN = 64
"""People who ask, of all."""

USERS = """
INSERT INTO users (email, email_key, username, username_key, password_hash, role,
    is_active, is_verified, created_at, updated_at)
SELECT name || '@example.com', name || '@example.com', name, name, %(hash)s, 'user',
    TRUE, TRUE, now() - number * interval '1 second', now()
FROM generate_series(1, %(users)s) AS number
CROSS JOIN LATERAL (SELECT 'person' || number AS name) AS named
"""

SESSIONS = """
INSERT INTO sessions (id, user_id, generation, rotations, created_at, last_used_at,
    expires_at, address, label)
SELECT md5(number::text), number %% %(users)s + 1, 0, '{}', now(), now(),
    now() + CASE WHEN number %% 2 = 0 THEN interval '30 days' ELSE interval '-2 days' END,
    '192.0.2.1', 'Firefox'
FROM generate_series(1, %(sessions)s) AS number
"""

INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = %s::regclass
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""

SIZE = "SELECT pg_total_relation_size('{0}'), count(*) FROM {0}"

LEFT = "SELECT count(*) FROM sessions WHERE expires_at < now() - interval '1 day'"


@dataclass(frozen=True, slots=True)
class Size:
    """A service on so many users, and what those who were drawn ask it."""

    users: int
    url: str
    service: Ours
    who_am_i: Sequence[Same]
    log_ins: Sequence[Same]


def filled(url: str, table: str, statement: str, **values: object) -> None:
    """Add rows; indexes are built behind them, at once."""
    with psycopg.connect(url, autocommit=True) as operator:
        indexes = operator.execute(INDEXES, [table]).fetchall()
        for name, _ in indexes:
            operator.execute(f"DROP INDEX {name}")
        operator.execute(statement, values)
        operator.execute("SET maintenance_work_mem = '1GB'")
        for _, definition in indexes:
            operator.execute(definition)
        operator.execute(f"VACUUM ANALYZE {table}")
        ((size, rows),) = operator.execute(SIZE.format(table)).fetchall()
    print(
        f"{table}: {rows:,} rows, {size / rows:.0f} bytes each with indexes", flush=True
    )


@contextmanager
def sized(server: PostgresServer, users: int) -> Iterator[Size]:
    """Start a service on a database with so many."""
    url = new_database(server, f"scale-{users}")
    service = Ours(url, CHEAP)
    service.start()
    try:
        hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(CHEAP)).decode()
        filled(url, "users", USERS, users=users, hash=hashed)
        drawn = random.Random(users).sample(range(1, users + 1), DRAWN)
        names = [f"person{number}" for number in drawn]
        tokens = [log_in(service, name)["access_token"] for name in names]
        yield Size(
            users,
            url,
            service,
            [Same(asked("/auth/me", it)) for it in tokens[:CONNECTIONS]],
            [Same(service.log_in(it)) for it in names[:CONNECTIONS]],
        )
    finally:
        service.stop()


def rates(sizes: Sequence[Size], task: str, seconds: float) -> list[float]:
    """Print and return the rate on each, medians of rounds in which all had their turn."""
    rounds = [
        [load.closed(it.service.port, getattr(it, task), seconds).rate for it in sizes]
        for _ in range(ROUNDS)
    ]
    found = [statistics.median(its) for its in zip(*rounds, strict=True)]
    for size, rate in zip(sizes, found, strict=True):
        print(
            f"{task:10} {size.users:9,} users {rate:8.0f}/s {rate / found[0]:5.2f}",
            flush=True,
        )
    return found


def sessions_added(size: Size, sessions: int, seconds: float) -> None:
    """Measure who-am-I beside many sessions, and beside their purge."""
    filled(size.url, "sessions", SESSIONS, users=size.users, sessions=sessions)
    quiet = load.closed(size.service.port, size.who_am_i, seconds)
    print(f"who_am_i   {sessions:,} sessions: {quiet.rate:.0f}/s", flush=True)
    size.service.stop()
    purging = Ours(size.url, CHEAP)
    purging.start()
    try:
        beside = load.closed(purging.port, size.who_am_i, seconds)
        with psycopg.connect(size.url) as operator:
            ((left,),) = operator.execute(LEFT).fetchall()
    finally:
        purging.stop()
    print(
        f"who_am_i   beside their purge: {beside.rate:.0f}/s"
        f" {beside.rate / quiet.rate:.2f}, p99 {beside.quantile(0.99):.1f} ms;"
        f" {left:,} are left to be cleared away"
    )


def main() -> None:
    """Measure all."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--users", type=int, nargs="*", default=[10**3, 10**5, 10**6])
    parser.add_argument("--sessions", type=int, default=10**7)
    parser.add_argument("--seconds", type=float, default=3.0)
    chosen = parser.parse_args()
    with ExitStack() as stack:
        server = PostgresServer(**SAFE, shared_buffers="1GB")
        stack.callback(server.stop)
        server.start()
        sizes = [stack.enter_context(sized(server, it)) for it in chosen.users]
        for task in ("who_am_i", "log_ins"):
            rates(sizes, task, chosen.seconds)
        sessions_added(sizes[-1], chosen.sessions, chosen.seconds)


if __name__ == "__main__":
    main()
