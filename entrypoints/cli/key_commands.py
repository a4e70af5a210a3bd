"""The command line: `scribes-auth keys`."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from core import errors
from core.keys.keyring import KeyState, KeyStatus, Ring
from core.operations.schema import demand_schema
from entrypoints.cli.console import (
    Exit,
    failure,
    operator,
    reason,
    run,
    run_or_raise,
    wired,
)

if TYPE_CHECKING:
    from config.container import Container

keys = typer.Typer(help="The keys that sign tokens.", no_args_is_help=True)

COLUMNS = ("kid", "algorithm", "state", "since", "until", "version")
POOLS = (
    "The user pool signs the tokens: Amazon Cognito keeps its keys, and rotates them."
)
NOTHING = "Nothing is to be done. To rotate, add a new version of the secret."
NO_KEY = "Every key is revoked: nobody can log in or refresh. Add a new version of the secret."
NO_OTHER = (
    "There is no other key: nobody can log in or refresh from then on. Better add a new"
    " version of the secret first."
)


@keys.command("list")
def list_keys() -> None:
    """Tell each key's state, and what is safe to do next."""
    container = _with_own_keys()
    try:
        run_or_raise(container.storage(), lambda: _learn(container))
    except (errors.AuthError, errors.OperationError) as error:
        unknown = "Warning: which keys were revoked is not known"
        typer.echo(f"{unknown}: {reason(error)}", err=True)
    keyring = container.keyring()
    ring = keyring.at(container.clock().now())
    life = keyring.rules.token_life
    for line in (*table(ring), "", *keyring.problems, *steps(ring, life)):
        typer.echo(line)


@keys.command(
    "revoke",
    context_settings={"ignore_unknown_options": True},  # a KID may begin with a dash
)
def revoke_key(
    kid: Annotated[str, typer.Argument(metavar="KID", help="As `keys list` tells it")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask")] = False,
) -> None:
    """Stop a stolen key on every replica, for good."""
    container = _with_own_keys()
    if container.settings().storage_url.startswith("memory:"):
        told = "A storage in memory is the service's own: give it another key."
        raise failure(told, code=Exit.CONFIGURATION)
    run(container.storage(), lambda: _revoke(container, kid, sure=yes))


def _with_own_keys() -> "Container":
    """Return everything by the settings, or exit where the keys are somebody else's."""
    container = wired()
    if container.settings().has_cognito:
        raise failure(POOLS, code=Exit.CONFIGURATION)
    return container


async def _revoke(container: "Container", kid: str, *, sure: bool) -> None:
    await _learn(container)
    keyring, now = container.keyring(), container.clock().now()
    ring = keyring.at(now)
    if not ring.knows(kid):
        lines = [f"There is no key {kid}. The keys are:", *table(ring)]
        raise errors.OperationError("\n".join(lines))
    if after := keyring.without(kid, now):
        refresh = container.settings().secrets_refresh_seconds
        for line in consequences(after, refresh):
            typer.echo(line)
        if not sure:
            typer.confirm(f"Revoke {kid}?", abort=True)
    is_new = await container.revocations().revoke(kid, operator())
    typer.echo(f"The key {kid} {'is' if is_new else 'was already'} revoked.")


async def _learn(container: "Container") -> None:
    """Find out which keys were revoked."""
    await demand_schema(container.storage())
    await container.revocations().learn()


def table(ring: Ring) -> list[str]:
    """Return a line for each key, newest first, below the names of the columns."""
    rows = [COLUMNS, *(_row(status) for status in ring.keys)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def steps(ring: Ring, token_life: timedelta) -> list[str]:
    """Return what is safe to do next, and when."""
    if ring.signer is None:
        return [NO_KEY]
    found = [STEPS[it.state](it, token_life) for it in ring.keys if it.state in STEPS]
    return found or [NOTHING]


def consequences(after: Ring, refresh_seconds: float) -> list[str]:
    """Return what it means to revoke a key, given the keys as they stand then."""
    signs = NO_OTHER
    if after.signer is not None:
        signs = f"Version {after.signer.version} signs from then on."
    seconds = f"within {refresh_seconds:g} seconds"
    return [
        f"Every replica gives the key up at its next look, {seconds}.",
        "Who has only tokens that it signed has to log in again; links in mails are void.",
        signs,
        "It can't be taken back, not by the secrets backend either.",
    ]


def _row(it: KeyStatus) -> tuple[str, ...]:
    key = it.key
    times = (_time(it.since), _time(it.until))
    return (key.kid, key.algorithm, it.state, *times, it.version)


def _time(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else "-"


def _pending(it: KeyStatus, _: timedelta) -> str:
    return f"Wait until {_time(it.until)}: then version {it.version} signs."


def _verifying(it: KeyStatus, token_life: timedelta) -> str:
    if it.until is None:
        hours = token_life / timedelta(hours=1)
        return (
            f"Remove version {it.version} when every replica has run for {hours:g} hours"
            " with the newer one first: tokens that it signed are alive till then."
        )
    return (
        f"Wait until {_time(it.until)}: tokens that version {it.version} signed are"
        " alive till then. Disabling it now ends their sessions: only in an emergency."
    )


def _retired(it: KeyStatus, _: timedelta) -> str:
    return f"Disable version {it.version}: nothing that it signed is alive."


STEPS: dict[KeyState, Callable[[KeyStatus, timedelta], str]] = {
    KeyState.PENDING: _pending,
    KeyState.VERIFYING: _verifying,
    KeyState.RETIRED: _retired,
}
