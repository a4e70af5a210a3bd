"""Versions that know different kinds of events run side by side."""

from adapters.devices.user_agents import UserAgentNames
from adapters.storage.records import STORED_EVENT
from adapters.storage.rows import Rows
from adapters.storage.sqlite.rows import SQLITE
from core.model import Purpose, RecordKind
from core.model.events import EventKind, StoredEvent
from entrypoints.http.records import EventItem
from tests.contract.storage_records import an_event
from tests.unit.office import Office

LATER = "planet.discovered"


def test_a_kind_that_is_known_is_itself() -> None:
    for kind in EventKind:
        assert kind is EventKind.read(kind.value)
        assert kind.is_known


def test_a_kind_of_a_later_version_is_read_and_shown_as_it_is() -> None:
    rows = Rows(STORED_EVENT, SQLITE)
    event = an_event(EventKind.read(LATER), 7)
    values = rows.values(StoredEvent.new(event))

    read = rows.to_record([values[it.name] for it in STORED_EVENT.read]).event

    assert (event, LATER, False) == (read, read.kind, read.kind.is_known)
    shown = EventItem.of(read, UserAgentNames()).model_dump_json()
    assert f'"kind":"{LATER}"' in shown


async def test_what_a_later_version_tells_of_stops_no_mail_and_is_left_to_it() -> None:
    office = await Office.with_a_user()
    later = an_event(EventKind.read(LATER), 1, at=office.clock.now())
    stored = StoredEvent(later, 0, office.clock.now())
    await office.storage.archive.write(RecordKind.EVENTS, [stored])
    await office.tell(
        EventKind.PASSWORD_RESET_REQUESTED, token=office.token(Purpose.RESET_PASSWORD)
    )

    await office.outbox.deliver_due()

    assert 1 == len(office.postman.sent)
    assert not await office.has_nothing_left()
