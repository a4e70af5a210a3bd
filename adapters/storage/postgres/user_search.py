"""How users are found, in Postgres: by what, and in which order."""

from collections.abc import Sequence
from itertools import pairwise

from adapters.storage.postgres.listing import Listing, Order
from adapters.storage.postgres.rows import USER
from adapters.storage.statements import Sql, compose, name
from core.model import Role, User, UserFilter, UserOrder, UserSort

ID = name("id")
MOMENT = compose("timestamptz")
NEVER = "-infinity"

LOGIN = compose("coalesce(last_login_at, '-infinity')")

VALUES = {
    UserSort.ID: (ID, ID, compose("bigint")),
    UserSort.EMAIL: (compose('email_key COLLATE "C"'),) * 2 + (compose("text"),),
    UserSort.USERNAME: (compose('username_key COLLATE "C"'),) * 2 + (compose("text"),),
    UserSort.CREATED_AT: (name("created_at"), name("created_at"), MOMENT),
    UserSort.LAST_LOGIN_AT: (name("last_login_at"), LOGIN, MOMENT),
}
"""By each sort: the column, what stands in its index, and the type of that."""

# All of them, so that the index helps whichever of them are asked for.
FLAGS = (
    compose("role = ANY(%(roles)s)"),
    compose("is_active = ANY(%(active)s)"),
    compose("is_verified = ANY(%(verified)s)"),
)

CREATED_AFTER = compose("created_at > %(created_after)s")

HAS_TEXT = compose("position(%(text)s IN search_text) > 0")

HAS_GRAMS = compose('grams(search_text) COLLATE "C" @> %(grams)s::text[]')


def order(wanted: UserOrder) -> Order:
    column, value, kind = VALUES[wanted.by]
    return Order(column, value, kind, ID, wanted.descending, NEVER)


def listing(wanted: UserFilter) -> Listing[User]:
    walked = list(_conditions(wanted))
    grams = [] if wanted.text is None else [HAS_GRAMS]
    values = {
        "roles": _choice(wanted.role, list(Role)),
        "active": _choice(wanted.is_active, [True, False]),
        "verified": _choice(wanted.is_verified, [True, False]),
        "created_after": wanted.created_after,
        "text": wanted.text,
        "grams": grams_of(wanted.text or ""),
    }
    return Listing(USER, walked + grams, walked, values)


def grams_of(text: str) -> Sequence[str]:
    """Return what must be among the grams of each text that has this one in it."""
    pairs = {one + other for one, other in pairwise(text)}
    return sorted(pairs or {text})


def _conditions(wanted: UserFilter) -> Sequence[Sql]:
    flags = {wanted.role, wanted.is_active, wanted.is_verified} != {None}
    return (
        *(FLAGS if flags else ()),
        *((CREATED_AFTER,) if wanted.created_after is not None else ()),
        *((HAS_TEXT,) if wanted.text is not None else ()),
    )


def _choice(wanted: object, every: Sequence[object]) -> Sequence[object]:
    return list(every) if wanted is None else [wanted]
