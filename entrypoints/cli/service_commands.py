"""The command line: running the service, and what it needs."""

import gc
import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from core import errors
from core.redaction import redacted
from entrypoints.cli.console import Exit, configured, failed, run, wired

commands = typer.Typer()

CHECK_SECONDS = 6.5
"""For `check --connect`, so that all of it takes less than ten."""

NOT_TRIED = (
    "Not tried: the storage, Redis, the mail server and the port;"
    " `scribes-auth check --connect` asks them."
)


@contextmanager
def _nothing_thrown_away() -> Iterator[None]:
    """Look for no garbage among what is imported: that takes a sixth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@commands.command()
def serve(
    host: Annotated[str | None, typer.Option(help="HOST")] = None,
    port: Annotated[int | None, typer.Option(help="PORT")] = None,
    workers: Annotated[int | None, typer.Option(help="WORKERS")] = None,
) -> None:
    """Serve the HTTP API until told to stop."""
    # Into the environment, since worker processes read their settings from there.
    given = {"HOST": host, "PORT": port, "WORKERS": workers}
    os.environ.update({k: str(v) for k, v in given.items() if v is not None})
    with _nothing_thrown_away():
        settings = configured()
        # Here, so that the other commands start without it.
        from entrypoints.http import server  # noqa: PLC0415

    try:
        server.serve(settings)
    except (errors.BadConfiguration, errors.Unavailable) as error:
        raise failed(error) from None


@commands.command()
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
    storage = wired().storage()
    names = run(storage, storage.pending if plan or check else storage.migrate)
    for name in names:
        typer.echo(f"{name}: {'pending' if plan or check else 'done'}")
    if not names:
        typer.echo("The storage is up to date.")
    if names and check:
        raise typer.Exit(Exit.FAILED)


@commands.command()
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
    from entrypoints.cli.transfers import move  # noqa: PLC0415 - as in `serve`

    try:
        digests = move(source, target, batch)
    except (errors.AuthError, errors.OperationError) as error:
        raise failed(error) from None
    for kind, digest in digests.items():
        typer.echo(f"{kind}: equal on both sides, SHA-256 {digest}")


@commands.command()
def check(
    *,
    connect: Annotated[
        bool, typer.Option("--connect", help="Ask everything that is needed, too")
    ] = False,
) -> None:
    """Tell everything that is wrong with the configuration, at once."""
    begun = time.monotonic()
    container = wired()
    from config.loading import warnings  # noqa: PLC0415 - as in `serve`
    from entrypoints.cli import checks  # noqa: PLC0415

    for warning in warnings(container.settings()):
        typer.echo(f"Warning: {warning}", err=True)
    typer.echo("The configuration is good.")
    if not connect:
        typer.echo(NOT_TRIED)
        return
    # Whatever reading secrets took counts, too.
    left = max(1.0, CHECK_SECONDS + begun - time.monotonic())
    findings, hangs = checks.look(container, left)
    for finding in findings:
        typer.echo(redacted(finding.line))
    codes = {finding.code for finding in findings if finding.code}
    code = max(codes, default=0)
    if hangs:
        sys.stdout.flush()
        os._exit(code)  # else it would wait for what nobody can call off
    raise typer.Exit(code)


@commands.command("generate-secret")
def generate_secret() -> None:
    """Print a new JWT secret, long enough for every algorithm."""
    typer.echo(secrets.token_hex(64))
