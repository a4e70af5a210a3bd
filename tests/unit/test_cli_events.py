"""What `scribes-auth events` and `stats` tell, and who did what commands did."""

import getpass
import socket

import pytest

from core.model.events import EventKind
from entrypoints.cli.console import Exit
from tests.unit.command_line import CommandLine
from tests.unit.test_cli_users import PHONE

INVITED = ("--email", "bob@example.com", "--username", "bob")

STEPS = {
    ("users", "invite", *INVITED): EventKind.USER_INVITED,
    ("users", "invite-again", "bob"): EventKind.INVITATION_REQUESTED,
    ("users", "verify", "bob", "--mail"): EventKind.VERIFICATION_REQUESTED,
    ("users", "verify", "bob"): EventKind.USER_CHANGED,
    ("users", "set-role", "bob", "admin", "--yes"): EventKind.ROLE_CHANGED,
    ("users", "reset-password", "bob"): EventKind.PASSWORD_RESET_REQUESTED,
    ("users", "deactivate", "bob", "--yes"): EventKind.USER_DEACTIVATED,
    ("users", "activate", "bob"): EventKind.USER_ACTIVATED,
}
"""Commands, and what they leave."""


def test_every_change_is_an_operator_s_on_this_machine(cli: CommandLine) -> None:
    cli.add("ann", "--role", "admin")
    cli.log_in("ann", PHONE)
    cli.tell("users", "end-sessions", "ann", "--yes")
    for command in STEPS:
        cli.tell(*command)
    changes = cli.json("events", "list", "--all")["items"]
    cli.tell("users", "delete", "bob", "--yes")
    (deletion,) = cli.json("events", "list", "--limit", "1")["items"]

    theirs = [it for it in (deletion, *changes) if it["address"] != PHONE.address]

    clients = {(it["actor"], it["address"], it["user_agent"]) for it in theirs}
    assert {("operator", socket.gethostname(), getpass.getuser())} == clients
    assert {None} == {it["actor_id"] for it in theirs}
    first = EventKind.ADMIN_CREATED, EventKind.SESSIONS_ENDED
    expected = [*first, *STEPS.values(), EventKind.USER_DELETED]
    assert expected == [it["kind"] for it in reversed(theirs)]


def test_events_tell_what_was_before_and_is_now_and_no_half_of_a_token(
    cli: CommandLine,
) -> None:
    cli.add("bob")
    cli.tell("users", "set-role", "bob", "admin", "--yes")
    cli.tell("users", "reset-password", "bob")

    mailed, changed, _ = cli.json("events", "list")["items"]

    assert ({}, {"old_role": "user", "role": "admin"}) == (
        mailed["data"],
        changed["data"],
    )
    told = cli.tell("events", "list")
    assert "old_role=user role=admin" in told
    assert "token_id" not in told


def test_events_are_found_by_what_the_http_api_has(cli: CommandLine) -> None:
    cli.add("ann", "--role", "admin")
    cli.add("bob")
    cli.log_in("bob", PHONE)

    for arguments, expected in {
        ("--user-id", "1"): ["admin.created"],
        ("--kind", "user.created"): ["user.created"],
        ("--actor-id", "2"): ["session.opened"],
        ("--address", PHONE.address): ["session.opened"],
        ("--after", "2999-01-01"): [],
        ("--before", "2001-01-01"): [],
        ("--limit", "1"): ["session.opened"],
    }.items():
        found = cli.json("events", "list", *arguments)["items"]

        assert expected == [it["kind"] for it in found], arguments


@pytest.mark.parametrize("arguments", ["--kind nothing", "--user-id x", "--after soon"])
def test_what_no_event_has_is_no_way_to_use_it(
    cli: CommandLine, arguments: str
) -> None:
    done = cli.run("events", "list", *arguments.split())

    assert (Exit.USAGE, "") == (done.exit_code, done.stdout)


def test_figures_are_told(cli: CommandLine) -> None:
    cli.add("ann", "--role", "admin")
    cli.add("bob")
    cli.log_in("bob", PHONE)
    cli.tell("users", "invite", "--email", "cid@example.com", "--username", "cid")
    cli.tell("users", "deactivate", "cid", "--yes")

    told, shown = cli.json("stats"), cli.tell("stats")

    users = {"total": 3, "active": 2, "inactive": 1, "verified": 2, "admins": 1}
    assert (users, {"live": 1}) == (told["users"], told["sessions"])
    assert (1, 30) == (told["mails"]["waiting"], len(told["days"]))
    assert {"date", "registrations", "logins", "failures", "resets"} == {
        *told["days"][0]
    }
    assert "users, total" in shown
