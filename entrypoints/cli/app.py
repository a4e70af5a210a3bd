"""The command line: `scribes-auth`."""

import os
import secrets
import sys
import time
from typing import Annotated

import typer
from pydantic import ValidationError

from config.container import Container
from config.loading import warnings
from core import errors
from core.model import User
from core.redaction import redacted
from entrypoints.bodies import NewUser
from entrypoints.cli import checks
from entrypoints.cli.console import (
    Exit,
    configured,
    failed,
    failure,
    operator,
    run,
    tell_no_credentials,
)
from entrypoints.cli.key_commands import keys
from entrypoints.cli.promotion import promotion
from entrypoints.cli.transfers import move

app = typer.Typer(
    help="Scribes Auth: accounts, log-ins and JWTs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they print local variables
)
app.add_typer(keys, name="keys")


CHECK_SECONDS = 6.5
"""For `check --connect`, so that all of it takes less than ten."""

NOT_TRIED = (
    "Not tried: the storage, Redis, the mail server and the port;"
    " `scribes-auth check --connect` asks them."
)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="HOST")] = None,
    port: Annotated[int | None, typer.Option(help="PORT")] = None,
    workers: Annotated[int | None, typer.Option(help="WORKERS")] = None,
) -> None:
    """Serve the HTTP API until told to stop."""
    # Into the environment, since worker processes read their settings from there.
    given = {"HOST": host, "PORT": port, "WORKERS": workers}
    os.environ.update({k: str(v) for k, v in given.items() if v is not None})
    settings = configured()
    # Here, so that the other commands start without it.
    from entrypoints.http import server  # noqa: PLC0415

    try:
        server.serve(settings)
    except (errors.BadConfiguration, errors.Unavailable) as error:
        raise failed(error) from None


@app.command()
def migrate(
    *,
    plan: Annotated[
        bool, typer.Option("--plan", help="Only tell what would run")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Only tell, and fail if anything would run")
    ] = False,
) -> None:
    """Create or update what the storage needs."""
    storage = Container(settings=configured()).storage()
    names = run(storage, storage.pending if plan or check else storage.migrate)
    for name in names:
        typer.echo(f"{name}: {'pending' if plan or check else 'done'}")
    if not names:
        typer.echo("The storage is up to date.")
    if names and check:
        raise typer.Exit(Exit.FAILED)


@app.command()
def transfer(
    source: Annotated[
        str, typer.Option("--from", envvar="TRANSFER_FROM", help="Like DATABASE_URL")
    ],
    target: Annotated[
        str,
        typer.Option("--to", envvar="TRANSFER_TO", help="Likewise; must be empty"),
    ],
    batch: Annotated[int, typer.Option(min=1, max=10_000)] = 1000,
) -> None:
    """
    Copy everything from one storage into another.

    Stop the service before. An interrupted transfer goes on where it stopped.
    """
    try:
        digests = move(source, target, batch)
    except (errors.AuthError, errors.OperationError) as error:
        raise failed(error) from None
    for kind, digest in digests.items():
        typer.echo(f"{kind}: equal on both sides, SHA-256 {digest}")


@app.command()
def check(
    *,
    connect: Annotated[
        bool, typer.Option("--connect", help="Ask everything that is needed, too")
    ] = False,
) -> None:
    """Tell everything that is wrong with the configuration, at once."""
    begun = time.monotonic()
    settings = configured()
    for warning in warnings(settings):
        typer.echo(f"Warning: {warning}", err=True)
    typer.echo("The configuration is good.")
    if not connect:
        typer.echo(NOT_TRIED)
        return
    # Whatever reading secrets took counts, too.
    left = max(1.0, CHECK_SECONDS + begun - time.monotonic())
    findings, hangs = checks.look(Container(settings=settings), left)
    for finding in findings:
        typer.echo(redacted(finding.line))
    codes = {finding.code for finding in findings if finding.code}
    code = max(codes, default=0)
    if hangs:
        sys.stdout.flush()
        os._exit(code)  # else it would wait for what nobody can call off
    raise typer.Exit(code)


@app.command("create-admin")
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
    full_name: Annotated[str | None, typer.Option()] = None,
) -> None:
    """Create an administrator, whose address counts as verified."""
    container = Container(settings=configured())
    try:
        wanted = NewUser.model_validate(
            {
                "email": email,
                "username": username,
                "password": password,
                "full_name": full_name,
            },
            context={"policy": container.policy()},
        )
    except ValidationError as error:
        problems = (f"{found['loc'][0]}: {found['msg']}" for found in error.errors())
        raise failure(*problems) from None
    admin = run(container.storage(), lambda: _create_admin(container, wanted))
    typer.echo(f"Administrator {admin.username} has id {admin.id}.")


async def _create_admin(container: Container, wanted: NewUser) -> User:
    if container.settings().migrates_itself:
        await container.storage().migrate()
    try:
        return await container.accounts().create_admin(
            **wanted.model_dump(), operator=operator()
        )
    except (errors.EmailTaken, errors.UsernameTaken) as taken:
        whose = await container.accounts().of_email(wanted.email)
        url = container.settings().storage_url
        advice = promotion(url, whose, wanted.username)
        raise errors.OperationError("\n".join([str(taken), *advice])) from None


@app.command("generate-secret")
def generate_secret() -> None:
    """Print a new JWT secret, long enough for every algorithm."""
    typer.echo(secrets.token_hex(64))


def main() -> None:
    """Run the command line."""
    with tell_no_credentials():
        app()
