from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from adapters.mail.wording import WORDINGS
from core.errors import BadConfiguration, MailRefused
from core.model import Locale, MailKind
from core.operations.mail_composer import NEED_TOKEN
from tests.adapters.mail_renderers import RENDERER
from tests.contract.mailer import DETAILS, MAIL, TOKEN_KINDS, html, mail_of, text
from tests.doubles import NOON

NOT_ME = f"{RENDERER.pages.not_me}?token={MAIL.token}"
NOTICE = mail_of(MailKind.PASSWORD_CHANGED)
EAST = timezone(timedelta(hours=9))


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
    pages = replace(RENDERER.pages, verify_email=page)
    renderer = replace(RENDERER, pages=pages)

    assert link == renderer.link(replace(MAIL, token="x.y"))


def test_a_token_is_quoted_in_the_link() -> None:
    link = RENDERER.link(replace(MAIL, token="a b&c=d#e/f+"))

    assert "https://scribes.example/verify?token=a%20b%26c%3Dd%23e%2Ff%2B" == link


@pytest.mark.parametrize("kind", TOKEN_KINDS)
@pytest.mark.parametrize(
    ("locale", "words"),
    [
        (Locale.EN, "until 2 March 2026, 17:30 UTC"),
        (Locale.DE, "bis zum 2. März 2026, 17:30 Uhr UTC"),
    ],
)
def test_both_parts_say_when_the_link_expires_in_utc(
    kind: MailKind, locale: Locale, words: str
) -> None:
    expires_at = datetime(2026, 3, 3, 2, 30, tzinfo=EAST)

    message = RENDERER.message(replace(mail_of(kind, locale), expires_at=expires_at))

    assert words in text(message)
    assert words in html(message).shown


@pytest.mark.parametrize("kind", sorted(set(MailKind) - NEED_TOKEN))
@pytest.mark.parametrize(
    ("locale", "words"),
    [
        (Locale.EN, "1 March 2026, 12:00 UTC"),
        (Locale.DE, "1. März 2026, 12:00 Uhr UTC"),
    ],
)
def test_a_notice_says_when_it_was(kind: MailKind, locale: Locale, words: str) -> None:
    at = MAIL.at.astimezone(EAST)

    message = RENDERER.message(replace(mail_of(kind, locale), at=at))

    for part in (text(message), html(message).shown):
        assert words in part


@pytest.mark.parametrize("locale", Locale)
def test_a_language_names_the_twelve_months(locale: Locale) -> None:
    days = [NOON.replace(month=month) for month in range(1, 13)]

    assert 12 == len({WORDINGS[locale].in_words(day).split()[1] for day in days})


@pytest.mark.parametrize("kind", [MailKind.PASSWORD_CHANGED, MailKind.REUSE_DETECTED])
def test_a_warning_says_what_to_do(kind: MailKind) -> None:
    message = RENDERER.message(mail_of(kind))

    for part in (text(message), html(message).shown):
        assert "Forgot password?" in part


def test_whoever_left_an_address_undoes_it_by_a_link_or_is_told_whom_to_turn_to() -> (
    None
):
    mail = mail_of(MailKind.EMAIL_LEFT)
    undo = f"{RENDERER.pages.undo_email}?token={MAIL.token}"

    with_link = RENDERER.message(mail)
    without = RENDERER.message(replace(mail, token=None, expires_at=None))

    assert [undo] * 2 == html(with_link).links
    assert [] == html(without).links
    assert "http" not in text(without)
    assert "turn at once to the Scribes App team" in text(without)


@pytest.mark.parametrize("locale", Locale)
def test_who_has_no_language_is_written_to_in_the_service_s(locale: Locale) -> None:
    renderer = replace(RENDERER, locale=locale)

    message = renderer.message(replace(NOTICE, locale=None))

    assert locale == message["Content-Language"]
    assert locale == html(message).language


@pytest.mark.parametrize(
    ("device", "english", "german"),
    [
        ("Firefox on Windows", "Firefox on Windows", "Firefox unter Windows"),
        ("Safari UI/WKWebView", "Safari UI WKWebView", "Safari UI WKWebView"),
        ("https://evil on Windows", "unknown", "unbekannt"),
        ("evil.com", "unknown", "unbekannt"),
        ("", "unknown", "unbekannt"),
    ],
)
def test_a_device_is_named_in_the_reader_s_language_and_no_link(
    device: str, english: str, german: str
) -> None:
    details = {"device": device, "address": "2001:db8::7%https://evil.example"}
    mail = replace(mail_of(MailKind.NEW_SIGN_IN), details=details)

    texts = [text(RENDERER.message(replace(mail, locale=it))) for it in Locale]

    assert f"\nDevice: {english}\nIP address: 2001:db8::7\n" in texts[0]
    assert f"\nGerät: {german}\nIP-Adresse: 2001:db8::7\n" in texts[1]


@pytest.mark.parametrize(
    ("role", "english", "german"),
    [
        ("admin", "administrator", "Administration"),
        ("user", "user", "Nutzung"),
        ("editor", "editor", "editor"),
        ("<b>www.evil.example</b>", "unknown", "unbekannt"),
    ],
)
def test_a_role_is_named_in_the_reader_s_language(
    role: str, english: str, german: str
) -> None:
    mail = replace(mail_of(MailKind.ROLE_CHANGED), details={"role": role})

    texts = [text(RENDERER.message(replace(mail, locale=it))) for it in Locale]

    assert f"\nNew role: {english}\n" in texts[0]
    assert f"\nNeue Rolle: {german}\n" in texts[1]


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


@pytest.mark.parametrize("kind", sorted(NEED_TOKEN))
@pytest.mark.parametrize("locale", Locale)
def test_a_mail_that_needs_a_token_is_not_written_without(
    kind: MailKind, locale: Locale
) -> None:
    with pytest.raises(Exception, match="'link' is undefined"):
        RENDERER.message(replace(mail_of(kind, locale), token=None))


@pytest.mark.parametrize("kind", DETAILS)
@pytest.mark.parametrize("locale", Locale)
def test_a_mail_that_needs_details_is_not_written_without(
    kind: MailKind, locale: Locale
) -> None:
    with pytest.raises(Exception, match="' is undefined"):
        RENDERER.message(replace(mail_of(kind, locale), details={}))


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
