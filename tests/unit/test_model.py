from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model import Client, Session, User, normalised
from tests.doubles import NOON

LETTERS = [chr(number) for number in range(0x20000) if chr(number).isalpha()]
TURKISH_DOTLESS_I = "\u0131"
ODD = "\u00df\u017f\u0130\u0131\u03a3\u03c2\ufb01\uff21A\u030a\u0345\u1e9e\u01c5"


@given(st.text() | st.text(st.sampled_from(ODD)))
def test_normalising_twice_is_normalising_once(name: str) -> None:
    assert normalised(name) == normalised(normalised(name))


def test_case_makes_no_other_name_but_for_one_letter() -> None:
    others = [x for x in LETTERS if normalised(x) != normalised(x.upper())]

    assert [TURKISH_DOTLESS_I] == others


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("Jane@Example.COM", "jane@example.com"),
        ("\uff2aane@example.com", "jane@example.com"),
        ("Stra\u00dfe@example.com", "STRASSE@example.com"),
        ("A\u030angstrom@example.com", "\u00c5NGSTROM@example.com"),
        ("\ufb01ona@example.com", "FIONA@example.com"),
    ],
)
def test_names_that_look_alike_are_one_name(typed: str, same: str) -> None:
    assert normalised(same) == normalised(typed)


@pytest.mark.parametrize("other", ["jane", "jane@example.co", "jane.@example.com", ""])
def test_other_names_stay_other_names(other: str) -> None:
    assert normalised("jane@example.com") != normalised(other)


def test_a_user_keeps_names_as_typed_and_compares_them_normalised() -> None:
    user = User(
        email="Jane@Example.com",
        username="Jane_Doe",
        full_name=None,
        password_hash="hash of it",
        created_at=NOON,
        updated_at=NOON,
    )

    assert ("jane@example.com", "jane_doe") == (user.email_key, user.username_key)
    assert "hash of it" not in repr(user)


SESSION = Session(
    id="s",
    user_id=1,
    generation=5,
    rotations=tuple(NOON + timedelta(seconds=n) for n in (3, 4, 5)),
    created_at=NOON,
    last_used_at=NOON,
    expires_at=NOON + timedelta(days=7),
    client=Client("192.0.2.1", ""),
)


@pytest.mark.parametrize(
    ("generation", "second"),
    [(5, 5), (4, 4), (3, 3), (2, None), (0, None), (6, None), (-1, None)],
)
def test_a_session_knows_when_its_latest_generations_began(
    generation: int, second: int | None
) -> None:
    began = None if second is None else NOON + timedelta(seconds=second)

    assert began == SESSION.began_at(generation)


def test_a_session_lives_until_the_moment_it_expires() -> None:
    assert SESSION.is_live(SESSION.expires_at - timedelta(milliseconds=1))
    assert not SESSION.is_live(SESSION.expires_at)
