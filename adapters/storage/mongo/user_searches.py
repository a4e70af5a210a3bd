"""What users are looked for by, in MongoDB."""

from collections.abc import Iterator

from adapters.storage.mongo.database import Database
from adapters.storage.mongo.documents import USER, Document, pairs_of
from adapters.storage.mongo.paging import ListOrder, count, page_of
from core.model import (
    Found,
    Place,
    Role,
    User,
    UserFilter,
    UserOrder,
    UserSort,
)

EITHER = {"$in": [True, False]}
ANY_ROLE = {"$in": list(Role)}

ORDERS = {
    UserSort.ID: ("_id", None),
    UserSort.EMAIL: ("email_key", None),
    UserSort.USERNAME: ("username_key", None),
    UserSort.CREATED_AT: ("created_at", "_id"),
    UserSort.LAST_LOGIN_AT: ("last_login_at", "_id"),
}


async def find(  # noqa: PLR0913 - the port's
    db: Database,
    wanted: UserFilter,
    order: UserOrder,
    *,
    after: Place | None,
    limit: int,
    count_to: int,
) -> Found[User]:
    if not _can_be_stored(wanted.text or ""):
        return Found([], 0)
    which = [it for it in _conditions(wanted) if it]
    by = ListOrder(*ORDERS[order.by], descending=order.descending)
    async with db.answering():
        total = await count(db.users, which, count_to)
        # What is best for a filter depends on how many it lets through: the server tries.
        page = await page_of(
            db.users,
            which,
            by,
            after=after,
            limit=limit,
            index=None if which else by.index,
        )
    users = map(USER.to_record, page)
    return Found([(Place(order.by.value_of(it), it.id), it) for it in users], total)


def _conditions(wanted: UserFilter) -> Iterator[Document]:
    if text := wanted.text:
        yield {"grams": {"$all": pairs_of(text) or [text]}}
        # The pairs may stand elsewhere. No pattern: nothing has to be escaped.
        begin = {"$indexOfBytes": ["$search_text", {"$literal": text}]}
        yield {"$expr": {"$gte": [begin, 0]}}
    yield _flags(wanted)
    if wanted.created_after is not None:
        yield {"created_at": {"$gt": wanted.created_after}}


def _flags(wanted: UserFilter) -> Document:
    """Return what is asked of the fields of one index, none left out before the last."""
    role, is_active, is_verified = wanted.role, wanted.is_active, wanted.is_verified
    flags: Document = {}
    if is_verified is not None:
        flags["is_verified"] = is_verified
    if flags or is_active is not None:
        flags["is_active"] = EITHER if is_active is None else is_active
    if flags or role is not None:
        flags["role"] = ANY_ROLE if role is None else role
    return flags


def _can_be_stored(text: str) -> bool:
    """Tell whether it has no half of a surrogate pair, which nobody's name has."""
    return text.isascii() or not any("\ud800" <= it <= "\udfff" for it in text)
