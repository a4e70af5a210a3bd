"""The command line: `scribes-auth`."""

import asyncio
import os
import secrets
from typing import Annotated

import typer
from pydantic import ValidationError

from config.container import Container
from config.loading import load_settings, warnings
from config.settings import Settings
from core import errors
from entrypoints.http.bodies import NewUser

app = typer.Typer(
    help="Scribes Auth: accounts, log-ins and JWTs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they print local variables
)


def _settings() -> Settings:
    """Return the settings, or exit and say everything that is wrong with them."""
    try:
        return load_settings()
    except errors.BadConfiguration as bad:
        raise _failure("The configuration can't work:", *bad.problems) from None


def _failure(*lines: str) -> typer.Exit:
    for line in lines:
        typer.echo(line, err=True)
    return typer.Exit(1)


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
    settings = _settings()
    _warn(settings)
    # Here, so that the other commands start without it.
    from entrypoints.http import server  # noqa: PLC0415

    try:
        server.serve(settings)
    except (errors.BadConfiguration, errors.Unavailable) as error:
        raise _failure(str(error)) from None


@app.command()
def migrate() -> None:
    """Create or update what the storage needs."""
    settings = _settings()
    asyncio.run(_migrate(Container(settings=settings)))
    typer.echo("The storage is up to date.")


async def _migrate(container: Container) -> None:
    storage = container.storage()
    try:
        await storage.open()
    except (errors.BadConfiguration, errors.Unavailable) as error:
        raise _failure(str(error)) from None
    finally:
        await storage.aclose()


@app.command()
def check() -> None:
    """Tell everything that is wrong with the configuration, at once."""
    settings = _settings()
    _warn(settings)
    typer.echo("The configuration is good.")


def _warn(settings: Settings) -> None:
    for warning in warnings(settings):
        typer.echo(f"Warning: {warning}", err=True)


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
    container = Container(settings=_settings())
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
        raise _failure(*problems) from None
    admin_id = asyncio.run(_create_admin(container, wanted))
    typer.echo(f"Administrator {wanted.username} has id {admin_id}.")


async def _create_admin(container: Container, wanted: NewUser) -> int:
    storage = container.storage()
    try:
        await storage.open()
        admin = await container.accounts().create_admin(**wanted.model_dump())
    except (errors.AuthError, errors.BadConfiguration) as error:
        raise _failure(str(error)) from None
    finally:
        await storage.aclose()
    return admin.id


@app.command("generate-secret")
def generate_secret() -> None:
    """Print a new JWT secret, long enough for every algorithm."""
    typer.echo(secrets.token_hex(64))


if __name__ == "__main__":
    app()
