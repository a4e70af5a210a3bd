"""What commands print: tables for people, JSON for programs, and notes beside both."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import typer

from core.characters import is_hidden


def harmless(text: str) -> str:
    """Return the text with escapes for what a terminal obeys, and for what nobody sees."""
    return "".join(_escaped(it) if is_hidden(it) else it for it in text)


def tell(text: str, *, beside: bool = False) -> None:
    """Print a sentence; ``beside`` what programs read it goes to standard error."""
    typer.echo(harmless(text), err=beside)


def document(value: object) -> None:
    """Print a whole JSON document."""
    typer.echo(dumped(value, indent=2))


def dumped(value: object, *, indent: int | None = None) -> str:
    """Return JSON in ASCII, which any terminal can show and none obeys."""
    return json.dumps(value, indent=indent).replace("\x7f", "\\u007f")


def facts(told: Mapping[str, object]) -> None:
    """Print a line for each."""
    width = max(map(len, told))
    for name, value in told.items():
        typer.echo(f"{name.replace('_', ' '):{width}}  {cell(value)}")


def cell(value: object) -> str:
    """Return how people are told a value."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return harmless(str(value)) if value not in {None, ""} else "-"


@dataclass(slots=True)
class Table:
    """
    Rows below the names of their columns, shown as they come.

    On a terminal each page is a table; elsewhere all of them are plain columns.
    """

    columns: Sequence[str]
    _widths: list[int] = field(default_factory=list, init=False)

    def show(self, rows: Iterable[Sequence[object]]) -> None:
        """Print a page of rows."""
        shown = [[cell(value) for value in row] for row in rows]
        if sys.stdout is not None and sys.stdout.isatty():
            self._draw(shown)
        else:
            self._line_up(shown)

    def _draw(self, rows: list[list[str]]) -> None:
        # Here, since it takes long, and only a terminal needs it.
        from rich import box  # noqa: PLC0415
        from rich.console import Console  # noqa: PLC0415
        from rich.table import Table as Drawn  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        table = Drawn(*self.columns, box=box.SIMPLE_HEAD, show_edge=False)
        for column in table.columns:
            column.overflow = "fold"
        for row in rows:
            table.add_row(*map(Text, row))  # a plain string would be markup
        Console(highlight=False).print(table)

    def _line_up(self, rows: list[list[str]]) -> None:
        lines = rows if self._widths else [[*self.columns], *rows]
        if not lines:
            return
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        self._widths = [*map(max, self._widths or widths, widths)]
        for line in lines:
            typer.echo("  ".join(map(str.ljust, line, self._widths)).rstrip())


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
