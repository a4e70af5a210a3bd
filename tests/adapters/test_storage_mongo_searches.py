"""
Lists of MongoDB: their plans, and a crowd that is paged through.

The plans are those that this server tells. It uses no index for ``$all``, and none for
several values of several fields: what a mongod makes of those is not shown here.
"""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapters.storage.mongo import MongoStorage, administration
from adapters.storage.mongo.documents import Document
from adapters.storage.mongo.event_searches import LATEST_FIRST
from adapters.storage.mongo.paging import ListOrder, all_of
from adapters.storage.mongo.user_searches import ORDERS as INDEXES
from core.model import Place, Role, UserFilter, UserOrder, UserSort
from core.model.events import EventKind
from tests.adapters.crowds import ALONE, END, Crowd, assert_walk, crowd, fill
from tests.contract.storage_records import NOW, add
from tests.servers.databases import fresh_database
from tests.servers.mongo import MongoCompatibleServer
from tests.servers.processes import running

FEW = 150
"""This server takes 6 ms to index one user; all of a crowd take it twenty minutes."""

AT_ONCE = 100
"""Users whose indexing it ends within a transaction's time, however many there are."""

SLOWEST = 300_000
"""Milliseconds for a page: this server looks at all users for each."""

FOUND = [
    UserFilter(text="ada lovelace"),
    UserFilter(text="of nobody"),
    UserFilter(role=Role.ADMIN),
    UserFilter(is_active=False),
    UserFilter(created_after=END - timedelta(days=1)),
]
"""What finds few of very many."""


@pytest.fixture
async def storage(migrated_mongo_url: str) -> AsyncIterator[MongoStorage]:
    async with aclosing(MongoStorage.from_url(migrated_mongo_url)) as storage:
        await storage.open()
        yield storage


@pytest.fixture
def people() -> Crowd:
    return crowd(FEW)


async def test_a_crowd_is_paged_through_by_every_filter_and_in_every_order(
    storage: MongoStorage, people: Crowd
) -> None:
    await fill(storage, people)

    for number, wanted in enumerate(ALONE):
        by = list(UserSort)[number % len(UserSort)]
        for descending in (False, True):
            order = UserOrder(by, descending)
            await assert_walk(storage, people, wanted, order, limit=40, count_to=100)
    for by in UserSort:
        for descending in (False, True):
            order = UserOrder(by, descending)
            await assert_walk(storage, people, UserFilter(), order, limit=40)


@pytest.mark.soak
@pytest.mark.timeout(2 * 3600)
async def test_very_many_are_paged_through() -> None:
    people = crowd()
    with (
        running(MongoCompatibleServer(cache="2G")) as server,
        fresh_database(server) as url,
    ):
        slow = f"{url}&timeoutMS={SLOWEST}"
        async with aclosing(MongoStorage.from_url(slow)) as storage:
            await storage.migrate()
            await storage.open()
            await fill(storage, people, batch_size=AT_ONCE)

            for number, by in enumerate(UserSort):
                order = UserOrder(by, descending=bool(number % 2))
                await assert_walk(storage, people, UserFilter(), order)
            for wanted in FOUND:
                await assert_walk(storage, people, wanted, UserOrder())


@pytest.mark.parametrize("text", ["\0", "\ud800", "da\0", ".*", "$", "$email", "A"])
async def test_a_text_is_no_pattern_and_no_trouble(
    storage: MongoStorage, text: str
) -> None:
    await add(storage)

    found = await storage.users.find(
        UserFilter(text=text), UserOrder(), after=None, limit=9, count_to=9
    )

    assert ([], 0) == (found.records, found.total)


@pytest.mark.parametrize("by", UserSort)
async def test_an_index_has_users_in_every_order(
    storage: MongoStorage, by: UserSort
) -> None:
    user = replace(await add(storage), last_login_at=NOW)
    place = Place(by.value_of(user), user.id)

    for order in (ListOrder(*INDEXES[by], descending=it) for it in (False, True)):
        for behind in [{}, *order.ranges(place)]:
            page = storage.database.users.find(behind, hint=order.index)
            plan = stages(await page.sort(order.sort).explain())
            assert "IXSCAN" in plan
            assert "COLLSCAN" not in plan


@pytest.mark.parametrize(
    "field", [{}, {"user_id": 1}, {"actor": "1"}, {"address": "::1"}, {"kind": "k"}]
)
async def test_an_index_has_the_events_of_every_filter(
    storage: MongoStorage, field: Document
) -> None:
    index = "_".join([*field, "at", "seq"])

    for behind in LATEST_FIRST.ranges(Place(NOW, 7)):
        which = all_of([{"seq": {"$gt": 0}}, field, behind])
        page = storage.database.events.find(which).sort(LATEST_FIRST.sort).hint(index)
        plan = stages(await page.explain())
        assert "IXSCAN" in plan
        assert "COLLSCAN" not in plan


async def test_users_and_events_of_the_version_before_are_filled_in(
    storage: MongoStorage,
) -> None:
    user = await add(storage, full_name="Ada Lovelace")
    db = storage.database
    lacking = ("search_text", "grams", "locale", "last_login_at", "devices")
    await db.users.update_one({}, {"$unset": dict.fromkeys(lacking, 1)})
    data = [["actor", "1"], ["address", "::1"], ["client", "Firefox"], ["why", "so"]]
    old: Document = {"kind": EventKind.SESSION_OPENED, "at": NOW, "user_id": user.id}
    old |= {"session_id": None, "attempts": 0, "unnumbered": "a"}
    await db.events.insert_one(old | {"_id": "old", "data": data})
    unread = await storage.users.get(user.id)

    # It is a step of its own, and then of every migration.
    await db.all["schema_migrations"].delete_one({"_id": administration.MIGRATION})
    for steps in ([administration.MIGRATION], []):
        await db.users.update_one({}, {"$unset": dict.fromkeys(lacking, 1)})
        assert steps == await storage.migrate()
        found = await storage.users.find(
            UserFilter(text="lovel"), UserOrder(), after=None, limit=9, count_to=9
        )
        assert [user] == found.records
    (event,) = await storage.events.read(after=None, limit=9)

    assert user == unread
    assert ("1", "::1", "Firefox") == (event.actor, event.address, event.label)
    assert {"why": "so"} == event.data


def stages(plan: Any) -> list[str]:  # noqa: ANN401 - as the server says
    """Return the names of all steps of the plan that was chosen."""
    if isinstance(plan, dict):
        own = [plan["stage"]] if "stage" in plan else []
        plan = plan.get("queryPlanner", plan)
        inner = plan["winningPlan"] if "winningPlan" in plan else list(plan.values())
        return own + stages(inner)
    if isinstance(plan, list):
        return [stage for it in plan for stage in stages(it)]
    return []
