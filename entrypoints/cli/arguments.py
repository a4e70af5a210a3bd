"""Arguments and options that several commands have."""

from datetime import UTC, datetime
from typing import Annotated

import typer

FIRST_SURROGATE, LAST_SURROGATE = "\ud800", "\udfff"


def text(value: str | None) -> str | None:
    """Return what was written; raises BadParameter for what is empty, or no text."""
    if value is not None and not value.strip():
        raise typer.BadParameter("it is empty")
    if value and any(FIRST_SURROGATE <= it <= LAST_SURROGATE for it in value):
        raise typer.BadParameter("it is no text in UTF-8")
    return value


def instant(value: str | None) -> datetime | None:
    """Return a time in UTC, of a day its beginning; raises BadParameter for none."""
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        told = f"{value!r}: write a day or a time, 2025-12-24 or 2025-12-24T10:00:00Z"
        raise typer.BadParameter(told) from None


Who = Annotated[
    str,
    typer.Argument(
        metavar="WHO", callback=text, help="An id, an e-mail address or a username"
    ),
]
Moment = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="A day, or a time; in UTC if it says no other"),
]
Yes = Annotated[bool, typer.Option("--yes", help="Don't ask")]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print JSON, with the fields of the HTTP API")
]
Limit = Annotated[
    int, typer.Option("--limit", min=1, metavar="N", help="How many at most")
]
Everything = Annotated[bool, typer.Option("--all", help="Whatever their number")]
