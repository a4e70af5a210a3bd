import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.mail.names import presentable
from tests.adapters.mail_renderers import RENDERER
from tests.contract.mailer import MAIL, html, reader_name, text

LINKS = (
    "Visit evil.com",
    "You won! www.example.net",
    "https://example.net/prize",
    "http example",
    "HTTPS",
    "example.net",
    "t.co",
    "x.y.example",
    "evil.com.",
    "e.vil.c.om",
    "1.2.3.4",
    "evil. com",
    "evil .com",
    "evil . com",
    "evil dot com",
    "evil (dot) com",
    "evil,com",
    "evil;com",
    "evil:8080",
    "mailto evil",
    "eve@example.net",
    "eve\uff20example",
    "evil\uff0ecom",
    "evil\u3002com",
    "evil\uff61com",
    "evil\u2024com",
    "evil\u00b7com",
    "evil\u30fbcom",
    "paypal\u00b7link",
    "\u30b0\u30fc\u30b0\u30eb\u30fb\u30b3\u30e0",
    "evil\u2027com",
    "evil\u2022com",
    "evil\u0660com",
    "evil\u06f0com",
    "evil\u06d4com",
    "evil\u0701com",
    "evil\ua4f8com",
    "evil\ua60ecom",
    "evil\U0001d16dcom",
    "evil\u2b24com",
    "evil\U0001f534com",
    "evil.\u200ccom",
    "evil\u200d.com",
    "evil.\u00adcom",
    "evil.c\u0301om",
    "evil.\u202ecom",
    "\uff57\uff57\uff57 evil",
    "www1 evil",
    "evil\u2215prize",
    "evil\u2044prize",
    "evil\\prize",
    "evil\ua789prize",
    "evil\u02d0prize",
    "evil\u2236prize",
    "\u0435vil.\u0441om",
    "\u043f\u0440\u0438\u0437.\u0440\u0444",
    "evil\u02d9com",
    "evil \u0323com",
    "evil-\u0323com",
    "evil\U0001f3bb\u0323com",
    "evil\U0001f3bb\ufe0f\u0323com",
    "evil\ua78fcom",
    "evil\u1427com",
    "evil\u18dfcom",
    "evil \u0903 com",
    "Z" + "\u0489" * 5,
    "Call 0800 123456",
    "Call \uff10\uff18\uff10\uff10\uff11\uff12",
    "=?utf-8?q?example=2Enet?=",
    "<b>Ann</b>",
    "",
    " ",
    "\u202e\x00",
)
NAMES = (
    ("Ann  O'Neil,\tSr.", "Ann O'Neil, Sr."),
    ("J.R.R. Tolkien", "J.R.R. Tolkien"),
    ("J. R. R. Tolkien", "J. R. R. Tolkien"),
    ("Dr. Jane St. Clair, Ph.D.", "Dr. Jane St. Clair, Ph.D."),
    ("Jane van den Example-Doe", "Jane van den Example-Doe"),
    ("Robert \u201cBob\u201d Smith (he)", "Robert \u201cBob\u201d Smith (he)"),
    ("Tom & Jerry", "Tom & Jerry"),
    ("Tom &lt; Jerry", "Tom &lt; Jerry"),
    ("Louis 14", "Louis 14"),
    ("\u5c71\u7530 \u592a\u90ce", "\u5c71\u7530 \u592a\u90ce"),
    ("\u0645\u06cc\u200c\u0645", "\u0645\u06cc\u200c\u0645"),
    (
        "\u0905\u092e\u093f\u0924 \u0936\u0930\u094d\u092e\u093e",
        "\u0905\u092e\u093f\u0924 \u0936\u0930\u094d\u092e\u093e",
    ),
    ("Nguy\u1ec5n \U0001f3bb", "Nguy\u1ec5n \U0001f3bb"),
    ("\u02bbIolani \u02bcA", "\u02bbIolani \u02bcA"),
    ("Dot Example", "Dot Example"),
    ("O\u00b4Brien", "O\u00b4Brien"),
    ("Ph\u1ea1m Nguy\u00ea\u0303n", "Ph\u1ea1m Nguy\u00ea\u0303n"),
    ("Ngo\u0302\u0323 A", "Ngo\u0302\u0323 A"),
    (
        "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd",
        "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd",
    ),
    ("\u0e19\u0e49\u0e33", "\u0e19\u0e49\u0e33"),
    ("\u1019\u103c\u1014\u103a\u1019\u102c", "\u1019\u103c\u1014\u103a\u1019\u102c"),
    ("Ann\u202e Example", "Ann Example"),
    ("A" * 5000, "A" * 100),
)


@pytest.mark.parametrize("name", LINKS)
def test_a_name_that_is_or_looks_like_a_link_is_left_out(name: str) -> None:
    message = RENDERER.message(replace(MAIL, name=name))

    assert "" == reader_name(message)
    assert text(message).startswith("Hello,\n")
    assert "Hello," in html(message).shown


@pytest.mark.parametrize(("name", "shown"), NAMES)
def test_an_ordinary_name_is_greeted(name: str, shown: str) -> None:
    message = RENDERER.message(replace(MAIL, name=name))

    assert shown == reader_name(message)
    assert text(message).startswith(f"Hello {shown},\n")
    assert f"Hello {shown}," in html(message).shown


@given(st.text(st.sampled_from("ab. \u3002\u200d\u0301:/@J\u00b7-,")))
def test_whatever_is_shown_has_no_dot_within_a_word(name: str) -> None:
    shown = presentable(name)

    assert not re.search(r"\w\W*[.\u3002]\w{2,}", shown)
    assert not set(shown) & set(":/@\u3002")
