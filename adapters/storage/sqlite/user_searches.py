"""
How users are looked for.

SQLite does not know how many users a filter leaves, so the way is chosen here. If few match,
they are all taken by an index of the filter, and sorted; else the list is walked in its order,
and who does not match is skipped. Statements name the index that they go by, but for those
of keys, which are there under any name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from sqlite3 import Connection
from typing import Any, TypeAlias

from adapters.storage.sqlite.rows import AFTER_ALL, BEFORE_ALL, MOST, USER, to_value
from adapters.storage.statements import Sql, compose
from core.model import Found, Place, Role, User, UserFilter, UserOrder, UserSort

Values: TypeAlias = Mapping[str, Any]

FEW = 10_000
"""How many are sorted within some ten milliseconds."""

GRAM = 3
"""Of so many characters are those by which texts are indexed."""

INDEXED_AS = {0xFFFE: 0xFFFD, 0xFFFF: 0xFFFD}
"""What the index takes for what is no character."""

GRAMS = 40
"""So many of a text are looked up; what they leave is compared with the whole text."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a filter: what it demands of a user, and by what it finds those."""

    condition: Sql
    source: Sql
    counted: Sql
    """What has as many rows; it need not be true of all of them."""


@dataclass(frozen=True, slots=True)
class Walk:
    """What a list is walked by, and what places a user in it."""

    source: Sql
    place: Sql


def _walk(source: str, place: str) -> Walk:
    return Walk(compose(f"users {source}"), compose(f"users.{place}"))


WALKS: Mapping[UserSort, Walk] = {
    UserSort.ID: _walk("NOT INDEXED", "id"),
    UserSort.EMAIL: _walk("", "email_key"),
    UserSort.USERNAME: _walk("", "username_key"),
    UserSort.CREATED_AT: _walk("INDEXED BY users_created", "created_at"),
    UserSort.LAST_LOGIN_AT: _walk("INDEXED BY users_last_login", "last_login_order"),
}

ALL = compose("users INDEXED BY users_flags")

CONTAINS = compose("instr(users.search_text, :text)")

TEXT = Part(
    CONTAINS,
    compose("user_grams(:grams) AS found CROSS JOIN users ON users.id = found.rowid"),
    compose("user_grams(:grams)"),
)

BEGUN = compose(
    "(SELECT DISTINCT doc AS id FROM user_gram_places"
    " WHERE term >= :first AND term < :behind) AS found"
)

SHORT_TEXT = Part(
    CONTAINS, compose("$begun CROSS JOIN users USING (id)", begun=BEGUN), BEGUN
)


def _indexed(condition: str, index: str) -> Part:
    source = f"users INDEXED BY {index}"
    counted = compose(f"{source} WHERE {condition}")
    return Part(compose(condition), compose(source), counted)


CREATED = _indexed("users.created_at > :created_after", "users_created")


def find(  # noqa: PLR0913 - the port's
    db: Connection,
    wanted: UserFilter,
    order: UserOrder,
    *,
    after: Place | None,
    limit: int,
    count_to: int,
) -> Found[User]:
    if wanted.text and _is_stored_nowhere(wanted.text):
        return Found([], 0)
    values = _values(wanted) | {"limit": limit, "far": max(count_to, FEW)}
    parts = _parts(wanted)
    by = _narrowest(db, parts, values)
    total = _count(db, _matching(by.source if by else ALL, parts), values)
    begin = _begin(wanted, order, after)
    if _is_of_creation(order):
        # It says that already, and of two bounds SQLite would take either.
        parts = [part for part in parts if part is not CREATED]
    if by and total < values["far"]:
        rows = _matching(by.source, parts)
    else:
        rows = _walking(order, parts)
    values |= {"value": to_value(begin.value), "key": begin.key}
    query = _page(rows, order)
    users = map(USER.to_record, db.execute(query, values))
    items = [(Place(order.by.value_of(user), user.id), user) for user in users]
    return Found(items, min(total, count_to))


def _parts(wanted: UserFilter) -> Sequence[Part]:
    """Return what is wanted; where several parts leave many, the first is gone by."""
    parts = []
    if wanted.text:
        parts.append(TEXT if len(wanted.text) >= GRAM else SHORT_TEXT)
    if wanted.created_after is not None:
        parts.append(CREATED)
    if {wanted.role, wanted.is_active, wanted.is_verified} != {None}:
        parts.append(_flags(wanted))
    return parts


def _flags(wanted: UserFilter) -> Part:
    roles = ", ".join(f"'{role}'" for role in Role)
    # All three are named: so the index leads to each, whichever of them are wanted.
    demands = (
        f"users.role IN ({roles})" if wanted.role is None else "users.role = :role",
        _flag("is_active", wanted.is_active),
        _flag("is_verified", wanted.is_verified),
    )
    return _indexed(" AND ".join(demands), "users_flags")


def _flag(column: str, value: bool | None) -> str:  # noqa: FBT001 - what it is to be
    demanded = "IN (FALSE, TRUE)" if value is None else f"= :{column}"
    return f"users.{column} {demanded}"


def _values(wanted: UserFilter) -> dict[str, Any]:
    text = wanted.text or ""
    first = text.translate(INDEXED_AS)
    return {
        "text": text,
        "first": first,
        "behind": first + "\U0010ffff" * GRAM,
        "grams": _grams(text),
        "role": wanted.role,
        "is_active": wanted.is_active,
        "is_verified": wanted.is_verified,
        "created_after": to_value(wanted.created_after),
    }


def _grams(text: str) -> str:
    """Return what the index is asked for: whatever has this text in it has all of these."""
    threes = (text[place : place + GRAM] for place in range(len(text) - GRAM + 1))
    words = (gram.replace('"', '""') for gram in dict.fromkeys(threes))
    return " AND ".join(f'"{word}"' for word in islice(words, GRAMS))


def _is_stored_nowhere(text: str) -> bool:
    """Tell whether no name has such characters, nor does SQLite take them for any."""
    return any(it == "\0" or "\ud800" <= it <= "\udfff" for it in text)


def _narrowest(db: Connection, parts: Sequence[Part], values: Values) -> Part | None:
    if len(parts) < 2:  # noqa: PLR2004 - none, or no choice
        return next(iter(parts), None)
    return min(parts, key=lambda part: _count(db, part.counted, values))


def _count(db: Connection, rows: Sql, values: Values) -> int:
    query = compose("SELECT count(*) FROM (SELECT 1 FROM $rows LIMIT :far)", rows=rows)
    ((count,),) = db.execute(query, values).fetchall()
    return int(count)


def _matching(source: Sql, parts: Sequence[Part]) -> Sql:
    rows = compose("$source WHERE TRUE", source=source)
    for part in parts:
        rows = compose("$rows AND $it", rows=rows, it=part.condition)
    return rows


def _walking(order: UserOrder, parts: Sequence[Part]) -> Sql:
    rows = compose("$source WHERE TRUE", source=WALKS[order.by].source)
    for part in parts:
        # No index answers to a sum: it is for the order alone, and for its own bound.
        is_bound = part is CREATED and order.by is UserSort.CREATED_AT
        it = part.condition if is_bound else compose("+($it)", it=part.condition)
        rows = compose("$rows AND $it", rows=rows, it=it)
    return rows


def _page(rows: Sql, order: UserOrder) -> Sql:
    walk, descending = WALKS[order.by], order.descending
    by_id = order.by is UserSort.ID
    place = walk.place if by_id else compose("($it, users.id)", it=walk.place)
    return compose(
        "SELECT $columns FROM $rows AND $place $behind $begin"
        " ORDER BY $value $direction, users.id $direction LIMIT :limit",
        columns=USER.columns,
        rows=rows,
        place=place,
        behind=compose("<" if descending else ">"),
        begin=compose(":key" if by_id else "(:value, :key)"),
        value=walk.place,
        direction=compose("DESC" if descending else "ASC"),
    )


def _begin(wanted: UserFilter, order: UserOrder, after: Place | None) -> Place:
    """Return behind what the page begins; a list has a place before all of it."""
    begin = after or (AFTER_ALL if order.descending else BEFORE_ALL)
    since = wanted.created_after
    if since is None or not _is_of_creation(order):
        return begin
    return max(begin, Place(since, MOST), key=lambda it: to_value(it.value))


def _is_of_creation(order: UserOrder) -> bool:
    """Tell whether the place of a user says when they were created at the earliest."""
    return order == UserOrder(UserSort.CREATED_AT)
