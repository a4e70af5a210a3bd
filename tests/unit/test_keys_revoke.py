"""What `keys revoke` says and asks, on a storage in a file."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner, Result

from adapters.storage.sqlite.schema import KNOWN
from adapters.tokens.secret_keys import SecretKeys
from entrypoints.cli.app import app
from entrypoints.cli.console import Exit
from entrypoints.cli.key_commands import NO_KEY, NO_OTHER
from tests.contract.private_keys import pem
from tests.unit.environment import Environment

Run = Callable[..., Result]

NEW, OLD = (SecretKeys().parse(secret * 48).kid for secret in ("n", "o"))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    Environment(tmp_path, monkeypatch)
    environment = {
        "JWT_SECRET_KEY": "n" * 48,
        "JWT_SECRET_KEY_PREVIOUS": "o" * 48,
    }

    def invoke(*arguments: str, answer: str = "", **settings: str) -> Result:
        return CliRunner().invoke(
            app, arguments, input=answer, env=environment | settings
        )

    assert 0 == invoke("migrate").exit_code
    return invoke


def states(run: Run, **settings: str) -> Mapping[str, str]:
    """Return the states that are listed, by kid."""
    table, _, _ = run("keys", "list", **settings).stdout.partition("\n\n")
    rows = [line.split() for line in table.splitlines()[1:]]
    return {kid: state for kid, _, state, *_ in rows}


def test_it_says_what_follows_and_asks(run: Run) -> None:
    done = run("keys", "revoke", NEW, answer="y\n", SECRETS_REFRESH_SECONDS="42")

    assert 0 == done.exit_code
    assert "within 42 seconds" in done.stdout
    assert "Version JWT_SECRET_KEY_PREVIOUS signs from then on." in done.stdout
    assert f"Revoke {NEW}? [y/N]" in done.stdout
    assert f"The key {NEW} is revoked." in done.stdout
    assert {NEW: "revoked", OLD: "signing"} == states(run)


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_unless_the_answer_is_yes_nothing_happens(run: Run, answer: str) -> None:
    done = run("keys", "revoke", NEW, answer=answer)

    assert 1 == done.exit_code
    assert "is revoked" not in done.output
    assert {NEW: "signing", OLD: "verifying"} == states(run)


def test_once_told_to_be_sure_it_does_not_ask(run: Run) -> None:
    done = run("keys", "revoke", "--yes", OLD)

    assert 0 == done.exit_code
    assert "[y/N]" not in done.stdout
    assert {NEW: "signing", OLD: "revoked"} == states(run)


def test_revoking_again_is_fine_and_asks_nothing(run: Run) -> None:
    run("keys", "revoke", NEW, "--yes")

    again = run("keys", "revoke", NEW)

    assert (0, f"The key {NEW} was already revoked.\n") == (
        again.exit_code,
        again.stdout,
    )


def test_a_key_that_is_not_listed_is_refused_with_those_that_are(run: Run) -> None:
    done = run("keys", "revoke", "2b1f", "--yes")

    assert (1, "") == (done.exit_code, done.stdout)
    assert "There is no key 2b1f. The keys are:\n" in done.stderr
    assert [NEW, OLD] == [line.split()[0] for line in done.stderr.splitlines()[2:]]


def test_the_only_key_may_be_revoked_with_a_warning(run: Run) -> None:
    run("keys", "revoke", OLD, "--yes")

    done = run("keys", "revoke", NEW, "--yes")

    assert NO_OTHER in done.stdout
    assert {NEW: "revoked", OLD: "revoked"} == states(run)
    assert run("keys", "list").stdout.endswith(f"\n\n{NO_KEY}\n")


def test_a_kid_may_begin_with_a_dash(run: Run) -> None:
    secret, kid = "", ""
    while not kid.startswith("-"):
        secret = pem(Ed25519PrivateKey.generate())
        kid = SecretKeys().parse(secret).kid

    done = run("keys", "revoke", kid, "--yes", JWT_SECRET_KEY=secret)

    assert 0 == done.exit_code, done.output
    assert "revoked" == states(run, JWT_SECRET_KEY=secret)[kid]


def test_without_its_table_it_says_what_to_run_and_the_list_is_told_with_a_warning(
    run: Run,
) -> None:
    other = {"DATABASE_URL": "sqlite:///other.db"}

    revoked, listed = run("keys", "revoke", NEW, **other), run("keys", "list", **other)

    names = ", ".join(migration.name for migration in KNOWN)
    behind = f"Run `scribes-auth migrate`: {names} pending"
    assert (Exit.CONFIGURATION, f"{behind}\n") == (revoked.exit_code, revoked.stderr)
    unknown = f"Warning: which keys were revoked is not known: {behind}\n"
    assert (0, unknown) == (listed.exit_code, listed.stderr)
    assert {NEW: "signing", OLD: "verifying"} == states(run, **other)


def test_a_storage_in_memory_is_out_of_reach(run: Run) -> None:
    done = run("keys", "revoke", NEW, "--yes", DATABASE_URL="memory://")

    assert (Exit.CONFIGURATION, "") == (done.exit_code, done.stdout)
    assert "storage in memory" in done.stderr
