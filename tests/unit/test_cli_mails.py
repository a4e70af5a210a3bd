"""`scribes-auth mail`: mails to look at, and one to send."""

import asyncio
from pathlib import Path

import pytest

from adapters.mail.smtp import SmtpTls
from core.model import Locale, MailKind
from entrypoints.cli.console import Exit
from tests.adapters.smtp_pairs import AUTHORITY, server_for
from tests.servers.processes import free_port
from tests.unit.command_line import CommandLine


def test_every_mail_of_every_language_is_written_in_three_forms(
    cli: CommandLine,
) -> None:
    told = cli.tell("mail", "preview", "some/where")

    files = {file.name: file for file in Path("some/where").iterdir()}
    assert f"{len(files)} files are in some/where.\n" == told
    for locale in Locale:
        for kind in MailKind:
            for suffix in ("txt", "html", "eml"):
                assert files[f"{locale}-{kind}.{suffix}"].stat().st_size > 100
    assert "<html" in files["de-verify_email.html"].read_text("utf-8")
    assert files["en-verify_email.eml"].read_bytes().startswith(b"From: ")


def test_files_that_are_there_are_overwritten_only_after_a_yes(
    cli: CommandLine,
) -> None:
    mine = Path("en-verify_email.txt")
    mine.write_text("mine")

    refused = cli.run("mail", "preview", ".")
    kept, others = mine.read_text(), list(Path().glob("*.html"))
    cli.tell("mail", "preview", ".", "--yes")

    assert (Exit.USAGE, "") == (refused.exit_code, refused.stdout)
    assert ("mine", []) == (kept, others)
    assert "mine" != mine.read_text()


def test_a_directory_that_is_a_file_is_told(cli: CommandLine) -> None:
    Path("file").touch()

    done = cli.run("mail", "preview", "file/there")

    assert (Exit.FAILED, "") == (done.exit_code, done.stdout)
    assert "file" in done.stderr


def test_a_test_mail_goes_where_the_service_would_send_it(cli: CommandLine) -> None:
    done = cli.run("mail", "test", "ann@example.com", "--locale", "de")

    (file,) = (cli.directory / "var" / "mailbox").glob("*.eml")
    assert 0 == done.exit_code
    assert done.stdout.startswith("Sent to ann@example.com: written to ")
    assert str(file.relative_to(cli.directory)) in done.stdout
    assert "Content-Language: de" in file.read_text("utf-8")
    assert "opens nothing" in done.stderr


@pytest.mark.parametrize("address", ["nobody", "a@b\n.c"])
def test_an_address_that_is_none_is_refused(cli: CommandLine, address: str) -> None:
    done = cli.run("mail", "test", address)

    assert (Exit.FAILED, "") == (done.exit_code, done.stdout)
    assert not list((cli.directory / "var").glob("mailbox/*.eml"))


def test_a_mail_server_that_is_away_is_told(cli: CommandLine) -> None:
    cli.settings.update({"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(free_port())})

    done = cli.run("mail", "test", "ann@example.com")

    assert (Exit.AWAY, "") == (done.exit_code, done.stdout)
    assert "check SMTP_HOST, SMTP_PORT" in done.stderr


async def test_what_the_mail_server_says_is_told(cli: CommandLine) -> None:
    async with server_for(SmtpTls.NONE) as server:
        server.recipient_replies["bob@example.com"] = "550 5.1.1 no such user"
        cli.settings.update(
            {
                "SMTP_HOST": server.host,
                "SMTP_PORT": str(server.port),
                "SMTP_TLS": "none",
            }
        )

        taken = await asyncio.to_thread(cli.run, "mail", "test", "ann@example.com")
        refused = await asyncio.to_thread(cli.run, "mail", "test", "bob@example.com")

        (mail,) = server.inbox
    assert ("ann@example.com",) == mail.recipients
    assert 0 == taken.exit_code
    name = f"mail server {server.host}:{server.port}"
    assert f"Sent to ann@example.com: {name}: OK\n" == taken.stdout
    assert (Exit.FAILED, "") == (refused.exit_code, refused.stdout)
    assert "no such user" in refused.stderr


async def test_a_log_in_that_the_mail_server_refuses_is_the_configuration_s(
    cli: CommandLine,
) -> None:
    authority = cli.directory / "authority.pem"
    authority.write_bytes(AUTHORITY.pem)
    async with server_for(SmtpTls.STARTTLS) as server:
        cli.settings.update(
            {
                "SMTP_HOST": server.host,
                "SMTP_PORT": str(server.port),
                "SMTP_USER": server.user,
                "SMTP_PASSWORD": "another",
                "SSL_CERT_FILE": str(authority),
            }
        )

        refused = await asyncio.to_thread(cli.run, "mail", "test", "ann@example.com")

    assert (Exit.CONFIGURATION, "") == (refused.exit_code, refused.stdout)
    assert "check SMTP_USER and SMTP_PASSWORD" in refused.stderr
    assert "another" not in refused.stderr
