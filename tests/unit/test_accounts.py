import asyncio
from datetime import timedelta

import pytest

from core.errors import EmailTaken, PasswordRejected, UsernameTaken
from core.model import Purpose, Role, User
from core.model.events import EventKind
from tests.unit.world import CONSOLE, EMAIL, PASSWORD, PHONE, World


async def _register(world: World, email: str, username: str) -> User:
    return await world.accounts.register(
        email=email,
        username=username,
        password=PASSWORD,
        full_name="Jane Doe",
        client=PHONE,
    )


async def test_a_new_user_may_do_nothing_special_and_has_proved_nothing() -> None:
    world = World()

    user = await _register(world, "Jane@Example.com", "Jane")

    assert ("Jane@Example.com", "Jane", "Jane Doe", Role.USER) == (
        user.email,
        user.username,
        user.full_name,
        user.role,
    )
    assert user.is_active
    assert not user.is_verified
    assert world.clock.now() == user.created_at == user.updated_at
    assert user == await world.storage.users.get(user.id)


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
    ("email", "username", "refusal"),
    [
        (EMAIL, "other", EmailTaken),
        ("JANE@Example.COM", "other", EmailTaken),
        (EMAIL, "jane", EmailTaken),
        ("other@example.com", "jane", UsernameTaken),
        ("other@example.com", "JANE", UsernameTaken),
    ],
)
async def test_a_name_is_given_once_however_it_is_typed(
    email: str, username: str, refusal: type[Exception]
) -> None:
    world = World()
    await world.register()

    with pytest.raises(refusal):
        await _register(world, email, username)

    assert 1 == len(world.events)
    assert 1 == len(world.storage.users.tables.users)


async def test_of_any_number_of_registrations_of_one_address_one_succeeds() -> None:
    world = World()

    answers = await asyncio.gather(
        *(_register(world, EMAIL, f"jane{n}") for n in range(50)),
        return_exceptions=True,
    )

    assert 1 == sum(isinstance(answer, User) for answer in answers)
    assert 49 == sum(isinstance(answer, EmailTaken) for answer in answers)


async def test_a_bad_password_is_refused_before_anything_is_stored() -> None:
    world = World()

    with pytest.raises(PasswordRejected) as refusal:
        await world.accounts.register(
            email=EMAIL, username="jane", password="short", full_name=None, client=PHONE
        )

    assert 4 == len(refusal.value.problems)
    assert not world.events


async def test_an_administrator_is_verified_and_gets_no_mail() -> None:
    world = World()

    admin = await world.accounts.create_admin(
        email=EMAIL,
        username="root",
        password=PASSWORD,
        full_name=None,
        operator=CONSOLE,
    )

    assert (Role.ADMIN, True) == (admin.role, admin.is_verified)
    (event,) = world.events
    assert (EventKind.ADMIN_CREATED, admin.id) == (event.kind, event.user_id)
    who = {"actor": "operator", "address": "server", "client": "root"}
    assert who == event.data
    assert not event.is_outgoing
    assert not world.storage.tokens.tables.tokens
