import time
import unicodedata

from core.ports import DeviceNames
from tests.contract.base import Contract

LONGEST = 100
QUICK = 0.02
"""Seconds; one name takes less than one millisecond, and a busy machine more."""

FIREFOX = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:{0}.0) Gecko/20100101 Firefox/{0}.0"
)
CHROME = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/{0}.0.0.0 Mobile Safari/537.36"
)
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS {0}_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML,"
    " like Gecko) Version/{0}.5 Mobile/15E148 Safari/604.1"
)
PROGRAMS = ("Dart/{0}.4 (dart:io)", "curl/{0}.5.0", "okhttp/{0}.12.0", "Till {0}.3")

TELLING_NOTHING = ("", " ", "/", "\0", "\u200b\u202e", "\ud800", "1.2.3", "Mozilla/5.0")

HOSTILE = (
    *("a" * 3000, "é" * 3000, "🐎" * 3000, "x" * 99 + "\0" * 3000, "\n" * 3000 + "x"),
    *(
        "\u202egpj.exe/1",
        "\ud800\udfff/1",
        "curl\n\rSet-Cookie: a=b/1",
        "a\u2028b\x85c\x7f",
    ),
    *("<script>alert(1)</script>/1", "' OR 1=1 --", "%s{0}$1\\1", "\ufeffcurl/8"),
    *(" " * 3000 + "x", "/" * 3000, ";" * 3000, "(" * 3000, "Mozilla/5.0 (" * 300),
    *("(Linux; Android 1" * 200, "iPhone OS " * 300, "Windows NT " * 300),
    *("Mozilla/5.0 (" + "; " * 1500, "Version/" + "1." * 1500, "1" * 3000 + "/"),
    *(
        "Chrome/" * 400,
        "Android " * 400,
        "bot" * 1000,
        "x-" * 1500,
        "Opera Mini/" * 300,
    ),
    FIREFOX.format("9" * 3000),
    FIREFOX.format(1).replace("Firefox", "\u202eFirefox\0"),
)


class DeviceNamesContract(Contract):
    """The laws of ``DeviceNames``."""

    async def test_an_update_changes_no_name(self, subject: DeviceNames) -> None:
        for label in (FIREFOX, CHROME, SAFARI, *PROGRAMS):
            names = {subject.name(label.format(version)) for version in (9, 17, 128)}

            assert 1 == len(names)
            assert not any(map(str.isdigit, names.pop()))

    async def test_clients_that_differ_have_names_that_differ(
        self, subject: DeviceNames
    ) -> None:
        labels = (FIREFOX, CHROME, SAFARI, *PROGRAMS, "")

        assert len(labels) == len({subject.name(label.format(9)) for label in labels})

    async def test_browsers_are_called_by_what_they_are_and_run_on(
        self, subject: DeviceNames
    ) -> None:
        assert "Firefox on Windows" == subject.name(FIREFOX.format(128))

    async def test_labels_that_tell_nothing_have_one_name(
        self, subject: DeviceNames
    ) -> None:
        (unknown,) = {subject.name(label) for label in TELLING_NOTHING}

        assert any(map(str.isalpha, unknown))

    async def test_a_name_is_short_and_never_empty(self, subject: DeviceNames) -> None:
        for label in HOSTILE:
            name = subject.name(label)
            assert 1 <= len(name.strip()) <= len(name) <= LONGEST

    async def test_no_character_of_a_name_controls_anything(
        self, subject: DeviceNames
    ) -> None:
        for label in (*HOSTILE, *TELLING_NOTHING):
            categories = {unicodedata.category(each) for each in subject.name(label)}
            assert not categories & {"Cc", "Cf", "Cs", "Zl", "Zp"}

    async def test_no_label_takes_long(self, subject: DeviceNames) -> None:
        subject.name("the first")
        for label in HOSTILE:
            assert any(seconds(subject, label) < QUICK for _ in range(3))


def seconds(names: DeviceNames, label: str) -> float:
    """Return how long it takes a processor, however many others want it."""
    began = time.process_time()
    names.name(label)
    return time.process_time() - began
