"""How events are looked for: by the index of one filter, within its times, the latest first."""

from collections.abc import Mapping
from sqlite3 import Connection

from adapters.storage.records import LEAST
from adapters.storage.sqlite.rows import AFTER_ALL, EVENT, to_text, to_value
from adapters.storage.statements import Sql, compose
from core.model import EventFilter, Found, Place
from core.model.events import Event

INDEXES = {
    "user_id": "events_found_user",
    "actor": "events_found_actor",
    "address": "events_found_address",
    "kind": "events_found_kind",
}
"""Those before are likely to leave fewer."""

TIMES = {"since": "events.at > :since", "before": "events.at < :before"}


def find(
    db: Connection,
    wanted: EventFilter,
    *,
    after: Place | None,
    limit: int,
    count_to: int,
) -> Found[Event]:
    values = _values(wanted)
    begin = _begin(wanted, after)
    count, page = _count(values), _page(values)
    ((total,),) = db.execute(count, {**values, "count_to": count_to}).fetchall()
    rows = db.execute(
        page,
        {**values, "value": to_value(begin.value), "key": begin.key, "limit": limit},
    )
    events = ((row[0], EVENT.to_record(row[1:])) for row in rows)
    return Found([(Place(it.at, seq), it) for seq, it in events], total)


def _values(wanted: EventFilter) -> Mapping[str, object]:
    """Return what is demanded, by the names of the parameters."""
    values = {
        "user_id": wanted.user_id,
        "actor": None if wanted.actor_id is None else str(wanted.actor_id),
        "address": wanted.address,
        "kind": wanted.kind,
        "since": to_text(wanted.after) if wanted.after else None,
        "before": to_text(wanted.before) if wanted.before else None,
    }
    return {name: value for name, value in values.items() if value is not None}


def _begin(wanted: EventFilter, after: Place | None) -> Place:
    """Return behind what the page begins: no event of this place or a later one is on it."""
    begin = after or AFTER_ALL
    if wanted.before is None:
        return begin
    return min(begin, Place(wanted.before, LEAST), key=lambda it: to_value(it.value))


def _count(values: Mapping[str, object]) -> Sql:
    return compose(
        "SELECT count(*) FROM (SELECT 1 FROM $rows LIMIT :count_to)",
        rows=_matching(values),
    )


def _page(values: Mapping[str, object]) -> Sql:
    # The place says what comes before, and of two bounds SQLite would take either.
    within = {name: value for name, value in values.items() if name != "before"}
    return compose(
        "SELECT events.seq, $columns FROM $rows"
        " AND (events.at, events.seq) < (:value, :key)"
        " ORDER BY events.at DESC, events.seq DESC LIMIT :limit",
        columns=EVENT.columns,
        rows=_matching(within),
    )


def _matching(values: Mapping[str, object]) -> Sql:
    equal = [name for name in INDEXES if name in values]
    index = INDEXES[equal[0]] if equal else "events_found"
    conditions = [f"events.{name} = :{name}" for name in equal]
    conditions += [TIMES[name] for name in TIMES if name in values]
    return compose(
        f"events INDEXED BY {index} WHERE {' AND '.join(['TRUE', *conditions])}"
    )
