"""Log-ins of one user, stored together."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pymongo.asynchronous.client_session import AsyncClientSession

from adapters.storage.mongo.database import Database
from adapters.storage.mongo.documents import SESSION, has_stamp
from core.model import Session, SessionId, UserId
from core.model.events import Event


@dataclass(frozen=True, slots=True)
class LogIn:
    session: Session
    devices: Sequence[str]
    events: Sequence[Event]


@dataclass(slots=True, eq=False, weakref_slot=True)
class Batch:
    """Log-ins of a user with one stamp, stored by the first of the callers whose turn it is."""

    begun: bool = False
    opened: bool | None = None
    waiting: dict[SessionId, LogIn] = field(default_factory=dict)


async def open_all(db: Database, batch: Batch, user_id: UserId, stamp: int) -> None:
    batch.begun = True
    log_ins = sorted(batch.waiting.values(), key=lambda it: it.session.created_at)
    sessions = [SESSION.from_record(it.session) for it in log_ins]
    events = [event for it in log_ins for event in it.events]
    latest = log_ins[-1]
    seen = {
        "last_login_at": latest.session.created_at,
        "devices": list(latest.devices),
    }

    async def work(transaction: AsyncClientSession) -> bool:
        checked = {"_id": user_id, "is_active": True} | has_stamp(stamp)
        if not await db.lock(transaction, checked, seen):
            return False
        await db.sessions.insert_many(sessions, session=transaction)
        return True

    batch.opened = await db.transact(work, events=events)
