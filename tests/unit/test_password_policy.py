import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import PasswordRejected
from core.passwords import GuidePolicy

SPECIAL = '!@#$%^&*(),.?":{}|<>'
UPPER = "Password must contain an uppercase letter (A-Z)"
LOWER = "Password must contain a lowercase letter (a-z)"
NUMBER = "Password must contain a number (0-9)"
ODD = f"Password must contain a special character (one of {SPECIAL})"
SHORT = "Password must be at least 8 characters"

PASSWORDS = st.text(
    st.sampled_from("aZ5!<é\u0660Ä\U0001f600 _-'\n\0") | st.characters(codec="utf-8"),
    max_size=12,
)
"""Short and odd, as passwords that break one rule are."""


@pytest.mark.parametrize(
    ("password", "problems"),
    [
        ("SecurePass123!", []),
        ("Aa1!aaaa", []),
        ("Aa1!aaa", [SHORT]),
        ("Aa1!\U0001f600\U0001f600", []),
        ("Aa1!\U0001f600b", [SHORT]),
        ("aa1!aaaa", [UPPER]),
        ("Äa1!aaaa", [UPPER]),
        ("AA1!AAAA", [LOWER]),
        ("AÄ1!ßßßß", [LOWER]),
        ("Pä1!öööö", [LOWER]),
        ("Aab!aaaa", [NUMBER]),
        ("Aa\u0661!aaaa", [NUMBER]),
        ("Aa1_-'~;", [ODD]),
        ("Aa1aaaaa", [ODD]),
        ("", [SHORT, UPPER, LOWER, NUMBER, ODD]),
    ],
)
def test_a_password_is_told_every_rule_that_it_breaks(
    password: str, problems: list[str]
) -> None:
    assert problems == list(GuidePolicy().problems(password))


@pytest.mark.parametrize("character", SPECIAL)
def test_each_of_the_guides_characters_is_special(character: str) -> None:
    assert not GuidePolicy().problems(f"Aa1aaaa{character}")


@given(PASSWORDS)
def test_the_policy_says_what_the_guides_client_says(password: str) -> None:
    assert _guide_refuses(password) == list(GuidePolicy().problems(password))


def _guide_refuses(password: str) -> list[str]:
    """Check as the published validator does, letter by letter."""
    kept = {
        SHORT: sum(1 if ord(letter) < 0x10000 else 2 for letter in password) >= 8,
        UPPER: any("A" <= letter <= "Z" for letter in password),
        LOWER: any("a" <= letter <= "z" for letter in password),
        NUMBER: any("0" <= letter <= "9" for letter in password),
        ODD: any(letter in SPECIAL for letter in password),
    }
    return [sentence for sentence, keeps in kept.items() if not keeps]


GUIDE = {
    SHORT: "Password must be at least 8 characters",
    UPPER: "Password must contain an uppercase letter",
    LOWER: "Password must contain a lowercase letter",
    NUMBER: "Password must contain a number",
    ODD: "Password must contain a special character",
}


@pytest.mark.parametrize(("ours", "guides"), GUIDE.items())
def test_a_sentence_begins_as_the_guides_does(ours: str, guides: str) -> None:
    assert ours.startswith(guides)


def test_a_refusal_names_every_broken_rule_and_never_the_password() -> None:
    with pytest.raises(PasswordRejected) as refusal:
        GuidePolicy().demand("secret")

    assert (SHORT, UPPER, NUMBER, ODD) == refusal.value.problems
    assert "secret" not in str(refusal.value)
