from datetime import timedelta

import pytest

from core.model import Client, Credentials, Session, User
from tests.doubles import NOON


def test_a_user_keeps_its_username_as_typed_and_compares_it_in_lower_case() -> None:
    user = User(
        email="Jane@Example.com",
        email_key="jane@example.com",
        username="Jane_Doe",
        full_name=None,
        created_at=NOON,
        updated_at=NOON,
    )

    assert ("Jane_Doe", "jane_doe") == (user.username, user.username_key)


def test_credentials_are_not_shown() -> None:
    assert "hash of it" not in repr(Credentials(password_hash="hash of it"))


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
