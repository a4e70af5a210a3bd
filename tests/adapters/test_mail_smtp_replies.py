from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from adapters.mail.smtp import SmtpMailer, SmtpTls
from core.errors import MailRefused, MailUnavailable
from tests.adapters.smtp_pairs import mailer_for, server_for
from tests.contract.mailer import MAIL
from tests.servers.smtp_server import SmtpServer


@pytest.fixture
async def server() -> AsyncIterator[SmtpServer]:
    async with server_for(SmtpTls.STARTTLS) as server:
        yield server


@pytest.fixture
def mailer(server: SmtpServer) -> SmtpMailer:
    return mailer_for(server, SmtpTls.STARTTLS)


@pytest.mark.parametrize(
    "reply", ["550 5.1.1 no such user", "553 bad mailbox name", "556 5.1.10 null MX"]
)
async def test_an_unknown_recipient_is_refused_for_good(
    server: SmtpServer, mailer: SmtpMailer, reply: str
) -> None:
    server.recipient_replies[MAIL.to] = reply

    with pytest.raises(MailRefused, match=reply[:3]):
        await mailer.send(MAIL)


@pytest.mark.parametrize(
    "reply",
    [
        "450 4.2.0 greylisted",
        "451 4.3.0 try again",
        "452 4.2.2 mailbox full",
        "530 5.7.0 log in first",
        "550 5.7.1 relaying denied",
        "554 5.7.1 relay access denied",
    ],
)
async def test_a_recipient_that_is_refused_for_now_is_tried_again(
    server: SmtpServer, mailer: SmtpMailer, reply: str
) -> None:
    server.recipient_replies[MAIL.to] = reply

    with pytest.raises(MailUnavailable, match=reply[:3]):
        await mailer.send(MAIL)


async def test_a_content_that_is_refused_is_refused_for_good(
    server: SmtpServer, mailer: SmtpMailer
) -> None:
    server.content_reply = "552 5.3.4 too large"

    with pytest.raises(MailRefused, match="552"):
        await mailer.send(MAIL)


@pytest.mark.parametrize("reply", ["452 4.3.1 disk full", "550 5.7.26 fails SPF"])
async def test_a_content_that_is_refused_for_now_is_tried_again(
    server: SmtpServer, mailer: SmtpMailer, reply: str
) -> None:
    server.content_reply = reply

    with pytest.raises(MailUnavailable, match=reply[:3]):
        await mailer.send(MAIL)


@pytest.mark.parametrize("reply", ["451 4.7.1 later", "553 5.7.1 not your address"])
async def test_a_refused_sender_never_loses_the_mail(
    server: SmtpServer, mailer: SmtpMailer, reply: str
) -> None:
    server.sender_reply = reply

    with pytest.raises(MailUnavailable, match="check SMTP_FROM_EMAIL"):
        await mailer.send(MAIL)


@pytest.mark.parametrize("tls", [SmtpTls.STARTTLS, SmtpTls.IMPLICIT])
async def test_a_wrong_password_never_loses_the_mail(tls: SmtpTls) -> None:
    async with server_for(tls) as server:
        mailer = replace(mailer_for(server, tls), password="wrong")

        with pytest.raises(MailUnavailable, match=r"535.*check SMTP_USER") as failure:
            await mailer.send(MAIL)

    assert "wrong" not in str(failure.value)


async def test_a_forgotten_login_never_loses_the_mail(server: SmtpServer) -> None:
    mailer = replace(mailer_for(server, SmtpTls.STARTTLS), user="", password="")

    with pytest.raises(MailUnavailable, match=r"530.*SMTP_USER"):
        await mailer.send(MAIL)


async def test_an_address_the_server_can_not_write_is_refused() -> None:
    async with replace(server_for(SmtpTls.STARTTLS), takes_any_script=False) as server:
        mailer = mailer_for(server, SmtpTls.STARTTLS)

        await mailer.send(replace(MAIL, to="ann@straße.example"))
        with pytest.raises(MailRefused, match="SMTPUTF8"):
            await mailer.send(replace(MAIL, to="zoë@example.org"))

        assert 1 == len(server.inbox)
