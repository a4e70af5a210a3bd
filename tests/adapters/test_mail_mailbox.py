import email
import logging
import re
import stat
from collections.abc import Sequence
from dataclasses import replace
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from adapters.mail.mailbox import MailboxMailer
from core.errors import MailUnavailable
from core.model import MailKind
from tests.adapters.mail_renderers import RENDERER
from tests.contract.mailer import (
    MAIL,
    TOKEN,
    Arrival,
    MailerContract,
    Post,
    addresses,
    mail_of,
)


def only_file(directory: Path) -> Path:
    (file,) = directory.iterdir()
    return file


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def mailbox_in(directory: Path) -> Post:
    def received() -> Sequence[Arrival]:
        messages = [_message(file) for file in sorted(directory.glob("*.eml"))]
        return [Arrival(tuple(addresses(message)), message) for message in messages]

    return Post(MailboxMailer(renderer=RENDERER, directory=directory), received)


def _message(file: Path) -> EmailMessage:
    return email.message_from_bytes(file.read_bytes(), policy=policy.default)


class TestMailboxMailer(MailerContract):
    @pytest.fixture
    def subject(self, tmp_path: Path) -> Post:
        return mailbox_in(tmp_path / "mailbox")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "var" / "mailbox"


@pytest.fixture
def mailer(directory: Path) -> MailboxMailer:
    return MailboxMailer(renderer=RENDERER, directory=directory)


async def test_a_simple_script_finds_the_whole_link(
    mailer: MailboxMailer, directory: Path
) -> None:
    await mailer.send(replace(MAIL, name="Zoë"))

    file = only_file(directory)
    link, *_ = re.findall(rb"http[^ \n]*token=[^ \n]*", file.read_bytes())
    assert f"https://scribes.example/verify?token={TOKEN}" == link.decode()


async def test_a_file_is_named_by_time_and_kind(
    mailer: MailboxMailer, directory: Path
) -> None:
    await mailer.send(MAIL)

    file = only_file(directory)
    assert f"20260301T120000Z-verify_email-{MAIL.id}.eml" == file.name


@pytest.mark.parametrize("kind", MailKind)
async def test_the_kind_of_a_mail_is_told_by_its_file_s_name(
    mailer: MailboxMailer, directory: Path, kind: MailKind
) -> None:
    await mailer.send(replace(mail_of(kind), id=MAIL.id))

    assert ["20260301T120000Z", kind, f"{MAIL.id}.eml"] == only_file(
        directory
    ).name.split("-")


async def test_a_mail_sent_again_replaces_its_file(
    mailer: MailboxMailer, directory: Path
) -> None:
    await mailer.send(MAIL)
    await mailer.send(replace(MAIL, name="Ann Another"))

    file = only_file(directory)
    assert "Ann Another" in file.read_text()


async def test_only_the_owner_can_read_the_mailbox(
    mailer: MailboxMailer, directory: Path
) -> None:
    await mailer.send(MAIL)

    file = only_file(directory)
    assert 0o600 == mode(file)
    assert 0o700 == mode(directory)


async def test_the_link_is_logged_in_one_line(
    mailer: MailboxMailer, directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        await mailer.send(MAIL)

    file = only_file(directory)
    (record,) = caplog.records
    expected = {
        "to": "ann@example.org",
        "kind": MailKind.VERIFY_EMAIL,
        "link": f"https://scribes.example/verify?token={TOKEN}",
        "file": str(file),
    }
    assert "Mail in the mailbox" == record.message
    assert expected == {key: vars(record)[key] for key in expected}


async def test_a_full_or_broken_disk_is_worth_another_try(tmp_path: Path) -> None:
    in_the_way = tmp_path / "mailbox"
    in_the_way.write_text("a file where the folder should be")

    with pytest.raises(MailUnavailable, match="mailbox"):
        await MailboxMailer(renderer=RENDERER, directory=in_the_way).send(MAIL)


async def test_a_mail_that_could_not_be_written_leaves_nothing_behind(
    mailer: MailboxMailer, directory: Path
) -> None:
    await mailer.send(MAIL)
    file = only_file(directory)
    file.unlink()
    file.mkdir()

    with pytest.raises(MailUnavailable):
        await mailer.send(MAIL)

    assert file == only_file(directory)
