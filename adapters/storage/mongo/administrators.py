"""The law that an administrator stays, in MongoDB."""

from pymongo.asynchronous.client_session import AsyncClientSession

from adapters.storage.mongo.database import Database
from adapters.storage.mongo.documents import Document
from core.errors import LastAdmin
from core.model import Role, UserId

COUNTER = "admins"
"""
The document that each change writes which takes an administrator away.

Two that write different users do not notice each other: each would count the other's
administrator, who is still there as far as it sees. It is the name of a turn, too.
"""

ADMINISTERS: Document = {
    "role": Role.ADMIN,
    "is_active": True,
    "password_hash": {"$ne": None},
}


def can_administer(user: Document) -> bool:
    return (
        user["role"] == Role.ADMIN
        and user["is_active"]
        and user["password_hash"] is not None
    )


async def spare_one(db: Database, session: AsyncClientSession, without: UserId) -> None:
    """Raise ``LastAdmin`` if nobody but this user can administer; conflict with others who ask."""
    await db.counters.update_one(
        {"_id": COUNTER}, {"$inc": {"value": 1}}, session=session
    )
    others = ADMINISTERS | {"_id": {"$ne": without}}
    if not await db.users.find_one(others, {"_id": 1}, session=session):
        raise LastAdmin
