"""Figures, in MongoDB."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pymongo import UpdateOne

from adapters.storage.mongo.database import Database
from adapters.storage.mongo.documents import TALLY
from adapters.storage.mongo.migrations import FLAGS
from core.model import Role, Tally, UserCounts
from core.ports import Statistics

PATIENCE = 10.0
"""Seconds to walk an index of a few million users; the answer serves for a minute."""


@dataclass(frozen=True, slots=True)
class MongoStatistics(Statistics):
    database: Database

    async def users(self) -> UserCounts:
        # All of it is in the index, and at one moment.
        flags: dict[str, object] = {name: 1 for name in FLAGS if name != "_id"}
        alike = {name: f"${name}" for name in flags}
        steps = [
            {"$project": {"_id": 0} | flags},
            {"$group": {"_id": alike, "number": {"$sum": 1}}},
        ]
        async with self.database.answering(patience=PATIENCE):
            found = await self.database.users.aggregate(steps, hint="_".join(FLAGS))
            groups = [(it["_id"], int(it["number"])) async for it in found]
        active = [(of, number) for of, number in groups if of["is_active"]]
        return UserCounts(
            total=sum(number for _, number in groups),
            active=sum(number for _, number in active),
            verified=sum(number for of, number in groups if of["is_verified"]),
            admins=sum(number for of, number in active if of["role"] == Role.ADMIN),
        )

    async def live_sessions(self, at: datetime) -> int:
        live = {"ended_at": None, "expires_at": {"$gt": at}}
        async with self.database.answering(patience=PATIENCE):
            return await self.database.sessions.count_documents(live)

    async def add(self, tallies: Sequence[Tally]) -> None:
        steps = [
            UpdateOne({"_id": it.id}, {"$inc": {"amount": it.amount}}, upsert=True)
            for it in tallies
        ]
        if steps:
            async with self.database.answering():
                await self.database.tallies.bulk_write(steps, ordered=False)

    async def tallies(self, since: date) -> Sequence[Tally]:
        async with self.database.answering():
            later = self.database.tallies.find({"_id": {"$gte": since.isoformat()}})
            found = await later.sort("_id").to_list()
        return list(map(TALLY.to_record, found))
