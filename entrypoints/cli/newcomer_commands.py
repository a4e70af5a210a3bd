"""The command line: users who are added."""

from typing import Annotated

import typer

from core import errors
from core.model import Locale, Profile, Role, User
from entrypoints.cli.arguments import AsJson, Who
from entrypoints.cli.desk import Desk, at_desk, demand_terminal
from entrypoints.cli.documents import full_document, user_document
from entrypoints.cli.output import document, tell
from entrypoints.cli.user_change_commands import called

newcomers = typer.Typer()

NO_PASSWORD = "Nobody is here to be asked for the password: put it into USER_PASSWORD."  # noqa: S105

Email = Annotated[str, typer.Option()]
Username = Annotated[str, typer.Option()]
FullName = Annotated[str | None, typer.Option()]
RoleOption = Annotated[Role, typer.Option()]
Language = Annotated[
    Locale | None, typer.Option("--locale", help="Of their mails; else MAIL_LOCALE")
]


@newcomers.command()
def create(  # noqa: PLR0913 - each is an option
    email: Email,
    username: Username,
    *,
    password: Annotated[str | None, typer.Option(envvar="USER_PASSWORD")] = None,
    full_name: FullName = None,
    role: RoleOption = Role.USER,
    locale: Language = None,
    as_json: AsJson = False,
) -> None:
    """Add a user with a password, whose address counts as verified."""
    if password is None:
        demand_terminal(NO_PASSWORD)
        password = str(
            typer.prompt(
                "Password", hide_input=True, confirmation_prompt=True, err=True
            )
        )
    told = {"email": email, "username": username, "full_name": full_name}
    _, user = add({**told, "role": role, "locale": locale}, password)
    if as_json:
        document(user_document(user))
    else:
        tell(f"Added {called(user)}.")


@newcomers.command()
def invite(  # noqa: PLR0913 - each is an option
    email: Email,
    username: Username,
    *,
    full_name: FullName = None,
    role: RoleOption = Role.USER,
    locale: Language = None,
    as_json: AsJson = False,
) -> None:
    """Add a user, and have a link mailed that sets the first password."""
    told = {"email": email, "username": username, "full_name": full_name}
    desk, user = add({**told, "role": role, "locale": locale})
    if as_json:
        document(user_document(user))
    else:
        tell(f"Added {called(user)}.")
    desk.promise("An invitation", user)


@newcomers.command("invite-again")
def invite_again(who: Who, *, as_json: AsJson = False) -> None:
    """Have a new invitation mailed; older ones are void."""

    async def again(desk: Desk) -> tuple[Desk, User]:
        user = await desk.named(who)
        await desk.users.invite_again(desk.by, user.id)
        return desk, user

    desk, user = at_desk(again)
    if as_json:
        document(full_document(user))
    else:
        tell(f"A new invitation for {called(user)} is made.")
    desk.promise("It", user)


def create_admin(
    email: Annotated[str, typer.Option(prompt=True)],
    username: Annotated[str, typer.Option(prompt=True)],
    password: Annotated[
        str,
        typer.Option(
            prompt=True,
            hide_input=True,
            confirmation_prompt=True,
            envvar="ADMIN_PASSWORD",
        ),
    ],
    full_name: FullName = None,
) -> None:
    """Create an administrator, whose address counts as verified."""
    told = {"email": email, "username": username, "full_name": full_name}
    _, admin = add({**told, "role": Role.ADMIN}, password)
    tell(f"Administrator {admin.username} has id {admin.id}.")


def add(told: dict[str, str | None], password: str | None = None) -> tuple[Desk, User]:
    """Add a user, with an invitation if there is no password, or exit and say why not."""
    # Here, since it takes long to import, and other commands need none of it.
    from entrypoints.cli.newcomers import demand_password, profile_of  # noqa: PLC0415

    async def work(desk: Desk) -> tuple[Desk, User]:
        profile = profile_of(told)
        try:
            if password is None:
                return desk, await desk.users.invite(desk.by, profile)
            demand_password(password, desk.container.policy())
            return desk, await desk.users.create(desk.by, profile, password)
        except (errors.EmailTaken, errors.UsernameTaken) as taken:
            advice = await _advice(desk, profile)
            raise errors.OperationError(f"{taken}\n{advice}") from None

    return at_desk(work, prepares=True)


async def _advice(desk: Desk, wanted: Profile) -> str:
    """Return what to do where an address, or else a username is taken."""
    try:
        user = await desk.named(wanted.email)
    except errors.UserNotFound:
        return "An account with another address has it: choose another username."
    told = f"It is {called(user)}"
    if wanted.role is user.role:
        return f"{told}, whose role is {user.role} already."
    to_do = f"scribes-auth users set-role {user.id} {wanted.role}"
    return f"{told}. To give that account the role {wanted.role}: {to_do}"
