from datetime import timedelta

import pytest

from core.errors import EmailTaken, PasswordRejected, UsernameTaken
from core.model import Purpose
from core.model.events import EventKind
from tests.unit.world import EMAIL, PASSWORD, PHONE, World


async def test_a_registration_is_told_with_the_token_to_mail() -> None:
    world = World()

    user = await world.register()

    (event,) = world.events
    assert (EventKind.USER_REGISTERED, user.id) == (event.kind, event.user_id)
    token = await world.storage.tokens.get(event.data["token_id"])
    assert token is not None
    assert (user.id, Purpose.VERIFY_EMAIL) == (token.user_id, token.purpose)
    assert timedelta(hours=24) == token.expires_at - world.clock.now()


@pytest.mark.parametrize(
    ("email", "username", "password"),
    [
        (EMAIL, "other", PASSWORD),
        ("other@example.com", "JANE", PASSWORD),
        ("other@example.com", "other", "short"),
    ],
)
async def test_a_refused_registration_stores_nothing(
    email: str, username: str, password: str
) -> None:
    world = World()
    await world.register()

    with pytest.raises((EmailTaken, UsernameTaken, PasswordRejected)):
        await world.accounts.register(
            email=email,
            username=username,
            password=password,
            full_name=None,
            locale=None,
            client=PHONE,
        )

    assert 1 == len(world.events)
    assert 1 == len(world.storage.users.tables.users)
