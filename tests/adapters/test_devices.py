import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from ua_parser.regex import Resolver

from adapters.devices.user_agents import UserAgentNames, parser
from core.ports import DeviceNames
from tests.contract.base import broken_laws
from tests.contract.device_names import QUICK, DeviceNamesContract

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT}"
PHONE = f"Mozilla/5.0 (Linux; Android 14; Pixel 8) {WEBKIT}"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko)"
)

NAMES = {
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0": "Firefox on Linux",
    "Mozilla/5.0 (Android 14; Mobile; rv:128.0) Gecko/128.0 Firefox/128.0": "Firefox on Android",
    f"{IPHONE} FxiOS/128.0 Mobile/15E148 Safari/605.1.15": "Firefox on iPhone",
    f"{WINDOWS} Chrome/126.0.0.0 Safari/537.36": "Chrome on Windows",
    f"{WINDOWS} Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0": "Edge on Windows",
    f"{WINDOWS} Chrome/126.0.0.0 Safari/537.36 OPR/112.0.0.0": "Opera on Windows",
    f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/126.0.0.0 Safari/537.36": (
        "Chrome on Chrome OS"
    ),
    f"{PHONE} Chrome/126.0.0.0 Mobile Safari/537.36": "Chrome on Android",
    f"{PHONE} SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36": (
        "Samsung Internet on Android"
    ),
    f"Mozilla/5.0 (Linux; Android 13; SM-X710) {WEBKIT} Chrome/126.0.0.0 Safari/537.36": (
        "Chrome on Android"
    ),
    f"{IPHONE} Version/17.5 Mobile/15E148 Safari/604.1": "Safari on iPhone",
    f"{IPHONE} CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1": "Chrome on iPhone",
    (
        "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15"
        " (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1"
    ): "Safari on iPad",
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15"
        " (KHTML, like Gecko) Version/17.5 Safari/605.1.15"
    ): "Safari on macOS",
    "Dart/3.4 (dart:io)": "Dart",
    "curl/8.5.0": "curl",
    "python-requests/2.32.3": "Python Requests",
    "okhttp/4.12.0": "okhttp",
    "PostmanRuntime/7.39.0": "PostmanRuntime",
    "My App 3.4 (build 7)": "My App",
    "MyApp/1.2.3 CFNetwork/1494.0.7 Darwin/23.4.0": "MyApp on iOS",
    "": "Unknown device",
}


class TestUserAgents(DeviceNamesContract):
    @pytest.fixture
    def subject(self) -> DeviceNames:
        return UserAgentNames()


@pytest.mark.parametrize(("label", "name"), NAMES.items())
def test_clients_are_called_as_people_call_them(label: str, name: str) -> None:
    assert name == UserAgentNames().name(label)


def test_the_engine_is_the_one_of_linear_time() -> None:
    assert isinstance(parser().resolver, Resolver)


def test_who_starts_the_service_does_not_wait_for_the_library() -> None:
    asked = (
        "import sys, adapters.devices.user_agents;"
        "sys.exit(any(name.startswith('ua_parser') for name in sys.modules))"
    )

    assert 0 == subprocess.run([sys.executable, "-c", asked], check=False).returncode


class TellsVersions(UserAgentNames):
    def name(self, label: str) -> str:
        version = label.rpartition("/")[2][:4]
        return (
            f"{super().name(label)} {version if version[:1].isdigit() else ''}".strip()
        )


class TellsOneName(UserAgentNames):
    def name(self, label: str) -> str:  # noqa: ARG002
        return "Firefox on Windows"


class TellsNoSystem(UserAgentNames):
    def name(self, label: str) -> str:
        return super().name(label).partition(" on ")[0]


class TellsNothing(UserAgentNames):
    def name(self, label: str) -> str:
        return super().name(label).replace("Unknown device", "")


class TellsAll(UserAgentNames):
    def name(self, label: str) -> str:
        name = super().name(label)
        return name + label if len(label) > 2000 else name


class TellsControls(UserAgentNames):
    def name(self, label: str) -> str:
        return super().name(label) + ("\n" if "\n" in label else "")


class IsSlow(UserAgentNames):
    def name(self, label: str) -> str:
        if len(label) > 2000:
            end = time.process_time() + QUICK
            while time.process_time() < end:
                continue
        return super().name(label)


BROKEN: Mapping[type[UserAgentNames], set[str]] = {
    UserAgentNames: set(),
    TellsVersions: {
        "an update changes no name",
        "browsers are called by what they are and run on",
        "labels that tell nothing have one name",
    },
    TellsOneName: {"clients that differ have names that differ"},
    TellsNoSystem: {"browsers are called by what they are and run on"},
    TellsNothing: {
        "a name is short and never empty",
        "labels that tell nothing have one name",
    },
    TellsAll: {
        "a name is short and never empty",
        "no character of a name controls anything",
    },
    TellsControls: {"no character of a name controls anything"},
    IsSlow: {"no label takes long"},
}


@pytest.mark.parametrize(("make", "laws"), BROKEN.items())
async def test_broken_names_are_caught_by_the_laws_they_break(
    make: type[UserAgentNames], laws: set[str]
) -> None:
    broken = await broken_laws(DeviceNamesContract, fresh(make))

    assert {f"test_{law.replace(' ', '_')}" for law in laws} == broken


def test_every_law_can_fail() -> None:
    caught = {f"test_{law.replace(' ', '_')}" for it in BROKEN.values() for law in it}

    assert set(DeviceNamesContract.laws()) == caught


def fresh(
    make: type[DeviceNames],
) -> Callable[[], AbstractAsyncContextManager[DeviceNames]]:
    @asynccontextmanager
    async def subject() -> AsyncIterator[DeviceNames]:
        yield make()

    return subject
