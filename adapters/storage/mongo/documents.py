"""How records stand in documents. Times are BSON dates: exact to the millisecond, as ours are."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any, Generic, TypeAlias, TypeVar

from bson import ObjectId

from adapters.storage import records
from adapters.storage.codecs import Codec, decoder, encoder
from adapters.storage.columns import Record
from core.model import Client, Session
from core.model.events import Event, StoredEvent

R = TypeVar("R")

Document: TypeAlias = dict[str, Any]

SLACK = timedelta(days=30)
"""How long the server keeps at least what has expired, should nobody purge it."""


def _in_utc(at: datetime) -> datetime:
    return at.astimezone(UTC)


def _pairs(data: Mapping[str, str]) -> list[list[str]]:
    # As names of fields, dots and dollars would mean something.
    return [list(pair) for pair in data.items()]


CODECS = {
    datetime: Codec(encode=_in_utc),
    int: Codec(decode=int),  # a shell may have written a double
    tuple: Codec(list, tuple),
    Sequence: Codec(list, tuple),
    Mapping: Codec(_pairs, dict),
}


class Documents(Generic[R]):
    """
    Records of a class; their key is the ``_id``.

    What expires is forgotten one day. A field that is ``sparse`` is left out where it is
    None, and its document from the field's index.
    """

    def __init__(
        self, record: Record[R], *, key: str = "id", sparse: Sequence[str] = ()
    ) -> None:
        self._sparse = sparse
        names = {key: "_id"}
        read = [names.get(it.name, it.name) for it in record.read]
        self._written = [names.get(it.name, it.name) for it in record.written]
        self._values = itemgetter(*read)
        # What earlier versions did not write.
        self._absent = {
            name: it.default
            for name, it in zip(read, record.read, strict=True)
            if it.nullable or it.default is not None
        }
        self._decode = decoder(record, CODECS)
        self._encode = encoder(record.written, CODECS)

    def to_record(self, document: Document) -> R:
        try:
            values = self._values(document)
        except KeyError:
            values = self._values(self._absent | document)
        return self._decode(values)

    def from_record(self, record: R) -> Document:
        document = dict(zip(self._written, self._encode(record), strict=True))
        if "expires_at" in document:
            document["forget_at"] = _forget_at(document["expires_at"])
        if "search_text" in document:
            document["grams"] = grams_of(document["search_text"])
        for name in self._sparse:
            if document[name] is None:
                del document[name]
        return document


USER = Documents(records.USER)
ACCOUNT = Documents(records.ACCOUNT)
SESSION = Documents(records.SESSION)
TOKEN = Documents(records.TOKEN)
EVENT = Documents(records.EVENT)
STORED_EVENT = Documents(records.STORED_EVENT, sparse=["due_at"])
DELIVERY = Documents(records.DELIVERY)
REVOKED_KEY = Documents(records.REVOKED_KEY, key="kid")
TALLY = Documents(records.TALLY)


def grams_of(text: str) -> list[str]:
    """Return its characters and pairs of neighbours, by which an index finds any part of it."""
    return sorted({*text, *pairs_of(text)})


def pairs_of(text: str) -> list[str]:
    return sorted({text[at : at + 2] for at in range(len(text) - 1)})


def has_stamp(stamp: int) -> Document:
    """Return what is true of users with this stamp; those of earlier versions have none."""
    return {"stamp": stamp or {"$in": [0, None]}}


def from_client(client: Client) -> Document:
    return {"address": client.address, "label": client.label}


def refreshed(session: Session) -> Document:
    """Return what a refresh changes."""
    document = SESSION.from_record(session)
    return {name: document[name] for name in (*records.REFRESHED, "forget_at")}


def new_events(events: Sequence[Event]) -> list[Document]:
    """Return documents that are still to be numbered, due at once if outgoing."""
    return [
        STORED_EVENT.from_record(StoredEvent.new(event)) | {"unnumbered": place}
        for event, place in zip(events, places(len(events)), strict=True)
    ]


def places(count: int) -> list[str]:
    """Return where the events of one change stand among those not numbered yet."""
    change = ObjectId()
    return [f"{change}.{number:06}" for number in range(count)]


def _forget_at(expires_at: datetime) -> datetime:
    # Not by the expiry alone: records may come from another store, or be of a test
    # whose clock stands still; what was just written is never gone the next moment.
    return max(expires_at, datetime.now(UTC)) + SLACK
