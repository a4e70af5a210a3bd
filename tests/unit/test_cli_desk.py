"""What keeps an operator from the desk, and with which exit code."""

import pytest

from entrypoints.cli.console import Exit
from tests.servers.processes import free_port
from tests.unit.command_line import CommandLine

COMMANDS = (
    "users list",
    "users list --json",
    "users show bob",
    "users delete bob --yes",
    "users end-sessions bob",
    "events list",
    "events follow",
    "stats",
)


def refusal(cli: CommandLine, command: str, **settings: str) -> tuple[int, str]:
    """Return how a command ends that prints nothing, and why."""
    done = cli.run(*command.split(), **settings)
    assert "" == done.stdout
    return done.exit_code, done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_a_storage_that_is_away_has_its_code(cli: CommandLine, command: str) -> None:
    away = f"postgresql://u:hidden@127.0.0.1:{free_port()}/x"

    code, told = refusal(cli, command, DATABASE_URL=away)

    assert Exit.AWAY == code
    assert told.strip() != ""
    assert "hidden" not in told


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("memory://", "ask it over HTTP"),
        ("sqlite:///nowhere.db", "run `scribes-auth migrate`, or check DATABASE_URL"),
        ("mysql://x", "DATABASE_URL"),
    ],
)
def test_a_storage_that_can_not_do_is_the_configuration_s(
    cli: CommandLine, url: str, told: str
) -> None:
    for command in ("users list", "stats"):
        code, why = refusal(cli, command, DATABASE_URL=url)

        assert Exit.CONFIGURATION == code
        assert told in why
    assert not (cli.directory / "nowhere.db").exists()


def test_a_schema_that_is_behind_is_the_configuration_s(cli: CommandLine) -> None:
    behind = {"DATABASE_URL": "sqlite:///behind.db"}
    assert 0 == cli.run("keys", "list", **behind).exit_code  # which makes the file

    code, told = refusal(cli, "users list", **behind)

    assert Exit.CONFIGURATION == code
    assert "run `scribes-auth migrate`" in told


def test_the_first_user_prepares_the_storage(cli: CommandLine) -> None:
    new = {"DATABASE_URL": "sqlite:///new.db", "USER_PASSWORD": "SecurePass123!"}
    named = ("--email", "bob@example.com", "--username", "bob")

    assert 0 == cli.run("users", "create", *named, **new).exit_code

    assert "bob@example.com" in cli.tell("users", "list", **new)
