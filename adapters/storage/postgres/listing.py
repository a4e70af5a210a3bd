"""
Pages of lists that others write to, and how much there is to list.

What is wanted is first counted, as far as was asked, by the index that finds the fewest. If
that is all of it, the page is sorted from it; else so much is wanted that whoever walks
along the order fills a page soon. So no estimate of the planner decides what a page costs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from adapters.storage.codecs import Row
from adapters.storage.postgres.connection import Connection, fetch, transaction
from adapters.storage.postgres.database import Database
from adapters.storage.rows import Rows
from adapters.storage.statements import Sql, compose, name
from core.model import Found, Place

T = TypeVar("T")

# Also where the planner takes a table for small, and whatever was prepared before.
BY_INDEX = """
SELECT set_config('enable_seqscan', 'off', TRUE), set_config('jit', 'off', TRUE),
    set_config('plan_cache_mode', 'force_custom_plan', TRUE)
"""

PAGE = """
WITH wanted AS MATERIALIZED (
    SELECT $value AS value, $key AS key FROM $table WHERE $found $in_order LIMIT %(count_to)s
), counted AS MATERIALIZED (
    SELECT count(*) AS total FROM wanted
), few AS MATERIALIZED (
    SELECT key FROM wanted
    WHERE (SELECT total FROM counted) < %(count_to)s AND $behind_among_few
    ORDER BY $order_of_few LIMIT %(limit)s
), page AS (
    SELECT $column AS value, $key AS key, $columns
    FROM $table WHERE $key IN (SELECT key FROM few)
    UNION ALL (
        SELECT $column, $key, $columns FROM $table
        WHERE (SELECT total FROM counted) >= %(count_to)s AND $walked AND $behind
        ORDER BY $order LIMIT %(limit)s
    )
)
SELECT total, page.* FROM counted LEFT JOIN page ON TRUE ORDER BY $order_of_page
"""


@dataclass(frozen=True, slots=True)
class Order:
    """
    What records are sorted by, of which type that is, and what tells equals apart.

    ``value`` is never NULL, which compares with nothing: ``missing`` stands for that.
    """

    column: Sql
    value: Sql
    type: Sql
    key: Sql
    descending: bool = True
    missing: object = None

    def by(self, value: Sql, key: Sql) -> Sql:
        text = "$value DESC, $key DESC" if self.descending else "$value, $key"
        return compose(text, value=value, key=key)

    @property
    def of_page(self) -> Sql:
        if self.descending:
            return compose("value DESC NULLS LAST, key DESC")
        return compose("value NULLS FIRST, key")

    def behind(self, after: Place | None, value: Sql, key: Sql) -> Sql:
        if after is None:
            return compose("TRUE")
        return compose(
            "($value, $key) $beyond (%(place)s::$type, %(place_key)s)",
            value=value,
            key=key,
            beyond=compose("<" if self.descending else ">"),
            type=self.type,
        )

    def values(self, after: Place | None) -> dict[str, Any]:
        if after is None:
            return {}
        place = self.missing if after.value is None else after.value
        return {"place": place, "place_key": after.key}


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """
    What holds for all that is wanted, with its parameters.

    By ``found`` an index leads to it, by ``walked`` it is known along the order.
    """

    rows: Rows[T]
    found: Sequence[Sql]
    walked: Sequence[Sql]
    values: Mapping[str, Any]


async def look(  # noqa: PLR0913 - what is wanted, and which part of it
    database: Database,
    wanted: Listing[T],
    order: Order,
    *,
    after: Place | None,
    limit: int,
    count_to: int,
) -> Found[T]:
    """Return the page behind a place, and how many are wanted up to ``count_to``."""
    counts = {"limit": limit, "count_to": count_to}
    values = {**wanted.values, **order.values(after), **counts}
    query = page(wanted, order, after)

    async def work(connection: Connection) -> list[Row]:
        async with transaction(connection):
            await connection.execute(BY_INDEX)
            return await fetch(connection, tuple, query, values)

    rows = await database.run(work, repeat=True)
    placed = [
        (Place(value, key), wanted.rows.to_record(record))
        for _, value, key, *record in rows
        if key is not None
    ]
    return Found(placed, rows[0][0])


def page(wanted: Listing[Any], order: Order, after: Place | None) -> Sql:
    """Return the statement that finds a page."""
    value, key = name("value"), name("key")
    in_order = order.by(order.value, order.key)
    return compose(
        PAGE,
        table=wanted.rows.table,
        columns=wanted.rows.columns,
        column=order.column,
        value=order.value,
        key=order.key,
        found=_all(wanted.found),
        # Where nothing leads to an index, the order does.
        in_order=compose("" if wanted.found else "ORDER BY $it", it=in_order),
        walked=_all(wanted.walked),
        behind=order.behind(after, order.value, order.key),
        behind_among_few=order.behind(after, value, key),
        order=in_order,
        order_of_few=order.by(value, key),
        order_of_page=order.of_page,
    )


def _all(conditions: Sequence[Sql]) -> Sql:
    joined = compose("TRUE")
    for condition in conditions:
        joined = compose("$joined AND $condition", joined=joined, condition=condition)
    return joined
