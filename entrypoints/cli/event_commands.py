"""The command line: `scribes-auth events`, and figures."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Annotated

import typer

from core.model import EventFilter, UserId
from core.model.events import Event, EventKind
from core.ports.administration import Page
from entrypoints.cli.arguments import AsJson, Everything, Limit, Moment, instant, text
from entrypoints.cli.desk import Desk, at_desk
from entrypoints.cli.documents import (
    event_data,
    event_document,
    summary_document,
    timestamp,
)
from entrypoints.cli.listings import PAGE, Listing
from entrypoints.cli.output import Table, cell, document, dumped, facts, tell

events = typer.Typer(help="What happened.", no_args_is_help=True)

POLL_SECONDS = 0.5

Id = Annotated[int | None, typer.Option(min=1, metavar="ID")]


def cells(event: Event, desk: Desk) -> Sequence[object]:
    """Return what people are told of an event."""
    actor = event.actor if event.actor_id is None else f"user {event.actor_id}"
    return (
        timestamp(event.at),
        event.kind,
        event.user_id or None,
        actor,
        event.address,
        event.label and desk.devices.name(event.label),
        " ".join(f"{name}={value}" for name, value in event_data(event).items()),
    )


EVENTS: Listing[Event] = Listing(
    "events",
    ("at", "kind", "user", "by", "address", "client", "what"),
    cells,
    lambda event, desk: event_document(event, desk.devices),
)


@events.command("list")
def list_events(  # noqa: PLR0913 - each is an option
    *,
    user_id: Id = None,
    actor_id: Id = None,
    kind: Annotated[EventKind | None, typer.Option(metavar="KIND")] = None,
    address: Annotated[str | None, typer.Option(callback=text)] = None,
    after: Moment = None,
    before: Moment = None,
    limit: Limit = 50,
    everything: Everything = False,
    as_json: AsJson = False,
) -> None:
    """List what happened, the latest first."""
    wanted = EventFilter(
        user_id=user_id,
        actor_id=actor_id,
        kind=kind,
        address=address,
        after=instant(after),
        before=instant(before),
    )

    async def ask(desk: Desk, cursor: str | None, most: int) -> Page[Event]:
        return await desk.audit.find(desk.by, wanted, cursor=cursor, limit=most)

    EVENTS.show(ask, limit=None if everything else limit, as_json=as_json)


@events.command()
def follow(*, user_id: Id = None, as_json: AsJson = False) -> None:
    """Print what happens, as it does, until interrupted; with --json a line each."""

    async def print_all(desk: Desk) -> None:
        async for event in _coming(desk, user_id):
            if as_json:
                typer.echo(dumped(event_document(event, desk.devices)))
            else:
                typer.echo("  ".join(map(cell, cells(event, desk))))

    with suppress(KeyboardInterrupt):
        at_desk(print_all)


def stats(*, as_json: AsJson = False) -> None:
    """Print the service in figures."""
    summary = at_desk(lambda desk: desk.audit.summary(desk.by))
    told = summary_document(summary)
    if as_json:
        document(told)
        return
    users = {f"users, {name}": number for name, number in told["users"].items()}
    facts(
        {
            **users,
            "live sessions": summary.live_sessions,
            "mails that wait": summary.mails_waiting,
            "oldest of them": summary.oldest_mail and timestamp(summary.oldest_mail),
        }
    )
    typer.echo()
    days = told["days"]
    Table([*days[0]]).show([[*day.values()] for day in days])


async def _coming(desk: Desk, user_id: UserId | None) -> AsyncIterator[Event]:
    """Yield what is stored from now on, in this order."""
    stored = desk.container.storage().events
    latest = await desk.audit.find(desk.by, EventFilter(), cursor=None, limit=1)
    last = latest.items[0].id if latest.items else None
    tell("Waiting for what happens: Ctrl-C ends it.", beside=True)
    while True:
        found = await stored.read(after=last, limit=PAGE, user_id=user_id)
        for event in found:
            yield event
            last = event.id
        if not found:
            await asyncio.sleep(POLL_SECONDS)
