"""
The order of the log.

A number drawn before a commit would not do: whoever drew an earlier one may commit
later, behind the back of a reader who has gone past. Drawn from one document within the
transaction, it would put all changes of all replicas in one row, and a replica that is
killed there would block the others until the server drops its transaction, 60 s later.
So events are stored without a number, and get one when they are committed.
"""

import asyncio

from pymongo import AsyncMongoClient, UpdateOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import BulkWriteError

from adapters.storage.mongo.documents import Document

BATCH = 1000
DUPLICATE = 11000


class Numbering:
    """Numbers events. Any number of processes may do it side by side, and die at any point."""

    def __init__(
        self, client: AsyncMongoClient[Document], events: AsyncCollection[Document]
    ) -> None:
        self._client = client
        self._events = events
        self._turn = asyncio.Lock()
        self._asked = 0
        self._answered = 0

    async def catch_up(self) -> None:
        """Give a number to every event that is committed by now."""
        self._asked += 1
        mine = self._asked
        async with self._turn:
            if self._answered >= mine:
                return  # those before us saw our events too
            asked = self._asked
            while await self._number_some():
                pass
            self._answered = asked

    async def _number_some(self) -> bool:
        """Tell whether there may be more."""
        newest, waiting = await self._look()
        steps = [
            UpdateOne(
                {"_id": event["_id"], "unnumbered": event["unnumbered"]},
                {"$set": {"seq": number}, "$unset": {"unnumbered": 1}},
            )
            for number, event in enumerate(waiting, start=newest + 1)
        ]
        if not steps:
            return False
        try:
            await self._events.bulk_write(steps)
        except BulkWriteError as error:
            if error.details["writeErrors"][0]["code"] != DUPLICATE:
                raise
            return True  # another process was first
        return len(steps) == BATCH

    async def _look(self) -> tuple[int, list[Document]]:
        # In this order, and within one session, so that the second look is no older than
        # the first: what waits then, and is numbered by others meanwhile, has numbers
        # above the newest. So no number is ever left out, to be filled in later.
        async with self._client.start_session(causal_consistency=True) as session:
            newest = await self._events.find_one(
                {"seq": {"$gt": 0}}, {"seq": 1}, sort=[("seq", -1)], session=session
            )
            waiting = (
                self._events.find(
                    {"unnumbered": {"$gt": ""}}, {"unnumbered": 1}, session=session
                )
                .sort("unnumbered")
                .limit(BATCH)
                .batch_size(BATCH)
            )
            return newest["seq"] if newest else 0, await waiting.to_list()
