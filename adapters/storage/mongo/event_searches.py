"""What events are looked for by, in MongoDB."""

from collections.abc import Iterator

from adapters.storage.mongo.database import Database
from adapters.storage.mongo.documents import EVENT, Document
from adapters.storage.mongo.paging import ListOrder, count, page_of
from core.model import EventFilter, Found, Place
from core.model.events import Event

NUMBERED: Document = {"seq": {"$gt": 0}}
"""The others were stored this moment, and have no place yet."""

LATEST_FIRST = ListOrder("at", "seq", descending=True)


async def find(
    db: Database,
    wanted: EventFilter,
    *,
    after: Place | None,
    limit: int,
    count_to: int,
) -> Found[Event]:
    asked = _asked(wanted)
    which = [NUMBERED, asked, *_times(wanted)]
    # The first is the most selective as a rule, and all are in the order of the list.
    index = "_".join([*list(asked)[:1], "at", "seq"])
    async with db.answering():
        await db.numbering.catch_up()
        total = await count(db.events, which, count_to, index=index)
        page = await page_of(
            db.events, which, LATEST_FIRST, after=after, limit=limit, index=index
        )
    return Found(
        [(Place(it["at"], int(it["seq"])), EVENT.to_record(it)) for it in page], total
    )


def _asked(wanted: EventFilter) -> Document:
    """Return what is asked of fields that have an index each."""
    actor = None if wanted.actor_id is None else str(wanted.actor_id)
    asked = {
        "user_id": wanted.user_id,
        "actor": actor,
        "address": wanted.address,
        "kind": wanted.kind,
    }
    return {name: value for name, value in asked.items() if value is not None}


def _times(wanted: EventFilter) -> Iterator[Document]:
    if wanted.after is not None:
        yield {"at": {"$gt": wanted.after}}
    if wanted.before is not None:
        yield {"at": {"$lt": wanted.before}}
