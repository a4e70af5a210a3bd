from datetime import timedelta

from core.model import (
    Account,
    Client,
    EndReason,
    OneTimeToken,
    Purpose,
    RecordKind,
    RevokedKey,
    Session,
    Tally,
    TallyKind,
    User,
)
from core.model.events import Event, EventKind, StoredEvent
from core.ports import Record, Storage
from tests.contract.storage_records import (
    DAY,
    EVERY_FIELD,
    MINUTE,
    NOW,
    a_session,
    a_token,
    a_user,
    an_account,
    an_event,
    new_id,
)

USERS, SESSIONS, TOKENS, EVENTS, REVOCATIONS, TALLIES = RecordKind


async def all_of(storage: Storage, kind: RecordKind, *, page: int = 2) -> list[Record]:
    """Read all records of a kind, or more than there are if there seems to be no end."""
    found: list[Record] = []
    cursor = None
    while len(found) < 1000:
        rows = await storage.archive.read(kind, after=cursor, limit=page)
        if not rows:
            break
        found += [record for _, record in rows]
        cursor = rows[-1][0]
    return found


def some_users() -> tuple[User, User, User]:
    ada, bob = a_user("ada", id=3), a_user("bob", id=7, **EVERY_FIELD)
    return ada, bob, a_user("cyd", id=2**53 - 1)


def some_accounts(ada: User, bob: User, cyd: User) -> list[Account]:
    bobs = an_account(bob, "hash of bob", ("Firefox on Windows", "curl"))
    return [an_account(ada, None), bobs, an_account(cyd)]


def a_full_session(user: User) -> Session:
    return a_session(
        user,
        generation=3,
        rotations=(NOW, NOW + MINUTE, NOW + DAY),
        created_at=NOW - DAY,
        last_used_at=NOW + timedelta(hours=1),
        expires_at=NOW + 2 * DAY,
        ended_at=NOW + DAY,
        end_reason=EndReason.REUSE_DETECTED,
        client=Client(address="2001:db8::1", label="curl"),
    )


def some_sessions(ada: User, bob: User, cyd: User) -> list[Session]:
    plain = [a_session(user) for user in (ada, ada, cyd)]
    return sorted([*plain, a_full_session(bob)], key=id_of)


def some_tokens(ada: User, bob: User, _: User) -> list[OneTimeToken]:
    tokens = [a_token(ada.id, purpose) for purpose in Purpose]
    spent = a_token(bob.id, expires_at=NOW - DAY, spent_at=NOW - 2 * DAY)
    undo = a_token(bob.id, Purpose.UNDO_EMAIL, email="Bob@example.com")
    return sorted([*tokens, spent, undo], key=id_of)


def some_events() -> list[StoredEvent]:
    events = [an_event(kind, user_id=7) for kind in EventKind]
    stored = [StoredEvent(e, 0, e.at if e.is_outgoing else None) for e in events]
    full = a_full_event()
    return [
        *stored,
        StoredEvent(an_event(user_id=None), 2, NOW + MINUTE),
        StoredEvent(full, 5, None),
    ]


def a_full_event() -> Event:
    return an_event(
        user_id=2**53 - 1,
        session_id=new_id(),
        actor="7",
        address="2001:db8::1",
        label="curl",
        data={"a": "b", "c": ""},
    )


def some_tallies() -> list[Tally]:
    days = (NOW - DAY).date(), NOW.date()
    kinds = sorted(TallyKind)
    return [Tally.of(day, kind, 2**53 - 1) for day in days for kind in kinds]


def id_of(record: Record) -> str:
    assert not isinstance(record, Account | StoredEvent)
    return record.kid if isinstance(record, RevokedKey) else record.id
