"""The command line: `scribes-auth users`, and what only looks at them."""

from typing import Annotated

import typer

from core.model import Role, Session, User, UserFilter, UserId, UserOrder, UserSort
from core.ports.administration import Page, Report
from entrypoints.cli.arguments import (
    AsJson,
    Everything,
    Limit,
    Moment,
    Who,
    instant,
    text,
)
from entrypoints.cli.cognito_commands import movers
from entrypoints.cli.desk import Desk, at_desk
from entrypoints.cli.documents import (
    report_document,
    session_document,
    timestamp,
    user_document,
)
from entrypoints.cli.listings import Listing
from entrypoints.cli.newcomer_commands import newcomers
from entrypoints.cli.output import document, facts
from entrypoints.cli.user_change_commands import changes

users = typer.Typer(help="People's accounts.", no_args_is_help=True)
users.add_typer(newcomers)
users.add_typer(changes)
users.add_typer(movers)

SORTS = [sign + sort for sort in UserSort for sign in ("", "-")]

USERS: Listing[User] = Listing(
    "users",
    ("id", "email", "username", "full name", "role", "state", "last log-in"),
    lambda user, _: (
        user.id,
        user.email,
        user.username,
        user.full_name,
        user.role,
        state(user),
        timestamp(user.last_login_at),
    ),
    lambda user, _: user_document(user),
)
SESSIONS: Listing[Session] = Listing(
    "sessions",
    ("id", "device", "address", "begun", "last used", "expires"),
    lambda session, desk: (
        session.id,
        desk.devices.name(session.client.label),
        session.client.address,
        timestamp(session.created_at),
        timestamp(session.last_used_at),
        timestamp(session.expires_at),
    ),
    lambda session, desk: session_document(session, desk.devices),
)


def state(user: User) -> str:
    """Return what keeps a user from logging in, or may."""
    if not user.is_active:
        return "inactive"
    return "active" if user.is_verified else "unverified"


def order(sort: str) -> UserOrder:
    """Return the order that is meant; raises BadParameter for none."""
    if sort not in SORTS:
        raise typer.BadParameter(f"--sort: write one of {', '.join(SORTS)}")
    return UserOrder(UserSort(sort.removeprefix("-")), sort.startswith("-"))


@users.command("list")
def list_users(  # noqa: PLR0913 - each is an option
    *,
    q: Annotated[
        str | None,
        typer.Option(
            callback=text, help="Who has it in an address or a name, in any case"
        ),
    ] = None,
    role: Annotated[Role | None, typer.Option()] = None,
    active: Annotated[bool | None, typer.Option("--active/--inactive")] = None,
    verified: Annotated[bool | None, typer.Option("--verified/--unverified")] = None,
    created_after: Moment = None,
    sort: Annotated[
        str, typer.Option(metavar="BY", help="With - before it, descending")
    ] = "id",
    limit: Limit = 50,
    everything: Everything = False,
    as_json: AsJson = False,
) -> None:
    """List and search users."""
    wanted = UserFilter(
        text=q,
        role=role,
        is_active=active,
        is_verified=verified,
        created_after=instant(created_after),
    )
    by = order(sort)

    async def ask(desk: Desk, cursor: str | None, most: int) -> Page[User]:
        return await desk.users.find(desk.by, wanted, by, cursor=cursor, limit=most)

    USERS.show(ask, limit=None if everything else limit, as_json=as_json)


@users.command("show")
def show_user(who: Who, *, as_json: AsJson = False) -> None:
    """Show a user, and how they stand."""

    async def look(desk: Desk) -> tuple[Report, bool]:
        user = await desk.named(who)
        return await desk.users.look(desk.by, user.id), desk.reaches_limits

    report, reaches_limits = at_desk(look)
    told = report_document(report)
    if as_json:
        document(told)
        return
    unknown = {} if reaches_limits else {"locked_until": "known to the service alone"}
    facts({**told, **unknown})


@users.command("sessions")
def list_sessions(
    who: Who,
    *,
    limit: Limit = 50,
    everything: Everything = False,
    as_json: AsJson = False,
) -> None:
    """List a user's log-ins, the newest first."""
    found: list[UserId] = []

    async def ask(desk: Desk, cursor: str | None, most: int) -> Page[Session]:
        if not found:
            found.append((await desk.named(who)).id)
        return await desk.sessions.list(desk.by, found[0], cursor=cursor, limit=most)

    SESSIONS.show(ask, limit=None if everything else limit, as_json=as_json)
