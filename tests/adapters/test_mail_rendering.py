from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from adapters.mail.rendering import MailRenderer
from core.errors import BadConfiguration, MailRefused
from core.model import MailKind
from tests.contract.mailer import MAIL, html, text

RENDERER = MailRenderer(
    from_email="noreply@scribes.example",
    from_name="Scribes App",
    verify_email_url="https://scribes.example/verify",
    not_me_url="https://scribes.example/not-me",
    password_reset_url="https://scribes.example/reset",
)
NOT_ME = f"{RENDERER.not_me_url}?token={MAIL.token}"
NOTICE = replace(MAIL, kind=MailKind.PASSWORD_CHANGED, token=None, expires_at=None)


def test_the_headers_say_who_writes_what_and_when() -> None:
    message = RENDERER.message(MAIL)

    expected = {
        "From": "Scribes App <noreply@scribes.example>",
        "To": "Ann Example <ann@example.org>",
        "Subject": "Confirm your email address for Scribes App",
        "Date": "Sun, 01 Mar 2026 12:00:00 +0000",
        "Message-ID": f"<{MAIL.id}@scribes.example>",
        "Auto-Submitted": "auto-generated",
        "Content-Language": "en",
        "MIME-Version": "1.0",
    }
    assert expected == {
        key: value for key, value in message.items() if key != "Content-Type"
    }


@pytest.mark.parametrize(
    ("page", "link"),
    [
        ("https://a.example/v", "https://a.example/v?token=x.y"),
        ("https://a.example/v?a=1&b=2", "https://a.example/v?a=1&b=2&token=x.y"),
        ("https://a.example/#/verify", "https://a.example/?token=x.y#/verify"),
        ("scribes://verify", "scribes://verify?token=x.y"),
    ],
)
def test_the_token_joins_whatever_the_page_s_url_has(page: str, link: str) -> None:
    renderer = replace(RENDERER, verify_email_url=page)

    assert link == renderer.link(replace(MAIL, token="x.y"))


def test_a_token_is_quoted_in_the_link() -> None:
    link = RENDERER.link(replace(MAIL, token="a b&c=d#e/f+"))

    assert "https://scribes.example/verify?token=a%20b%26c%3Dd%23e%2Ff%2B" == link


@pytest.mark.parametrize("kind", [MailKind.VERIFY_EMAIL, MailKind.RESET_PASSWORD])
def test_both_parts_say_when_the_link_expires_in_utc(kind: MailKind) -> None:
    east = timezone(timedelta(hours=9))
    expires_at = datetime(2026, 3, 3, 2, 30, tzinfo=east)

    message = RENDERER.message(replace(MAIL, kind=kind, expires_at=expires_at))

    assert "until 2 March 2026, 17:30 UTC" in text(message)
    assert "until 2 March 2026, 17:30 UTC" in html(message).shown


@pytest.mark.parametrize("kind", [MailKind.PASSWORD_CHANGED, MailKind.REUSE_DETECTED])
def test_a_notice_says_when_it_was_and_what_to_do(kind: MailKind) -> None:
    message = RENDERER.message(replace(NOTICE, kind=kind))

    for part in (text(message), html(message).shown):
        assert "1 March 2026, 12:00 UTC" in part
        assert "Forgot password?" in part


@pytest.mark.parametrize("kind", MailKind)
def test_text_and_html_say_the_same(kind: MailKind) -> None:
    message = RENDERER.message(replace(MAIL, kind=kind))

    shown = " ".join(html(message).shown.replace("“", '"').replace("”", '"').split())
    sentences = [line for line in text(message).splitlines() if len(line) > 90]
    assert len(sentences) >= 2
    assert all(sentence in shown for sentence in sentences)


@pytest.mark.parametrize("kind", MailKind)
def test_html_loads_nothing_from_elsewhere(kind: MailKind) -> None:
    page = html(RENDERER.message(replace(MAIL, kind=kind)))

    assert not {"img", "link", "script", "iframe"} & set(page.tags)
    link = RENDERER.link(replace(MAIL, kind=kind))
    assert {link, NOT_ME} >= set(page.links)


def test_a_verification_names_the_account_and_what_to_do_if_it_is_somebody_elses() -> (
    None
):
    message = RENDERER.message(MAIL)

    for part in (text(message), html(message).shown):
        for name in ("Email address: ann@example.org", "Username: ann"):
            assert name in part
        assert "If you did not make this account, do not confirm it" in part
    assert f"\n\n{NOT_ME}\n" in text(message)
    assert [RENDERER.link(MAIL)] * 2 + [NOT_ME] == html(message).links


def test_a_mail_that_needs_a_token_is_not_written_without() -> None:
    with pytest.raises(Exception, match="'link' is undefined"):
        RENDERER.message(replace(MAIL, token=None))


def test_the_service_s_name_is_no_markup() -> None:
    message = replace(RENDERER, from_name="<b>R&D</b>").message(MAIL)

    assert html(RENDERER.message(MAIL)).tags == html(message).tags
    assert "<b>R&D</b>" in html(message).shown


def test_no_line_is_longer_than_mail_may_have() -> None:
    mail = replace(MAIL, name="ß" * 5000, to=f"{'a' * 64}@{'b' * 180}.example")

    lines = RENDERER.message(mail).as_bytes().splitlines()

    assert max(map(len, lines)) <= 998


@pytest.mark.parametrize(
    "address", ["", "ann", "@example.org", "ann@", "a b@example.org", "ann@-ß-.example"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(MailRefused):
        RENDERER.message(replace(MAIL, to=address))


@pytest.mark.parametrize(
    ("email", "name"), [("noreply", "Scribes"), ("a@b.example", "Scribes\nBcc: x")]
)
def test_a_sender_that_can_not_be_is_a_bad_setting(email: str, name: str) -> None:
    with pytest.raises(BadConfiguration, match="SMTP_FROM_EMAIL"):
        replace(RENDERER, from_email=email, from_name=name)


def test_a_sender_s_domain_in_another_script_is_written_as_in_the_dns() -> None:
    renderer = replace(RENDERER, from_email="noreply@bücher.example")

    message = renderer.message(MAIL)

    assert f"<{MAIL.id}@xn--bcher-kva.example>" == message["Message-ID"]
    assert message.as_bytes().split(b"\r\n\r\n")[0].isascii()


def test_the_date_is_when_it_happened() -> None:
    at = datetime(2026, 7, 5, 23, 59, 1, tzinfo=UTC)

    assert at == RENDERER.message(replace(NOTICE, at=at))["Date"].datetime
