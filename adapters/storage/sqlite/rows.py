"""How records stand in rows: times and what has parts are text."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from adapters.storage import records
from adapters.storage.codecs import Codec
from adapters.storage.records import LEAST
from adapters.storage.rows import Dialect, Rows
from core.model import Place
from core.model.searches import SortValue


def to_text(at: datetime) -> str:
    utc = at.astimezone(UTC).replace(tzinfo=None)
    return utc.isoformat(timespec="milliseconds") + "Z"


def to_value(value: SortValue) -> int | str:
    """Return as what a place is compared; nothing comes before all else."""
    if value is None:
        return ""
    return to_text(value) if isinstance(value, datetime) else value


def to_time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _from_times(times: Sequence[datetime]) -> str:
    return json.dumps([to_text(at) for at in times])


def _to_times(text: str) -> tuple[datetime, ...]:
    return tuple(map(to_time, json.loads(text)))


def _from_names(names: Sequence[str]) -> str:
    return json.dumps(list(names))


def _to_names(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def _from_mapping(data: Mapping[str, str]) -> str:
    return json.dumps(dict(data))


MOST = 2**63 - 1

BEFORE_ALL = Place("", LEAST)
AFTER_ALL = Place("\U0010ffff", MOST)
"""Where a list begins that is walked backwards."""

SQLITE = Dialect(
    ":$name",
    {
        bool: Codec(decode=bool),
        datetime: Codec(to_text, to_time),
        tuple: Codec(_from_times, _to_times),
        Sequence: Codec(_from_names, _to_names),
        Mapping: Codec(_from_mapping, json.loads),
    },
)

USER = Rows(records.USER, SQLITE)
ACCOUNT = Rows(records.ACCOUNT, SQLITE)
NEW_ACCOUNT = Rows(records.ACCOUNT, SQLITE, without="id")
SESSION = Rows(records.SESSION, SQLITE)
IDENTITY = Rows(records.IDENTITY, SQLITE)
TOKEN = Rows(records.TOKEN, SQLITE)
EVENT = Rows(records.EVENT, SQLITE)
STORED_EVENT = Rows(records.STORED_EVENT, SQLITE)
DELIVERY = Rows(records.DELIVERY, SQLITE)
REVOKED_KEY = Rows(records.REVOKED_KEY, SQLITE)
TALLY = Rows(records.TALLY, SQLITE)
