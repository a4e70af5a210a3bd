"""SMTP servers, and mailers that are set up for them."""

from adapters.mail.smtp import SmtpMailer, SmtpTls
from tests.adapters.mail_renderers import RENDERER
from tests.servers.certificates import LocalAuthority
from tests.servers.smtp_server import Offer, SmtpServer

AUTHORITY = LocalAuthority()
CERTIFICATE = AUTHORITY.server_context("localhost")


def server_for(tls: SmtpTls) -> SmtpServer:
    return SmtpServer(
        offer=Offer(tls.value),
        certificate=CERTIFICATE,
        login_required=tls is not SmtpTls.NONE,
    )


def mailer_for(server: SmtpServer, tls: SmtpTls) -> SmtpMailer:
    return SmtpMailer(
        renderer=RENDERER,
        host=server.host,
        port=server.port,
        tls=tls,
        user=server.user if server.login_required else "",
        password=server.password if server.login_required else "",
        timeout=5.0,
        trust=AUTHORITY.client_context(),
    )
