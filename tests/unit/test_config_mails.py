"""Which settings decide what mails say."""

from dataclasses import fields

import pytest

from adapters.mail.pages import MailPages
from adapters.mail.samples import samples
from config.adapters import mail_previews, mail_renderer
from config.loading import load_settings
from core.model import Locale
from tests.unit.environment import Environment

OURS = "https://auth.example.com"


def test_links_lead_to_pages_of_ours(environment: Environment) -> None:
    environment.set(PUBLIC_URL=OURS)

    pages = mail_renderer(load_settings()).pages

    expected = MailPages(
        verify_email=f"{OURS}/verify-email",
        not_me=f"{OURS}/verify-email/reject",
        reset_password=f"{OURS}/reset-password",
        invitation=f"{OURS}/invitation",
        change_email=f"{OURS}/change-email",
        undo_email=f"{OURS}/change-email/undo",
    )
    assert expected == pages


def test_an_app_takes_the_links_that_it_has_pages_for(environment: Environment) -> None:
    environment.set(
        PUBLIC_URL=OURS,
        VERIFY_EMAIL_URL="https://app.example/verify",
        PASSWORD_RESET_URL="https://app.example/reset",
        INVITATION_URL="https://app.example/invitation",
    )

    pages = mail_renderer(load_settings()).pages

    urls = [getattr(pages, page.name) for page in fields(pages)]
    apps = {url for url in urls if url.startswith("https://app.example/")}
    assert 3 == len(apps)
    assert all(url.startswith(OURS) for url in set(urls) - apps)
    assert len(urls) == len(set(urls))


@pytest.mark.parametrize(
    ("settings", "locale"), [({}, Locale.EN), ({"MAIL_LOCALE": "de"}, Locale.DE)]
)
def test_the_language_of_who_has_none_is_set(
    environment: Environment, settings: dict[str, str], locale: Locale
) -> None:
    environment.set(**settings)

    assert locale is mail_renderer(load_settings()).locale


def test_every_mail_can_be_looked_at_as_it_would_be_sent(
    environment: Environment,
) -> None:
    environment.set(SMTP_FROM_NAME="Example & Co", PUBLIC_URL=OURS)

    previews = dict(mail_previews(load_settings()))

    assert [mail.id for mail in samples()] == list(previews)
    assert all(name.replace("-", "_").isidentifier() for name in previews)
    content = previews["de-invitation"].get_body(("plain",))
    assert content is not None
    assert f"\n{OURS}/invitation?token=sample\n" in content.get_content()
    assert "Sie sind zu Example & Co eingeladen." in content.get_content()
