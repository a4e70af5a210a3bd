"""Moves everything from one storage to another, and says which of both a problem is of."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager

import typer

from config import adapters
from core import errors
from core.model import RecordKind
from core.operations.schema import demand_schema
from core.operations.transfer import Transfer
from core.ports import Storage
from entrypoints.cli.console import reason

FROM = "--from (TRANSFER_FROM)"
TO = "--to (TRANSFER_TO)"
SQLITE = "sqlite:///"


def move(source: str, target: str, batch: int) -> Mapping[RecordKind, str]:
    """Copy everything; return the digests that both sides share, or raise a core error."""
    ends = adapters.storage_at(source, FROM), adapters.storage_at(target, TO)
    if _whole(source) == _whole(target):
        raise errors.BadConfiguration([f"{TO}: this is --from; name another storage"])
    return asyncio.run(_move(*ends, batch))


async def _move(
    source: Storage, target: Storage, batch: int
) -> Mapping[RecordKind, str]:
    async with _open(source, FROM, create=False):
        with _about(FROM):
            await demand_schema(source)
        async with _open(target, TO):
            with _about(TO):
                await target.migrate()
            return await Transfer(source, target, batch).run(_show_progress)


@asynccontextmanager
async def _open(
    storage: Storage, end: str, *, create: bool = True
) -> AsyncIterator[None]:
    try:
        with _about(end):
            await storage.open(create=create)
        yield
    finally:
        await storage.aclose()


@contextmanager
def _about(end: str) -> Iterator[None]:
    try:
        yield
    except errors.NothingStored as nothing:
        told = f"{end}: {nothing}; check the URL: a source is never made"
        raise errors.NothingStored([told]) from None
    except errors.SchemaBehind as behind:
        told = f"{end}: migrate it first, pending: {behind.pending}"
        raise errors.BadConfiguration([told]) from None
    except errors.BadConfiguration as bad:
        problems = [f"{end}: {problem}" for problem in bad.problems]
        raise errors.BadConfiguration(problems) from None
    except errors.Unavailable as away:
        raise errors.Unavailable(f"{end}: {reason(away)}") from None


def _whole(url: str) -> str:
    """Return the URL as it is, but the path of a file in one spelling."""
    if not url.startswith(SQLITE):
        return url
    return f"{SQLITE}{os.path.realpath(url.removeprefix(SQLITE))}"


def _show_progress(kind: RecordKind, done: int, total: int) -> None:
    filled = 30 * done // total if total else 30
    bar = "#" * filled + "-" * (30 - filled)
    typer.echo(f"\r{kind:11} [{bar}] {done}/{total}", nl=done >= total, err=True)
