import pytest

from core.errors import InvalidMailToken
from core.model import Purpose
from core.model.events import EventKind
from tests.unit.hashers import InterruptedHasher
from tests.unit.world import EMAIL, NEW_PASSWORD, PHONE, World

FORGERIES = {
    "nothing": "",
    "a dot": ".",
    "the id alone": "{id}",
    "the id and a dot": "{id}.",
    "no id": ".{mac}",
    "another id": "00000000000000000000000000000000.{mac}",
    "a letter less": "{id}.{cut}",
    "a letter more": "{id}.{mac}A",
    "padded": "{id}.{mac}=",
    "a blank before it": " {id}.{mac}",
    "twice": "{id}.{mac}.{mac}",
    "no ASCII": "{id}.\u00e4{mac}",
}


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
async def test_a_token_that_we_did_not_mail_spends_nothing(
    purpose: Purpose, forgery: str
) -> None:
    world = await world_with_tokens()
    mailed = world.mailed_token(purpose)
    token_id, _, mac = mailed.partition(".")

    with pytest.raises(InvalidMailToken):
        await _spend(world, purpose, forgery.format(id=token_id, mac=mac, cut=mac[:-1]))

    await _spend(world, purpose, mailed)


@pytest.mark.parametrize("purpose", Purpose)
async def test_a_token_is_good_for_its_purpose_only(purpose: Purpose) -> None:
    world = await world_with_tokens()

    for other in set(Purpose) - {purpose}:
        mailed = world.mailed_token(other)
        forged = world.token_service.mail_token(mailed.partition(".")[0], purpose)
        for token in (mailed, forged):
            with pytest.raises(InvalidMailToken):
                await _spend(world, purpose, token)

    await _spend(world, purpose, world.mailed_token(purpose))


async def world_with_tokens() -> World:
    """Return a world where a token of each purpose was mailed to somebody."""
    world = World()
    user, now = await world.register(), world.clock.now()
    for purpose in set(Purpose) - {Purpose.VERIFY_EMAIL}:
        token = world.mailed_tokens.new(user.id, purpose, now, "jane@example.net")
        await world.storage.tokens.issue(token, events=[])
    return world


async def _spend(world: World, purpose: Purpose, mailed: str) -> None:
    match purpose:
        case Purpose.VERIFY_EMAIL:
            await world.verifications.verify(mailed, PHONE)
        case Purpose.RESET_PASSWORD:
            await world.password_resets.reset(mailed, NEW_PASSWORD, PHONE)
        case Purpose.INVITATION:
            await world.invitations.accept(mailed, NEW_PASSWORD, PHONE)
        case Purpose.CHANGE_EMAIL:
            await world.email_changes.confirm(mailed, PHONE)
        case Purpose.UNDO_EMAIL:
            await world.email_changes.undo(mailed, PHONE)


async def test_nobody_learns_from_what_is_stored_whether_an_address_is_known() -> None:
    world = World()
    known = await world.register()
    proved = await world.register("proved")
    world.change_user(proved, is_verified=True)
    closed = await world.register("closed")
    world.change_user(closed, is_active=False)

    for use_case, kind, told in (
        (
            world.verifications.request,
            EventKind.VERIFICATION_REQUESTED,
            [known.id, None, None, None],
        ),
        (
            world.password_resets.request,
            EventKind.PASSWORD_RESET_REQUESTED,
            [known.id, proved.id, None, None],
        ),
    ):
        before = len(world.events)
        for name in ("jane", "proved", "closed", "nobody"):
            await use_case(f"{name}@example.com", PHONE)

        events = world.events[before:]
        assert [kind] * 4 == [event.kind for event in events]
        assert told == [event.user_id for event in events]


async def test_a_token_that_can_not_be_spent_costs_no_hash() -> None:
    hasher = InterruptedHasher()
    world = World(hasher)
    await world.register()
    await world.password_resets.request(EMAIL, PHONE)
    other = world.mailed_token(Purpose.VERIFY_EMAIL).partition(".")[0]
    forged = world.token_service.mail_token(other, Purpose.RESET_PASSWORD)
    late = world.mailed_token(Purpose.RESET_PASSWORD)
    world.wait(hours=1)
    hasher.after_hash = world.log_in

    for token in ("garbage", forged, late):
        with pytest.raises(InvalidMailToken):
            await world.password_resets.reset(token, NEW_PASSWORD, PHONE)

    assert hasher.after_hash is not None
    await hasher.aclose()
