"""What `scribes-auth users` does, on a storage in a file."""

import json
from dataclasses import replace

import pytest

from core.model import Client, UserChange
from core.ports import Storage
from entrypoints.cli.console import Exit
from tests.unit.command_line import CommandLine

PHONE = Client(
    address="192.0.2.1",
    label="Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0",
)
NASTY = "\x1b[31m[red]\N{RIGHT-TO-LEFT OVERRIDE}x"


def names(cli: CommandLine, *arguments: str) -> list[str]:
    found = cli.json("users", "list", *arguments)
    return [user["username"] for user in found["items"]]


def test_a_user_is_named_by_id_address_or_username_in_any_case(
    cli: CommandLine,
) -> None:
    added = cli.add("Bob")

    for who in ("1", "bob@EXAMPLE.com", "Bob@example.com", "bOB"):
        shown = cli.json("users", "show", who)

        assert added["id"] == shown["id"]
        assert (0, None) == (shown["live_sessions"], shown["locked_until"])


def test_a_number_is_an_id_first_and_a_username_where_nobody_has_that_id(
    cli: CommandLine,
) -> None:
    cli.add("Bob")
    cli.add("111")
    cli.add("001")

    found = [cli.json("users", "show", who)["username"] for who in ("1", "111", "001")]

    assert ["Bob", "111", "001"] == found


@pytest.mark.parametrize("who", ["", "  ", "\udcff"])
def test_who_is_nobody_at_all_is_no_way_to_use_it(cli: CommandLine, who: str) -> None:
    done = cli.run("users", "delete", who, "--yes")

    assert (Exit.USAGE, "") == (done.exit_code, done.stdout)


@pytest.mark.parametrize("who", ["7", "9" * 300, "0" * 299 + "1", "x@y.z", "a\nb", "%"])
def test_who_is_not_there_is_not_found(cli: CommandLine, who: str) -> None:
    cli.add("Bob")

    done = cli.run("users", "delete", who, "--yes")

    assert Exit.FAILED == done.exit_code
    assert ("", "User not found\n") == (done.stdout, done.stderr)
    assert ["Bob"] == names(cli)


def test_users_are_listed_by_filter_and_sort(cli: CommandLine) -> None:
    cli.add("ann", "--role", "admin", "--full-name", "Ann Ünal")
    cli.add("bob")
    cli.add("cid")
    cli.tell("users", "deactivate", "cid", "--yes")
    cli.tell("users", "invite", "--email", "dan@example.com", "--username", "dan")

    for arguments, expected in {
        ("--sort", "-username"): ["dan", "cid", "bob", "ann"],
        ("--q", "ÜNAL"): ["ann"],
        ("--q", "%"): [],
        ("--role", "admin"): ["ann"],
        ("--inactive",): ["cid"],
        ("--active", "--verified"): ["ann", "bob"],
        ("--unverified",): ["dan"],
        ("--created-after", "2001-01-01"): ["ann", "bob", "cid", "dan"],
        ("--created-after", "2999-01-01T00:00:00+01:00"): [],
    }.items():
        assert expected == names(cli, *arguments), arguments


@pytest.mark.parametrize(
    "arguments",
    ["--limit 0", "--sort password", "--created-after soon", "--role god", "--q="],
)
def test_what_can_not_be_listed_is_no_way_to_use_it(
    cli: CommandLine, arguments: str
) -> None:
    done = cli.run("users", "list", *arguments.split())

    assert (Exit.USAGE, "") == (done.exit_code, done.stdout)


def test_a_list_goes_on_by_itself_up_to_its_limit(
    cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entrypoints.cli.listings.PAGE", 2)
    people = [f"user-{number}" for number in range(5)]
    for name in people:
        cli.add(name)

    every, some = (
        cli.json("users", "list", "--all"),
        cli.run("users", "list", "--limit", "3"),
    )

    assert people == [user["username"] for user in every["items"]]
    assert (None, 5) == (every["next_cursor"], every["total"])
    assert people[:3] == [line.split()[2] for line in some.stdout.splitlines()[1:]]
    assert some.stderr.startswith("3 of 5 users: ")
    assert people[:3] == names(cli, "--limit", "3")


def test_an_empty_list_is_a_document_too(cli: CommandLine) -> None:
    assert {"items": [], "next_cursor": None, "total": 0} == cli.json("users", "list")


def test_a_name_can_not_do_anything_to_a_terminal_or_a_table(cli: CommandLine) -> None:
    cli.add("bob")

    async def rename(storage: Storage) -> None:
        account = await storage.users.account(1)
        assert account is not None
        after = replace(account.user, full_name=NASTY)
        await storage.users.change(
            UserChange(before=account.user, after=after), events=[]
        )

    cli.stored(rename)

    for command in (("users", "list"), ("users", "show", "bob")):
        plain, document = cli.tell(*command), cli.tell(*command, "--json")

        assert r"\x1b[31m[red]\u202ex" in plain
        assert not {"\x1b", "\u202e"} & {*plain, *document}
        assert document.isascii()
    assert NASTY == cli.json("users", "show", "bob")["full_name"]


def test_what_needs_a_yes_is_refused_where_nobody_can_be_asked(
    cli: CommandLine,
) -> None:
    cli.add("ann", "--role", "admin")
    cli.add("bob")

    for command in (
        "delete bob",
        "deactivate bob",
        "end-sessions bob",
        "set-role bob admin",
        "set-role ann user",
    ):
        refused = cli.run("users", *command.split())

        assert (Exit.USAGE, "") == (refused.exit_code, refused.stdout), command
        assert "--yes" in refused.stderr
    assert [] == cli.json("events", "list", "--kind", "role.changed")["items"]
    assert ["ann", "bob"] == names(cli, "--active")


def test_what_is_so_already_needs_no_yes(cli: CommandLine) -> None:
    cli.add("bob")
    cli.tell("users", "deactivate", "bob", "--yes")

    assert "is inactive" in cli.tell("users", "deactivate", "bob")
    assert "is user" in cli.tell("users", "set-role", "bob", "user")


def test_the_last_administrator_stays(cli: CommandLine) -> None:
    cli.add("ann", "--role", "admin")

    for command in ("delete", "deactivate", "set-role"):
        role = ["user"] if command == "set-role" else []
        done = cli.run("users", command, "ann", *role, "--yes")

        assert Exit.FAILED == done.exit_code
        assert ("", "The last administrator must stay\n") == (done.stdout, done.stderr)


def test_sessions_are_listed_and_ended(cli: CommandLine) -> None:
    cli.add("bob")
    cli.log_in("bob", PHONE)
    cli.log_in("bob", PHONE)

    (first, _) = cli.json("users", "sessions", "bob")["items"]
    assert ("192.0.2.1", PHONE.label) == (first["address"], first["user_agent"])
    assert "Firefox" in cli.tell("users", "sessions", "bob")
    assert {"ended": 2} == cli.json("users", "end-sessions", "bob", "--yes")
    assert [] == cli.json("users", "sessions", "bob")["items"]


def test_deactivation_ends_the_sessions_and_a_role_does_not(cli: CommandLine) -> None:
    cli.add("bob")
    cli.log_in("bob", PHONE)

    cli.tell("users", "set-role", "bob", "admin", "--yes")
    assert 1 == cli.json("users", "show", "bob")["live_sessions"]
    cli.add("ann", "--role", "admin")
    cli.tell("users", "deactivate", "bob", "--yes")
    cli.tell("users", "activate", "bob")

    assert 0 == cli.json("users", "show", "bob")["live_sessions"]


def test_mails_are_promised_and_left_to_the_service(cli: CommandLine) -> None:
    cli.add("ann", "--role", "admin")
    invited = ("--email", "bob@example.com", "--username", "bob")
    commands = (
        ("invite", *invited),
        ("invite-again", "bob"),
        ("verify", "bob", "--mail"),
        ("reset-password", "ann"),
    )

    for waiting, command in enumerate(commands, 1):
        done = cli.run("users", *command, "--json")

        assert 0 == done.exit_code, done.output
        assert "will be mailed by the running service to " in done.stderr
        assert json.loads(done.stdout)["id"]
        assert waiting == cli.json("stats")["mails"]["waiting"]
    assert not (cli.directory / "var" / "mailbox").exists()


def test_what_would_come_to_nothing_says_what_to_do_instead(cli: CommandLine) -> None:
    cli.add("bob")

    again, proof = (
        cli.run("users", "invite-again", "bob"),
        cli.run("users", "verify", "bob", "--mail"),
    )

    assert Exit.FAILED == again.exit_code == proof.exit_code
    assert "mail a password reset instead" in again.stderr
    assert "verified already" in proof.stderr


def test_failures_that_the_service_counts_by_itself_are_out_of_reach(
    cli: CommandLine,
) -> None:
    cli.add("bob")

    refused = cli.run("users", "unlock", "bob")

    assert (Exit.CONFIGURATION, "") == (refused.exit_code, refused.stdout)
    assert "REDIS_URL" in refused.stderr
    assert [] == cli.json("events", "list", "--kind", "user.unlocked")["items"]
    assert "known to the service alone" in cli.tell("users", "show", "bob")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--email", "nobody", "--username", "bob"), "email: Not a valid e-mail"),
        (("--email", "b@example.com", "--username", "b b"), "username: Only letters"),
        (
            ("--email", "b@example.com", "--username", "bob", "--full-name", NASTY),
            "full_name: Must not",
        ),
    ],
)
def test_who_is_added_keeps_the_rules_of_registration(
    cli: CommandLine, arguments: tuple[str, ...], told: str
) -> None:
    for command, settings in (
        ("invite", {}),
        ("create", {"USER_PASSWORD": "Abcdef1!"}),
    ):
        done = cli.run("users", command, *arguments, **settings)

        assert (Exit.FAILED, "") == (done.exit_code, done.stdout)
        assert done.stderr.startswith(told)


@pytest.mark.parametrize("password", ["weakling", "Aa1!" * 257])
def test_a_password_keeps_the_rules_and_is_not_repeated(
    cli: CommandLine, password: str
) -> None:
    named = ("--email", "bob@example.com", "--username", "bob")

    done = cli.run("users", "create", *named, USER_PASSWORD=password)

    assert (Exit.FAILED, "") == (done.exit_code, done.stdout)
    assert done.stderr.startswith("password: Password must")
    assert password not in done.stderr


def test_without_a_terminal_the_password_has_to_be_in_the_environment(
    cli: CommandLine,
) -> None:
    named = ("--email", "bob@example.com", "--username", "bob")

    done = cli.run("users", "create", *named)

    assert (Exit.USAGE, "") == (done.exit_code, done.stdout)
    assert "USER_PASSWORD" in done.stderr


def test_who_is_there_already_is_named_with_what_to_do(cli: CommandLine) -> None:
    cli.add("bob")
    names = {"--email": "cid@example.com", "--username": "cid", "--role": "admin"}

    for taken, told in {
        ("--email", "BOB@example.com"): "users set-role 1 admin",
        ("--username", "BOB"): "choose another username",
    }.items():
        wanted = names | dict([taken])
        done = cli.run(
            "users", "invite", *(word for option in wanted.items() for word in option)
        )

        assert Exit.FAILED == done.exit_code
        assert told in done.stderr
