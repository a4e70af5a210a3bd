"""The command line: what `scribes-auth users` does with a user."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from core.model import Role, User, UserEdit
from entrypoints.cli.arguments import AsJson, Who, Yes
from entrypoints.cli.console import Exit, failure
from entrypoints.cli.desk import Desk, at_desk, demand_yes
from entrypoints.cli.documents import full_document
from entrypoints.cli.output import document, tell

T = TypeVar("T")

changes = typer.Typer()

OUT_OF_REACH = (
    "Without REDIS_URL the service counts failures in its own memory: ask it over HTTP,"
    " POST /admin/users/{id}/unlock, or restart it."
)


def called(user: User) -> str:
    """Return how a user is named in a sentence."""
    return f"user {user.id} ({user.username})"


def done(user: User, sentence: str, *, as_json: bool) -> None:
    """Print what became of a user."""
    if as_json:
        document(full_document(user))
    else:
        tell(sentence)


@changes.command("set-role")
def set_role(
    who: Who,
    role: Annotated[Role, typer.Argument(help="What they may do from now on")],
    *,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Give a user another role; it counts at their next request."""

    def question(user: User) -> str | None:
        if user.role is role:
            return None
        return f"Give {called(user)} the role {role} instead of {user.role}?"

    desk, before, user = _change(who, {"role": role}, question, yes=yes)
    done(user, f"The role of {called(user)} is {role}.", as_json=as_json)
    if before.role is not role:
        desk.promise_notice("The new role", user)


@changes.command()
def activate(who: Who, *, as_json: AsJson = False) -> None:
    """Let a user log in again."""
    *_, user = _change(who, {"is_active": True})
    done(user, f"The account of {called(user)} is active.", as_json=as_json)


@changes.command()
def deactivate(who: Who, *, yes: Yes = False, as_json: AsJson = False) -> None:
    """Keep a user out; all their sessions end."""

    def question(user: User) -> str | None:
        return f"Keep {called(user)} out?" if user.is_active else None

    *_, user = _change(who, {"is_active": False}, question, yes=yes)
    done(user, f"The account of {called(user)} is inactive.", as_json=as_json)


@changes.command()
def verify(
    who: Who,
    *,
    mail: Annotated[
        bool, typer.Option("--mail", help="Have a link mailed that proves it instead")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take a user's e-mail address as proved."""
    if mail:
        desk, user, _ = _with(
            who, lambda desk, user: desk.users.mail_verification(desk.by, user.id)
        )
        done(user, f"A link for {called(user)} is made.", as_json=as_json)
        desk.promise("It", user)
        return
    *_, user = _change(who, {"is_verified": True})
    done(user, f"The address of {called(user)} is verified.", as_json=as_json)


@changes.command()
def unlock(who: Who, *, as_json: AsJson = False) -> None:
    """Forget a user's failed log-ins, so that they may try again at once."""

    async def forget(desk: Desk, user: User) -> None:
        if not desk.reaches_limits:
            raise failure(OUT_OF_REACH, code=Exit.CONFIGURATION)
        # Else it would be told as done, and counted by this process alone.
        await desk.container.limiter().ping()
        await desk.users.unlock(desk.by, user.id)

    _, user, _ = _with(who, forget)
    done(user, f"The failures of {called(user)} are forgotten.", as_json=as_json)


@changes.command("reset-password")
def reset_password(who: Who, *, as_json: AsJson = False) -> None:
    """Have a link mailed that sets a new password; the old one stays till then."""
    desk, user, _ = _with(
        who, lambda desk, user: desk.users.mail_reset(desk.by, user.id)
    )
    done(user, f"A password reset for {called(user)} is made.", as_json=as_json)
    desk.promise("It", user)


@changes.command("end-sessions")
def end_sessions(who: Who, *, yes: Yes = False, as_json: AsJson = False) -> None:
    """Log a user out everywhere."""

    async def end(desk: Desk, user: User) -> int:
        demand_yes(f"Log {called(user)} out everywhere?", yes=yes)
        return await desk.sessions.end_all(desk.by, user.id)

    _, user, ended = _with(who, end)
    if as_json:
        document({"ended": ended})
    else:
        tell(f"Sessions of {called(user)} that were ended: {ended}.")


@changes.command()
def delete(who: Who, *, yes: Yes = False, as_json: AsJson = False) -> None:
    """Remove a user, and whatever names them, for good."""

    async def remove(desk: Desk, user: User) -> None:
        demand_yes(f"Delete {called(user)}, {user.email}, for good?", yes=yes)
        await desk.users.delete(desk.by, user.id)

    desk, user, _ = _with(who, remove)
    done(user, f"Deleted {called(user)}.", as_json=as_json)
    desk.promise_notice("A last word", user)


def _with(who: str, work: Callable[[Desk, User], Awaitable[T]]) -> tuple[Desk, User, T]:
    """Return where it was done, who is meant, and what was done with them."""

    async def find_and_work(desk: Desk) -> tuple[Desk, User, T]:
        user = await desk.named(who)
        return desk, user, await work(desk, user)

    return at_desk(find_and_work)


def _change(
    who: str,
    edit: UserEdit,
    question: Callable[[User], str | None] = lambda _: None,
    *,
    yes: bool = True,
) -> tuple[Desk, User, User]:
    """Change a user, if who is asked says yes; return the user before and after, too."""

    async def change(desk: Desk, user: User) -> User:
        if asked := question(user):
            demand_yes(asked, yes=yes)
        return await desk.users.change(desk.by, user.id, edit, stamp=None)

    return _with(who, change)
