"""What is wrong, or doubtful, between the settings of mails."""

from config.settings import Settings

IMPLICIT_TLS_PORT = 465
STARTTLS_PORTS = {25, 587, 2525}
SERVERS = ("smtp_port", "smtp_user", "smtp_password", "smtp_tls")
"""Settings that are about a mail server."""


def mail_problems(settings: Settings) -> list[str]:
    """Return what can't be meant."""
    problems = []
    if settings.smtp_host and bool(settings.smtp_user) != bool(settings.smtp_password):
        problems.append("SMTP_USER and SMTP_PASSWORD: set both, or neither")
    if settings.smtp_port == IMPLICIT_TLS_PORT and settings.smtp_tls == "starttls":
        problems.append(
            f"SMTP_TLS: on port {IMPLICIT_TLS_PORT} servers speak TLS from the first byte"
            " and would wait for ever: write SMTP_TLS=implicit, or SMTP_PORT=587"
        )
    return problems


def mail_warnings(settings: Settings) -> list[str]:
    """Return what works, but may not be meant."""
    found = []
    if settings.smtp_tls == "none":
        found.append("SMTP_TLS=none sends mails and the mail password in clear")
    if settings.smtp_tls == "implicit" and settings.smtp_port in STARTTLS_PORTS:
        found.append(
            f"SMTP_TLS=implicit: on port {settings.smtp_port} servers expect starttls;"
            f" implicit is usual on {IMPLICIT_TLS_PORT}"
        )
    idle = [name.upper() for name in SERVERS if name in settings.model_fields_set]
    if idle and settings.smtp_host is None:
        found.append(
            f"{', '.join(idle)}: of no effect without SMTP_HOST; mails go to the mailbox"
            " in DATA_DIR"
        )
    return found
