"""A log-in from a device not seen before is told, and no other."""

from core.identity.sessions import DEVICES_KEPT
from core.model import Client
from core.model.events import EventKind
from tests.unit.world import EMAIL, World

FIREFOX = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:{0}.0) Gecko/20100101 Firefox/{0}.0"
)


def _firefox(version: int, address: str = "192.0.2.1") -> Client:
    return Client(address, FIREFOX.format(version))


async def test_the_first_device_and_those_seen_before_are_not_told() -> None:
    world = World()
    await world.register()
    for client in (_firefox(128), _firefox(129, "198.51.100.7"), _firefox(130)):
        await world.log_in(client=client)

    assert 0 == world.count(EventKind.DEVICE_ADDED)


async def test_a_new_device_is_told_once_by_its_name() -> None:
    world = World()
    await world.register()
    await world.log_in(client=_firefox(128))
    dart = Client("192.0.2.9", "Dart/3.4 (dart:io)")

    for _ in range(2):
        grant = await world.log_in(client=dart)

    (event,) = [it for it in world.events if it.kind is EventKind.DEVICE_ADDED]
    assert ({"device": "Dart"}, "192.0.2.9") == (event.data, event.address)
    account = await world.storage.users.account(grant.user.id)
    assert account
    assert ("Dart", "Firefox on Windows") == account.devices


async def test_nobody_is_told_where_the_operator_does_not_want_it() -> None:
    world = World(notify_new_sign_in=False)
    await world.register()
    await world.log_in(client=_firefox(128))
    await world.log_in(client=Client("192.0.2.9", "curl/8.5"))

    assert 0 == world.count(EventKind.DEVICE_ADDED)


async def test_the_latest_devices_are_kept_and_the_others_forgotten() -> None:
    world = World()
    await world.register()
    for number in range(DEVICES_KEPT + 5):
        await world.log_in(client=Client("192.0.2.1", f"program{number}/1.0"))

    account = await world.storage.users.account_by_email(EMAIL)
    assert account
    assert DEVICES_KEPT == len(account.devices)
    assert f"program{DEVICES_KEPT + 4}" == account.devices[0]
