"""Moves all that one storage holds into another."""

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from core.errors import BadConfiguration, OperationError
from core.model import RecordKind
from core.ports import Record, Storage

Progress: TypeAlias = Callable[[RecordKind, int, int], None]
"""Told of a kind, how many of it are in the target, and how many there are to be."""

PAGE = 1000


@dataclass(frozen=True, slots=True)
class Position:
    """How far one kind of records has come; ``cursor`` is the source's."""

    cursor: str | None
    done: int


@dataclass(frozen=True, slots=True)
class Transfer:
    """
    Copies every record as it is: ids, hashes and sessions survive.

    It may be interrupted anywhere and run again, and goes on behind the last batch that
    the target holds. Nobody may write to either side meanwhile; the digests tell if
    somebody did.
    """

    source: Storage
    target: Storage
    batch: int

    async def run(self, progress: Progress) -> Mapping[RecordKind, str]:
        """
        Copy what is not there yet, and return the digests, which both sides share.

        Raises BadConfiguration, and writes nothing, if the target holds what the source
        does not; OperationError if they differ when all is copied.
        """
        positions = {kind: await self._position(kind) for kind in RecordKind}
        for kind, position in positions.items():
            await self._copy(kind, position, progress)
        # Ids of users who were removed are given to nobody else there, either.
        await self.target.archive.skip_ids(await self.source.archive.highest_id())
        return await self._verified()

    async def _position(self, kind: RecordKind) -> Position:
        """Find out how much of the source the target holds already."""
        cursor, done = None, 0
        async for held in _pages(self.target, kind, self.batch):
            page = await self.source.archive.read(kind, after=cursor, limit=len(held))
            if held != [record for _, record in page]:
                problem = f"the target's {kind} are not the beginning of the source's"
                raise BadConfiguration([f"{problem}: name a target that is empty"])
            cursor, done = page[-1][0], done + len(page)
        return Position(cursor, done)

    async def _copy(
        self, kind: RecordKind, position: Position, progress: Progress
    ) -> None:
        total = await self.source.archive.count(kind)
        done = position.done
        progress(kind, done, total)
        async for records in _pages(self.source, kind, self.batch, position.cursor):
            await self.target.archive.write(kind, records)
            done += len(records)
            progress(kind, done, total)

    async def _verified(self) -> Mapping[RecordKind, str]:
        digests, copied = await digest(self.source), await digest(self.target)
        problems = []
        for kind in RecordKind:
            given = await self.source.archive.count(kind)
            got = await self.target.archive.count(kind)
            if (given, digests[kind]) != (got, copied[kind]):
                problems.append(f"{kind}: {given} in the source, {got} in the target")
        if problems:
            raise OperationError(
                f"source and target differ ({'; '.join(problems)}):"
                " let nobody write to either, and begin anew with an empty target"
            )
        return digests


async def digest(storage: Storage) -> dict[RecordKind, str]:
    """Return, for each kind, the SHA-256 of its records in order, a line of JSON each."""
    digests = {}
    for kind in RecordKind:
        sha = hashlib.sha256()
        async for records in _pages(storage, kind, PAGE):
            for record in records:
                sha.update(_line(record))
        digests[kind] = sha.hexdigest()
    return digests


async def _pages(
    storage: Storage, kind: RecordKind, size: int, after: str | None = None
) -> AsyncIterator[Sequence[Record]]:
    while page := await storage.archive.read(kind, after=after, limit=size):
        yield [record for _, record in page]
        after = page[-1][0]


def _line(record: Record) -> bytes:
    """Return the record in one way, whichever storage it came from."""
    text = json.dumps(record, default=_plain, sort_keys=True, separators=(",", ":"))
    return f"{text}\n".encode("ascii")


def _plain(value: Any) -> Any:  # noqa: ANN401 - of any type that a record holds
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds")
    if isinstance(value, Mapping):
        return dict(value)
    if is_dataclass(value):
        return {each.name: getattr(value, each.name) for each in fields(value)}
    raise TypeError(f"{type(value).__name__} has no canonical form")
