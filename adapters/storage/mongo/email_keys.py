"""The keys of addresses put right, in MongoDB."""

from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from adapters.storage.email_keys import Holder, plan
from adapters.storage.mongo.database import Database
from adapters.storage.mongo.documents import Document
from adapters.storage.mongo.numbering import DUPLICATE
from core.errors import Unavailable

ROUNDS = 5
"""In which replicas of the version before may take a key that was just found free."""

SUSPECTS = {
    "$or": [
        {"email": {"$regex": "[^ -~]"}},
        {"email_key": {"$regex": "[^ -~]|xn--| #"}},
    ]
}
FIELDS = {"email": 1, "email_key": 1, "is_verified": 1}


async def put_right(database: Database) -> None:
    """
    Do so; any number of processes may, and one that is killed leaves it to the next.

    A key is only replaced where it is the one that was read, so that a process which comes
    late changes nothing that another has finished.
    """
    for _ in range(ROUNDS):
        if await _put_right(database):
            return
    raise Unavailable


async def _put_right(database: Database) -> bool:
    suspects = await _holders(database, SUSPECTS)
    wanted = list({suspect.wanted for suspect in suspects})
    others = await _holders(database, {"email_key": {"$in": wanted}})
    holders = {holder.user_id: holder for holder in (*suspects, *others)}
    moves = plan(holders.values())
    steps = [(f" {user_id}", key, holders[user_id]) for user_id, key in moves.items()]
    # First out of the way: a key may be wanted that another is only about to leave.
    aside = [_move(holder, holder.email_key, apart) for apart, _, holder in steps]
    back = [_move(holder, apart, key) for apart, key, holder in steps]
    try:
        if moves:
            await database.users.bulk_write([*aside, *back])
    except BulkWriteError as error:
        if any(failed["code"] != DUPLICATE for failed in error.details["writeErrors"]):
            raise
        return False
    return True


async def _holders(database: Database, which: Document) -> list[Holder]:
    found = database.users.find(which, FIELDS)
    return [
        Holder(user["_id"], user["email"], user["email_key"], user["is_verified"])
        async for user in found
    ]


def _move(holder: Holder, old: str, new: str) -> UpdateOne:
    which = {"_id": holder.user_id, "email_key": old}
    return UpdateOne(which, {"$set": {"email_key": new}, "$inc": {"stamp": 1}})
