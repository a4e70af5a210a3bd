import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from random import SystemRandom

import pytest

from tests.adapters.postgres_world import fresh_schema
from tests.history.on_memory import run_in_process
from tests.history.on_servers import SharedStorage, run_on
from tests.history.report import complaint, summary
from tests.history.run import LAST_LOOK, Outcome
from tests.servers.databases import fresh_database
from tests.servers.mongo import MongoCompatibleServer
from tests.servers.postgres import PostgresServer
from tests.servers.processes import running

SECONDS = 5.0
"""Of load; to begin and to look at all accounts in the end takes some more."""

SEED = "2"

LONG = float(os.environ.get("HISTORY_SECONDS", "300"))
LONG_SEED = os.environ.get("HISTORY_SEED") or str(SystemRandom().randrange(10**6))
LONG_TIMEOUT = 600 + 3 * LONG


@pytest.fixture(
    params=["sqlite", "postgres", pytest.param("mongo", marks=pytest.mark.soak)]
)
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SharedStorage]:
    """Yield what two processes share; a server is this test's own, to be killed."""
    if request.param == "sqlite":
        yield SharedStorage(f"sqlite:///{tmp_path / 'shared.db'}")
    elif request.param == "postgres":
        with running(PostgresServer()) as postgres, fresh_schema(postgres.url) as url:
            yield SharedStorage(url, postgres)
    else:
        with running(MongoCompatibleServer()) as mongo, fresh_database(mongo) as url:
            yield SharedStorage(url, mongo, patience="&timeoutMS=4000")


@pytest.mark.timeout(300)
def test_some_order_explains_every_answer(
    shared: SharedStorage, tmp_path: Path
) -> None:
    check(asyncio.run(run_on(shared, tmp_path, SEED, SECONDS)))


@pytest.mark.soak
@pytest.mark.timeout(LONG_TIMEOUT)
def test_some_order_explains_every_answer_of_a_long_run(
    shared: SharedStorage, tmp_path: Path
) -> None:
    check(asyncio.run(run_on(shared, tmp_path, LONG_SEED, LONG)))


def test_some_order_explains_every_answer_in_the_process() -> None:
    check(run_in_process(SEED, SECONDS / 5))


@pytest.mark.soak
@pytest.mark.timeout(LONG_TIMEOUT)
def test_some_order_explains_every_answer_of_a_long_run_in_the_process() -> None:
    check(run_in_process(LONG_SEED, LONG))


def check(outcome: Outcome) -> None:
    print(summary(outcome))  # noqa: T201 - shown where it fails, and with -s

    if told := complaint(outcome):
        pytest.fail(told, pytrace=False)  # in full, which an assertion would not tell
    assert set(LAST_LOOK) <= outcome.operations.keys()
    assert outcome.faults
