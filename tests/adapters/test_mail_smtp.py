import asyncio
import re
import ssl
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from adapters.mail.smtp import CONNECTIONS, SmtpMailer, SmtpTls
from core.errors import MailUnavailable
from tests.adapters.mail_renderers import RENDERER
from tests.adapters.smtp_pairs import AUTHORITY, mailer_for, server_for
from tests.contract.mailer import MAIL, TOKEN, Arrival, MailerContract, Post
from tests.servers import LOOPBACK
from tests.servers.black_hole import black_hole
from tests.servers.smtp_server import SmtpServer


@asynccontextmanager
async def post_over(tls: SmtpTls) -> AsyncIterator[Post]:
    async with server_for(tls) as server:

        def received() -> Sequence[Arrival]:
            return [Arrival(mail.recipients, mail.message) for mail in server.inbox]

        yield Post(mailer_for(server, tls), received)


class TestSmtpMailerWithStartTls(MailerContract):
    @pytest.fixture
    async def subject(self) -> AsyncIterator[Post]:
        async with post_over(SmtpTls.STARTTLS) as post:
            yield post


class TestSmtpMailerWithImplicitTls(MailerContract):
    @pytest.fixture
    async def subject(self) -> AsyncIterator[Post]:
        async with post_over(SmtpTls.IMPLICIT) as post:
            yield post


class TestSmtpMailerInClear(MailerContract):
    @pytest.fixture
    async def subject(self) -> AsyncIterator[Post]:
        async with post_over(SmtpTls.NONE) as post:
            yield post


@pytest.fixture
async def server() -> AsyncIterator[SmtpServer]:
    async with server_for(SmtpTls.STARTTLS) as server:
        yield server


@pytest.fixture
def mailer(server: SmtpServer) -> SmtpMailer:
    return mailer_for(server, SmtpTls.STARTTLS)


@pytest.mark.parametrize("tls", [SmtpTls.STARTTLS, SmtpTls.IMPLICIT])
async def test_a_protected_mail_travels_over_tls_after_a_login(tls: SmtpTls) -> None:
    async with server_for(tls) as server:
        await mailer_for(server, tls).send(MAIL)

        (mail,) = server.inbox
        assert mail.over_tls
        assert mail.login
        assert "noreply@scribes.example" == mail.sender


async def test_without_a_user_there_is_no_login() -> None:
    async with replace(server_for(SmtpTls.STARTTLS), login_required=False) as server:
        await mailer_for(server, SmtpTls.STARTTLS).send(MAIL)

        (mail,) = server.inbox
        assert not mail.login


@pytest.mark.parametrize("name", ["Ann", "Zoë", "山田 太郎"])
async def test_a_simple_script_finds_the_whole_link(
    server: SmtpServer, mailer: SmtpMailer, name: str
) -> None:
    await mailer.send(replace(MAIL, name=name))

    (mail,) = server.inbox
    link, *_ = re.findall(rb"http[^ \r\n]*token=[^ \r\n]*", mail.content)
    assert f"https://scribes.example/verify?token={TOKEN}" == link.decode()


async def test_a_slow_goodbye_does_not_send_a_mail_again(
    server: SmtpServer,
) -> None:
    server.reluctance = 5.0

    await replace(mailer_for(server, SmtpTls.STARTTLS), timeout=0.5).send(MAIL)

    assert 1 == len(server.inbox)


async def test_few_connections_are_open_at_once(
    mailer: SmtpMailer, server: SmtpServer
) -> None:
    server.patience = 0.1

    await asyncio.gather(
        *(mailer.send(replace(MAIL, id=f"{n:032x}")) for n in range(10))
    )

    assert 10 == len(server.inbox)
    assert 1 < server.most_at_once <= CONNECTIONS


async def test_nothing_is_sent_in_clear_where_starttls_was_taken_out() -> None:
    async with server_for(SmtpTls.NONE) as server:
        mailer = mailer_for(server, SmtpTls.STARTTLS)

        with pytest.raises(MailUnavailable, match=r"STARTTLS.*check SMTP_TLS"):
            await mailer.send(MAIL)

        assert [] == server.inbox


async def test_implicit_tls_is_not_given_up_where_the_server_speaks_in_clear() -> None:
    async with server_for(SmtpTls.STARTTLS) as server:
        mailer = mailer_for(server, SmtpTls.IMPLICIT)

        with pytest.raises(MailUnavailable, match="check SMTP_TLS"):
            await mailer.send(MAIL)


@pytest.mark.parametrize("tls", [SmtpTls.STARTTLS, SmtpTls.IMPLICIT])
async def test_a_certificate_of_an_unknown_authority_is_not_trusted(
    tls: SmtpTls,
) -> None:
    async with server_for(tls) as server:
        mailer = replace(mailer_for(server, tls), trust=ssl.create_default_context())

        with pytest.raises(MailUnavailable, match="check SMTP_HOST, and SSL_CERT_FILE"):
            await mailer.send(MAIL)

        assert [] == server.inbox


@pytest.mark.parametrize("tls", [SmtpTls.STARTTLS, SmtpTls.IMPLICIT])
async def test_a_certificate_of_another_host_is_not_trusted(tls: SmtpTls) -> None:
    elsewhere = AUTHORITY.server_context("mail.example.net")
    async with replace(server_for(tls), certificate=elsewhere) as server:
        with pytest.raises(MailUnavailable, match="check SMTP_HOST"):
            await mailer_for(server, tls).send(MAIL)

        assert [] == server.inbox


async def test_a_server_that_is_down_is_tried_again(
    server: SmtpServer, mailer: SmtpMailer
) -> None:
    await server.stop()

    with pytest.raises(MailUnavailable, match="check SMTP_HOST, SMTP_PORT"):
        await mailer.send(MAIL)


async def test_a_host_that_does_not_exist_is_tried_again(server: SmtpServer) -> None:
    mailer = replace(mailer_for(server, SmtpTls.STARTTLS), host="mail.invalid")

    with pytest.raises(MailUnavailable, match="check SMTP_HOST"):
        await mailer.send(MAIL)


@pytest.mark.parametrize(
    ("tls", "greeting"),
    [
        (SmtpTls.STARTTLS, b""),
        (SmtpTls.STARTTLS, b"220 hello\r\n"),
        (SmtpTls.IMPLICIT, b""),
        (SmtpTls.NONE, b"220 hello\r\n"),
    ],
)
async def test_a_black_hole_is_left_in_time(tls: SmtpTls, greeting: bytes) -> None:
    async with black_hole(greeting) as port:
        mailer = SmtpMailer(
            renderer=RENDERER, host=LOOPBACK, port=port, tls=tls, timeout=0.3
        )
        began = time.monotonic()

        with pytest.raises(MailUnavailable, match=r"no answer within 0\.3 seconds"):
            await mailer.send(MAIL)

        assert time.monotonic() - began < 2


async def test_a_server_that_dribbles_is_left_in_time() -> None:
    async with black_hole(b"220-wait\r\n", every=0.05) as port:
        mailer = SmtpMailer(
            renderer=RENDERER, host=LOOPBACK, port=port, tls=SmtpTls.NONE, timeout=0.3
        )
        began = time.monotonic()

        with pytest.raises(MailUnavailable):
            await mailer.send(MAIL)

        assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("port", "tls"),
    [(465, SmtpTls.IMPLICIT), (587, SmtpTls.STARTTLS), (25, SmtpTls.STARTTLS)],
)
def test_the_port_tells_the_usual_protection(port: int, tls: SmtpTls) -> None:
    assert tls is SmtpTls.default_for(port)


def test_the_password_is_never_shown(server: SmtpServer, mailer: SmtpMailer) -> None:
    assert server.password not in repr(mailer)
