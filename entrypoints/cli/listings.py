"""Lists that may be longer than a page."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

import typer

from core.ports.administration import Page
from entrypoints.cli.desk import Desk, at_desk
from entrypoints.cli.documents import Document
from entrypoints.cli.output import Table, dumped, tell

T = TypeVar("T")

Ask: TypeAlias = Callable[[Desk, str | None, int], Awaitable[Page[T]]]
"""Returns what is behind a cursor, up to a limit."""

PAGE = 200


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """How a kind of things is shown, page by page: there may be very many of them."""

    plural: str
    columns: Sequence[str]
    row: Callable[[T, Desk], Sequence[object]]
    document: Callable[[T, Desk], Document]

    def show(self, ask: Ask[T], *, limit: int | None, as_json: bool) -> None:
        """Print up to ``limit`` of them, or exit and say why that can't be."""
        print_all = self._print_json if as_json else self._print_table
        at_desk(lambda desk: print_all(desk, _pages(desk, ask, limit)))

    async def _print_table(self, desk: Desk, pages: AsyncIterator[Page[T]]) -> None:
        table, shown = Table(self.columns), 0
        async for page in pages:
            table.show([self.row(item, desk) for item in page.items])
            shown += len(page.items)
            if page.next_cursor is None:
                return
        total = f"{'more than ' if page.total_is_at_least else ''}{page.total}"
        rest = f"{shown} of {total} {self.plural}: --limit and --all show more."
        tell(rest, beside=True)

    async def _print_json(self, desk: Desk, pages: AsyncIterator[Page[T]]) -> None:
        before = '{"items": ['
        async for page in pages:
            for item in page.items:
                typer.echo(f"{before}\n{dumped(self.document(item, desk))}", nl=False)
                before = ","
        typer.echo(f"{'' if before == ',' else before}\n], {dumped(_end(page))[1:]}")


def _end(page: Page[T]) -> Document:
    at_least = {"total_is_at_least": True} if page.total_is_at_least else {}
    return {"next_cursor": page.next_cursor, "total": page.total, **at_least}


async def _pages(desk: Desk, ask: Ask[T], limit: int | None) -> AsyncIterator[Page[T]]:
    cursor, left = None, limit
    while True:
        page = await ask(desk, cursor, PAGE if left is None else min(PAGE, left))
        yield page
        cursor = page.next_cursor
        left = None if left is None else left - len(page.items)
        if cursor is None or left == 0:
            return
