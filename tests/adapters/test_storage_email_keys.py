"""What every storage that is kept does with addresses that an older version stored."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
from pymongo import AsyncMongoClient

from adapters.emails.idna import key_of
from adapters.storage.email_keys import MARK, Holder
from adapters.storage.mongo import MongoStorage
from adapters.storage.postgres import PostgresStorage
from adapters.storage.sqlite import SqliteStorage
from core.errors import EmailTaken
from core.model import RecordKind, User
from core.operations.transfer import digest
from core.ports import Storage
from tests.adapters.before_a_step import console_at, migrate_up_to, registered
from tests.contract.storage_records import a_user, add, an_account

STEP = "0003_email_keys"
KINDS: dict[str, Any] = {
    "sqlite": SqliteStorage,
    "postgres": PostgresStorage,
    "mongo": MongoStorage,
}


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/auth.db"
    made: str = request.getfixturevalue(f"{request.param}_url")
    return made


@pytest.fixture
async def unmigrated(url: str) -> AsyncIterator[Storage]:
    async with aclosing(opened(url)) as storage:
        await storage.open()
        yield storage


@pytest.fixture
async def storage(unmigrated: Storage) -> Storage:
    await unmigrated.migrate()
    return unmigrated


def opened(url: str) -> Any:  # noqa: ANN401 - of any kind
    scheme = url.partition(":")[0].removesuffix("db").removesuffix("ql")
    return KINDS[scheme].from_url(url)


def of_old(user_id: int, email: str, **changes: Any) -> User:  # noqa: ANN401
    """Return a user as the version before stored it."""
    key = normalize("NFKC", normalize("NFKC", email).casefold())
    known = {"id": user_id, "email": email, "email_key": key}
    return a_user(f"user{user_id}", **known | changes)


async def keep(storage: Storage, *users: User) -> None:
    await storage.archive.write(RecordKind.USERS, list(map(an_account, users)))


async def keep_before(storage: Storage, url: str, *users: User) -> None:
    """Store users, numbered from 1, as the version did that has this step still to run."""
    if url.startswith("mongodb"):
        await storage.migrate()
        await keep(storage, *users)
        async with AsyncMongoClient[Any](url) as client:
            records = client.get_default_database().schema_migrations
            await records.delete_many({"_id": {"$gte": STEP}})
        return
    with console_at(url) as run:
        migrate_up_to(STEP, url, run)
        for user in users:
            run(registered(user))


async def id_of(storage: Storage, key: str) -> int | None:
    found = await storage.users.by_email(key)
    return found.id if found else None


async def test_what_was_blocked_by_a_look_alike_is_free_again(
    unmigrated: Storage, url: str
) -> None:
    await keep_before(
        unmigrated,
        url,
        of_old(1, "user@stra\u00dfe.example"),
        of_old(2, "\uff4fwner@example.com"),
        of_old(3, "mi\u017fs@example.com"),
        of_old(4, "plain@example.com"),
    )

    assert STEP in await unmigrated.pending()
    await unmigrated.migrate()

    assert 1 == await id_of(unmigrated, "user@xn--strae-oqa.example")
    assert 2 == await id_of(unmigrated, "\uff4fwner@example.com")
    assert 3 == await id_of(unmigrated, "mi\u017fs@example.com")
    assert 4 == await id_of(unmigrated, "plain@example.com")
    assert 5 == (await add(unmigrated, "ada", email="user@strasse.example")).id
    assert 6 == (await add(unmigrated, "bob", email="owner@example.com")).id


async def test_of_two_accounts_of_one_mailbox_none_is_lost_and_both_are_told_of(
    unmigrated: Storage, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    await keep_before(
        unmigrated,
        url,
        of_old(1, "user@xn--bcher-kva.example"),
        of_old(2, "user@b\u00fccher.example", is_verified=True),
        of_old(3, "User@B\u00fccher.example", email_key="of an older tool"),
    )

    with caplog.at_level(logging.WARNING):
        await unmigrated.migrate()

    key = "user@xn--bcher-kva.example"
    assert 2 == await id_of(unmigrated, key)
    assert 1 == await id_of(unmigrated, f"{key} #1")
    assert 3 == await id_of(unmigrated, f"{key} #3")
    told = " ".join(record.getMessage() for record in caplog.records)
    assert "Users 2 and 1 have one mailbox" in told
    assert "Users 2 and 3 have one mailbox" in told
    assert "' #3' behind it" in told


@pytest.mark.parametrize(
    "email",
    ["user@b\u00fccher.example", "User@XN--Bcher-kva.example", "\u00c4a@example.com"],
)
def test_who_was_set_aside_is_found_by_the_address_with_the_mark_behind_it(
    email: str,
) -> None:
    holder = Holder(7, email, "of an older version", is_verified=False)

    assert holder.aside == key_of(f"{email}{MARK}7")
    assert key_of(email) != holder.aside


async def test_nobody_who_was_found_by_an_address_loses_it_to_an_unproven_one(
    unmigrated: Storage, url: str
) -> None:
    await keep_before(
        unmigrated,
        url,
        of_old(1, "user@exa\u00admple.com"),
        of_old(2, "user@example.com"),
    )

    await unmigrated.migrate()

    assert 2 == await id_of(unmigrated, "user@example.com")
    assert 1 == await id_of(unmigrated, "user@example.com #1")


async def test_a_key_may_be_wanted_that_another_is_about_to_leave(
    unmigrated: Storage, url: str
) -> None:
    leaving = of_old(1, "\uff55ser@xn--strae-oqa.example")
    coming = of_old(2, "user@stra\u00dfe.example")
    await keep_before(unmigrated, url, leaving, coming)

    await unmigrated.migrate()

    assert 1 == await id_of(unmigrated, "\uff55ser@xn--strae-oqa.example")
    assert 2 == await id_of(unmigrated, "user@xn--strae-oqa.example")


async def test_a_user_whom_the_version_before_added_later_is_put_right_by_the_next_run(
    storage: Storage,
) -> None:
    await keep(storage, of_old(1, "user@stra\u00dfe.example"))

    assert [] == await storage.migrate()

    assert 1 == await id_of(storage, "user@xn--strae-oqa.example")


async def test_who_keeps_a_key_goes_on_keeping_it(storage: Storage) -> None:
    first = of_old(1, "user@xn--bcher-kva.example")
    second = of_old(2, "user@b\u00fccher.example")
    await keep(storage, first, second)
    await storage.migrate()
    found = await storage.users.get(2)
    assert found
    await keep(storage, replace(found, is_verified=True))
    before = await digest(storage)

    await storage.migrate()

    assert before == await digest(storage)
    assert 1 == await id_of(storage, "user@xn--bcher-kva.example")


async def test_all_other_records_are_as_they_were(
    unmigrated: Storage, url: str
) -> None:
    users = [of_old(n, f"User{n}@Example.com", full_name="x") for n in range(1, 50)]
    await keep_before(unmigrated, url, *users)

    await unmigrated.migrate()

    kept = await unmigrated.archive.read(RecordKind.USERS, after=None, limit=100)
    assert list(map(an_account, users)) == [account for _, account in kept]


async def test_of_many_processes_at_once_all_find_the_keys_right(
    unmigrated: Storage, url: str
) -> None:
    users = [of_old(n, f"user{n}@stra\u00dfe.example") for n in range(1, 30)]
    await keep_before(unmigrated, url, *users)
    replicas = [opened(url) for _ in range(5)]
    for replica in replicas:
        await replica.open()

    await asyncio.gather(*(replica.migrate() for replica in replicas))
    for replica in replicas:
        await replica.aclose()

    found = [
        await id_of(unmigrated, f"user{n}@xn--strae-oqa.example") for n in range(1, 30)
    ]
    assert list(range(1, 30)) == found
    with pytest.raises(EmailTaken):
        await add(unmigrated, "ada", email="user1@xn--strae-oqa.example")
