"""What production refuses, and what it is warned of."""

from config.settings import Settings

LOWEST_ROUNDS = 10
PAGES = ("public_url", "verify_email_url", "password_reset_url", "invitation_url")
THIS_MACHINE = ("http://localhost", "http://127.", "http://[::1]")


def production_problems(settings: Settings) -> list[str]:
    """Return what can't be meant in production."""
    in_process = settings.redis_url is None and settings.rate_limit_enabled
    native = not settings.has_cognito
    rules = (
        (
            native and settings.jwt_secret_key is None,
            "JWT_SECRET_KEY: required in production; `scribes-auth generate-secret`",
        ),
        (native and settings.smtp_host is None, "SMTP_HOST: required in production"),
        (
            settings.public_url is None,
            "PUBLIC_URL: required in production, for the links in mails",
        ),
        (
            settings.bcrypt_rounds < LOWEST_ROUNDS,
            f"BCRYPT_ROUNDS: at least {LOWEST_ROUNDS} in production",
        ),
        (
            native and settings.is_embedded and not settings.single_replica,
            "DATABASE_URL: needs a database server, or SINGLE_REPLICA=true",
        ),
        (
            in_process and not settings.single_replica,
            "REDIS_URL: needs a server that counts for all, or SINGLE_REPLICA=true",
        ),
        (
            in_process and settings.workers > 1,
            "WORKERS: several workers need REDIS_URL, or each counts for itself",
        ),
    )
    return [message for broken, message in rules if broken] + _plain_pages(settings)


def production_warnings(settings: Settings) -> list[str]:
    """Return what may be meant in production, and seldom is."""
    origins = settings.cors_origins
    plain = [
        it
        for it in origins
        if it.startswith("http://") and not it.startswith(THIS_MACHINE)
    ]
    rules = (
        (
            settings.database_url is None and not settings.has_cognito,
            f"DATABASE_URL is not set: users are kept in {settings.storage_url}",
        ),
        (
            not settings.rate_limit_enabled,
            "RATE_LIMIT_ENABLED=false: passwords may be guessed without an end",
        ),
        ("*" in origins, "CORS_ORIGINS=*: the pages of any site may call; name yours"),
        (
            bool(plain),
            f"CORS_ORIGINS: {', '.join(plain)}: plain http can be changed on its way",
        ),
    )
    return [message for doubtful, message in rules if doubtful]


def _plain_pages(settings: Settings) -> list[str]:
    # This machine's, too: a mail that leads there leads its reader to no service of ours.
    pages = {name: getattr(settings, name) for name in PAGES}
    return [
        f"{name.upper()}: in production write https://; the mailed links carry tokens"
        " that open accounts"
        for name, url in pages.items()
        if url is not None and not url.lower().startswith("https://")
    ]
