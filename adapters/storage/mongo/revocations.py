"""Revoked keys, in MongoDB."""

from collections.abc import Sequence
from dataclasses import dataclass

from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import DuplicateKeyError

from adapters.storage.mongo.database import Database
from adapters.storage.mongo.documents import REVOKED_KEY
from core.model import RevokedKey
from core.model.events import Event
from core.ports import KeyRevocations


@dataclass(frozen=True, slots=True)
class MongoRevocations(KeyRevocations):
    database: Database

    async def revoke(self, key: RevokedKey, *, events: Sequence[Event]) -> bool:
        async def work(session: AsyncClientSession) -> bool:
            document = REVOKED_KEY.from_record(key)
            try:
                await self.database.revoked_keys.insert_one(document, session=session)
            except DuplicateKeyError:
                return False
            return True

        return await self.database.change(key.kid, work, events=events)

    async def revoked(self) -> Sequence[RevokedKey]:
        async with self.database.answering():
            found = await self.database.revoked_keys.find().sort("_id").to_list()
        return list(map(REVOKED_KEY.to_record, found))
