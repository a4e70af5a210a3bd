"""The store behind the records: its life, its schema and all it holds."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, Self, TypeAlias, runtime_checkable

from core.model import (
    Account,
    OneTimeToken,
    PoolUse,
    RecordKind,
    RevokedKey,
    Session,
    Tally,
    UserId,
)
from core.model.events import StoredEvent
from core.ports.records import EventLog, KeyRevocations, OneTimeTokens, Statistics
from core.ports.sessions import SessionRepository
from core.ports.users import UserRepository

Record: TypeAlias = Account | Session | OneTimeToken | StoredEvent | RevokedKey | Tally


class Archive(Protocol):
    """Every record as it is, for moving all of them from one store to another."""

    @abstractmethod
    async def count(self, kind: RecordKind) -> int:
        """Return how many records of this kind there are."""

    @abstractmethod
    async def read(
        self, kind: RecordKind, *, after: str | None, limit: int
    ) -> Sequence[tuple[str, Record]]:
        """
        Return up to ``limit`` records, each with its cursor, from behind ``after``.

        The order never changes: users by id, events as they were stored, others by id
        or ``kid``, character by character.
        """

    @abstractmethod
    async def write(self, kind: RecordKind, records: Sequence[Record]) -> None:
        """
        Store records as they are, ids included; they replace those of the same id.

        Users who are added later get ids above the highest written.
        """

    @abstractmethod
    async def highest_id(self) -> UserId:
        """Return the highest id that any user ever got, removed ones too; 0 if none did."""

    @abstractmethod
    async def skip_ids(self, last: UserId) -> None:
        """Let users who are added later get ids above ``last``; none gets a lower one than now."""


class Storage(Protocol):
    """
    All that is stored, in one place.

    ``from_url`` does no I/O; ``open`` comes before all else.
    """

    @property
    @abstractmethod
    def users(self) -> UserRepository: ...

    @property
    @abstractmethod
    def sessions(self) -> SessionRepository: ...

    @property
    @abstractmethod
    def tokens(self) -> OneTimeTokens: ...

    @property
    @abstractmethod
    def events(self) -> EventLog: ...

    @property
    @abstractmethod
    def revocations(self) -> KeyRevocations: ...

    @property
    @abstractmethod
    def statistics(self) -> Statistics: ...

    @property
    @abstractmethod
    def archive(self) -> Archive: ...

    @classmethod
    @abstractmethod
    def from_url(cls, url: str) -> Self:
        """Make one for this URL; raises ``BadConfiguration`` for what it can't read in it."""

    @abstractmethod
    async def open(self, *, create: bool = True) -> None:
        """
        Connect; the schema stays as it is.

        Raises ``Unavailable`` while the store does not answer, and may then be called
        again; ``BadConfiguration`` where only an operator can help. Without ``create``
        it makes nothing, and raises ``NothingStored`` where no migration was ever run.
        """

    @abstractmethod
    async def pending(self) -> Sequence[str]:
        """
        Return the migrations that still have to run, in order.

        Those of a newer program are let be: an upgrade keeps the version before it
        running. Raises ``BadConfiguration`` if the schema is not what its record says.
        """

    @abstractmethod
    async def migrate(self) -> Sequence[str]:
        """
        Run what is pending, and return it.

        Of any number of processes at once, each migration is run by one; one that is
        killed leaves no lock behind. Raises as ``pending``.
        """

    @abstractmethod
    async def ping(self) -> None:
        """Return if the store answers and can be written to, else raise ``Unavailable``."""

    @abstractmethod
    async def missing_rights(self) -> Sequence[str]:
        """
        Return what the store does not let us do with our records, a sentence each.

        Nothing if every call can be made. Nothing may be pending; no record is changed.
        """

    @abstractmethod
    async def purge(
        self, *, at: datetime, keep_events_since: datetime, limit: int
    ) -> int:
        """
        Delete up to ``limit`` records of each kind that nobody needs any more.

        Those are sessions that ended or expired before ``at``, tokens that expired
        before it, and events of before ``keep_events_since`` that wait for no delivery.
        Returns how many were deleted; 0 when nothing is left.
        """

    @abstractmethod
    async def aclose(self) -> None:
        """Let go of everything; may be repeated."""


@runtime_checkable
class Pooled(Protocol):
    """What a storage has besides, if it keeps connections in a pool."""

    @property
    @abstractmethod
    def pool(self) -> PoolUse:
        """How they are used now; asks nobody."""
