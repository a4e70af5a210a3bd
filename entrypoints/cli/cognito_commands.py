"""The command line: users who move into a user pool of Amazon Cognito, and back."""

import csv
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, TextIO

import typer

from core.model import Account
from core.operations import cognito_files
from entrypoints.cli.desk import Desk, at_desk

STANDARD = "-"

movers = typer.Typer()

From = Annotated[
    typer.FileText,
    typer.Option("--cognito", metavar="FILE", help="What list-users printed; - reads"),
]


@movers.command("export")
def export_users(
    *,
    file: Annotated[
        str,
        typer.Option(
            "--cognito-csv", metavar="FILE", help="For an import job; - prints"
        ),
    ],
) -> None:
    """Write users for an import job of Amazon Cognito: all but their passwords."""
    accounts = at_desk(_everybody, of_storage=True)
    going = [it.user for it in accounts if cognito_files.may_go(it.user)]
    with ExitStack() as ends:
        out: TextIO = sys.stdout
        if file != STANDARD:
            out = ends.enter_context(Path(file).open("w", encoding="utf-8", newline=""))
        writer = csv.DictWriter(out, cognito_files.HEADER, lineterminator="\n")
        writer.writeheader()
        writer.writerows(map(cognito_files.row, going))
    left = len(accounts) - len(going)
    typer.echo(
        f"{len(going)} users written; {left} left out, who are inactive or unverified."
        " Roles are groups: add administrators to `admin`.",
        err=True,
    )


@movers.command("import")
def import_users(
    *,
    users: From,
    admins: Annotated[
        typer.FileText | None,
        typer.Option(
            "--admins", metavar="FILE", help="What list-users-in-group printed"
        ),
    ] = None,
) -> None:
    """Take users back from Amazon Cognito: all of them, or nobody if anybody can't come."""
    coming = list(cognito_files.listed(users.read()))
    rulers = list(cognito_files.listed(admins.read())) if admins else []

    async def take(desk: Desk) -> cognito_files.Arrivals:
        storage, emails = desk.container.storage(), desk.container.emails()
        found = await cognito_files.arriving(storage, emails, coming, rulers)
        now = desk.container.clock().now()
        await cognito_files.write(storage, found.accounts, now=now)
        return found

    taken = at_desk(take, prepares=True, of_storage=True)
    typer.echo(
        f"{len(taken.accounts)} users taken; {taken.without_password} have no password"
        " here, and log in after a reset."
    )


async def _everybody(desk: Desk) -> list[Account]:
    return await cognito_files.everybody(desk.container.storage())
