"""One MongoDB database: bounded calls, and changes that happen whole or not at all."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TypeAlias, TypeVar
from weakref import WeakValueDictionary

import pymongo
from pymongo import AsyncMongoClient, ReadPreference, WriteConcern
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import BulkWriteError, OperationFailure, PyMongoError, WriteError
from pymongo.read_concern import ReadConcern

from adapters.storage.mongo.connections import Connections
from adapters.storage.mongo.documents import Document, new_events
from adapters.storage.mongo.numbering import Numbering
from adapters.storage.sharing import Shared
from core.errors import BadConfiguration, Unavailable
from core.model.events import Event

T = TypeVar("T")

Collection: TypeAlias = AsyncCollection[Document]
Work: TypeAlias = Callable[[AsyncClientSession], Awaitable[T]]

PATIENCE = 1.2
"""Seconds that a call may take in all, retries included, unless the URL says ``timeoutMS``."""

SLACK = 0.1
"""Seconds after that, before the driver's look for a server is cut short."""

OLDEST_WIRE_VERSION = 13
"""MongoDB 5.0: the first whose snapshots can be read outside of a transaction."""

AUTHENTICATION_FAILED = 18

STANDS_ALONE = (
    "mongodb: this server stands alone, and so has no transactions: start it with"
    " --replSet, and call rs.initiate() once; a replica set of one is enough"
)

MAJORITY = ReadConcern("majority")  # never what a new primary would take back
SNAPSHOT = ReadConcern("snapshot")  # that, and all of it at one moment
DURABLE = WriteConcern("majority", j=True)


class Database:
    """The collections, and how they are changed."""

    def __init__(
        self,
        client: AsyncMongoClient[Document],
        name: str,
        connections: Connections,
    ) -> None:
        self.client = client
        self.connections = connections
        self.patience = client.options.timeout or PATIENCE
        self.all = client.get_database(
            name,
            read_preference=ReadPreference.PRIMARY,
            read_concern=MAJORITY,
            write_concern=DURABLE,
        )
        self.users: Collection = self.all["users"]
        self.sessions: Collection = self.all["sessions"]
        self.tokens: Collection = self.all["one_time_tokens"]
        self.events: Collection = self.all["events"]
        self.revoked_keys: Collection = self.all["revoked_keys"]
        self.tallies: Collection = self.all["tallies"]
        self.counters: Collection = self.all["counters"]
        self.numbering = Numbering(client, self.events)
        self._ping = Shared(self._prove)
        self._turns: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()

    async def open(self) -> None:
        async with self.answering():
            server = await self._hello()
        if "setName" not in server and server.get("msg") != "isdbgrid":
            raise BadConfiguration([STANDS_ALONE])
        if server["maxWireVersion"] < OLDEST_WIRE_VERSION:
            raise BadConfiguration(["mongodb: MongoDB 5.0 or newer is needed"])

    async def _hello(self) -> Document:
        try:
            return await self.client.admin.command("hello")
        except OperationFailure as error:
            if error.code != AUTHENTICATION_FAILED:
                raise
            raise BadConfiguration(["mongodb: wrong user or password"]) from None

    async def ping(self) -> None:
        await self._ping.ask()

    async def _prove(self) -> None:
        # A write, and no ping: it fails where nothing can be written, and is retried.
        async with self.answering():
            await self.counters.update_one(
                {"_id": "pings"}, {"$inc": {"value": 1}}, upsert=True
            )

    async def aclose(self) -> None:
        with pymongo.timeout(self.patience):
            await self.client.close()

    @asynccontextmanager
    async def answering(self, *, patience: float | None = None) -> AsyncIterator[None]:
        """Bound all that is asked of the server within, and tell if it does not answer."""
        seconds = patience or self.patience
        try:
            # The driver's own end may be late: it looks for a server twice a second.
            async with asyncio.timeout(seconds + SLACK):
                with pymongo.timeout(seconds):
                    yield
        except TimeoutError:
            raise Unavailable from TimeoutError(self._silence())
        except (WriteError, BulkWriteError) as error:
            raise Unavailable from PyMongoError(_said(error))
        except PyMongoError as error:
            raise Unavailable from error

    def _silence(self) -> str:
        """Return what the driver has met at each server, or nothing."""
        servers = self.client.topology_description.server_descriptions().values()
        met = (str(server.error) for server in servers if server.error)
        return "; ".join(dict.fromkeys(met))

    def turn(self, subject: Hashable) -> asyncio.Lock:
        """
        Return the lock of those in this process who change the same thing.

        MongoDB lets nobody wait: of two that write one document the second fails, and
        has to begin anew. That is left for other processes. Nobody waits for the lock
        longer than the patience of those before, which ends before one's own.
        """
        return self._turns.setdefault(subject, asyncio.Lock())

    async def change(
        self,
        subject: Hashable,
        work: Work[T],
        *,
        events: Sequence[Event],
        patience: float | None = None,
    ) -> T:
        """
        Do ``work`` and store the events, both or neither.

        Neither if the work answers None or False, whatever it has done until then. Where
        others are in the way it is done anew, but not once it was to be committed.
        """
        async with self.answering(patience=patience):
            async with self.turn(subject):
                result = await self.transact(work, events=events)
            if events:
                await self.number()
        return result

    async def transact(self, work: Work[T], *, events: Sequence[Event]) -> T:
        """Do the same for a caller who takes the turn, bounds the time and numbers."""
        ready = False

        async def whole(session: AsyncClientSession) -> T:
            nonlocal ready
            if ready:  # and not committed, as far as the server knows after a crash
                raise Unavailable
            result = await work(session)
            if result is None or result is False:
                await session.abort_transaction()
                return result
            if events:
                await self.events.insert_many(new_events(events), session=session)
            ready = True
            return result

        async with self.client.start_session() as session:
            return await session.with_transaction(
                whole, SNAPSHOT, DURABLE, ReadPreference.PRIMARY
            )

    async def number(self) -> None:
        """Give the events that were stored their place in the log."""
        # They are stored by now; if numbers must wait, the next caller gives them.
        with suppress(PyMongoError):
            await self.numbering.catch_up()

    async def lock(
        self,
        session: AsyncClientSession,
        user: Document,
        changes: Document | None = None,
    ) -> bool:
        """
        Tell whether there is such a user, and let no other transaction write it meanwhile.

        What a transaction has only read can change before it commits: of two that write
        different documents, neither would notice. So both write this one.
        """
        update: Document = {"$inc": {"locks": 1}}
        if changes:
            update["$set"] = changes
        found = await self.users.update_one(user, update, session=session)
        return found.matched_count == 1


def _said(error: WriteError | BulkWriteError) -> str:
    """Return what kind of error it is; what it says has documents in it, and their values."""
    keys = ", ".join((error.details or {}).get("keyPattern", ()))
    return f"{type(error).__name__}, code {error.code}, at {keys or 'a document'}"
