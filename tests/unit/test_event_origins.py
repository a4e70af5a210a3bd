"""Every event tells who did it, and from where."""

from core.model import Client, Purpose
from core.model.events import Event, EventKind
from tests.unit.world import EMAIL, LAPTOP, NEW_PASSWORD, PASSWORD, PHONE, World, origin

DESK = Client(address="192.0.2.3", label="desk")


def _told(world: World, kind: EventKind) -> Event:
    return [event for event in world.events if event.kind is kind][-1]


async def test_who_need_not_prove_anything_is_anyone() -> None:
    world = World()
    await world.register()
    await world.verifications.request(EMAIL, LAPTOP)
    await world.password_resets.request("nobody@example.com", LAPTOP)

    assert "anyone" == _told(world, EventKind.USER_REGISTERED).actor
    for kind in (EventKind.VERIFICATION_REQUESTED, EventKind.PASSWORD_RESET_REQUESTED):
        assert ("anyone", "192.0.2.2", "laptop") == origin(_told(world, kind))


async def test_who_proved_to_be_a_user_is_that_user_wherever_they_are() -> None:
    world = World()
    user = await world.register()
    verify = world.mailed_token(Purpose.VERIFY_EMAIL)
    await world.verifications.verify(verify, DESK)
    await world.password_resets.request(EMAIL, PHONE)
    reset = world.mailed_token(Purpose.RESET_PASSWORD)
    await world.password_resets.reset(reset, NEW_PASSWORD, DESK)
    grant = await world.log_in(NEW_PASSWORD)
    identity = await world.sessions.identify(grant.access_token)
    renewed = await world.password_changes.change(
        identity, current_password=NEW_PASSWORD, new_password=PASSWORD, client=DESK
    )
    identity = await world.sessions.identify(renewed.access_token)
    await world.sessions.log_out_everywhere(identity, DESK)

    for kind in (
        EventKind.EMAIL_VERIFIED,
        EventKind.PASSWORD_RESET,
        EventKind.PASSWORD_CHANGED,
        EventKind.SESSION_OPENED,
        EventKind.SESSIONS_ENDED,
    ):
        event = _told(world, kind)
        assert user.id == event.user_id
        assert user.id == event.actor_id
        assert (str(user.id), "192.0.2.3", "desk") == origin(event)


async def test_every_event_has_anorigin() -> None:
    world = World()
    token = (await world.newcomer()).refresh_token
    await world.refresh(await world.refresh(token, LAPTOP))

    for event in world.events:
        assert None not in origin(event)
