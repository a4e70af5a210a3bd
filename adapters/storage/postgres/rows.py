"""How records stand in rows."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb
from pydantic_core import to_json

from adapters.storage import records
from adapters.storage.codecs import Codec
from adapters.storage.rows import Dialect, Rows
from core.model.events import Event, StoredEvent


def times(moments: Iterable[datetime]) -> str:
    """Return an array as its text, which psycopg takes several times as long for."""
    return f"{{{','.join([it.isoformat() for it in moments])}}}"


POSTGRES = Dialect(
    "%($name)s",
    {
        tuple: Codec(times, tuple, cast="::timestamptz[]"),
        # Of an empty list, the server can't tell what is not in it.
        Sequence: Codec(list, tuple, cast="::text[]"),
        Mapping: Codec(encode=dict),
    },
)

AS_JSON = Dialect(POSTGRES.mark, {Mapping: Codec(encode=dict)})
"""For ``as_one_value``, where lists are lists."""

USER = Rows(records.USER, POSTGRES)
ACCOUNT = Rows(records.ACCOUNT, POSTGRES)
NEW_ACCOUNT = Rows(records.ACCOUNT, POSTGRES, without="id")
SESSION = Rows(records.SESSION, POSTGRES)
SESSION_AS_JSON = Rows(records.SESSION, AS_JSON)
IDENTITY = Rows(records.IDENTITY, POSTGRES)
TOKEN = Rows(records.TOKEN, POSTGRES)
EVENT = Rows(records.EVENT, POSTGRES)
STORED_EVENT = Rows(records.STORED_EVENT, POSTGRES)
DELIVERY = Rows(records.DELIVERY, POSTGRES)
REVOKED_KEY = Rows(records.REVOKED_KEY, POSTGRES)
TALLY = Rows(records.TALLY, POSTGRES)


def from_events(events: Sequence[Event]) -> Jsonb:
    return as_one_value(map(STORED_EVENT.values, map(StoredEvent.new, events)))


def as_one_value(rows: Iterable[Mapping[str, Any]]) -> Jsonb:
    """Return what ``jsonb_populate_recordset`` takes: one statement stores any number."""
    return Jsonb(list(rows), dumps=to_json)
