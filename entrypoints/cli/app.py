"""The command line: `scribes-auth`."""

import sys
from importlib.metadata import version
from io import TextIOWrapper
from typing import Annotated

import typer

from entrypoints.cli.calibrate import calibrate
from entrypoints.cli.console import tell_no_credentials
from entrypoints.cli.event_commands import events, stats
from entrypoints.cli.healthcheck import healthcheck
from entrypoints.cli.key_commands import keys
from entrypoints.cli.mail_commands import mail
from entrypoints.cli.newcomer_commands import create_admin
from entrypoints.cli.service_commands import commands
from entrypoints.cli.user_commands import users

app = typer.Typer(
    help="Scribes Auth: accounts, log-ins and JWTs.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # they print local variables
)
app.add_typer(commands)
app.command("create-admin")(create_admin)
app.command()(healthcheck)
app.command()(calibrate)
app.add_typer(users, name="users")
app.add_typer(events, name="events")
app.command()(stats)
app.add_typer(mail, name="mail")
app.add_typer(keys, name="keys")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"scribes-auth {version('scribes-auth')}")
        raise typer.Exit


@app.callback()
def options(
    *,
    _: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Tell it, and exit"
        ),
    ] = False,
) -> None:
    """Scribes Auth: accounts, log-ins and JWTs."""


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # what it can't write it escapes
            stream.reconfigure(errors="backslashreplace")
    with tell_no_credentials():
        app()
