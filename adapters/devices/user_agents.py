"""Names of devices by the User-Agent of HTTP (RFC 9110, section 10.1.5)."""

import re
from functools import cache
from typing import TYPE_CHECKING

from core.characters import is_hidden
from core.ports import DeviceNames

if TYPE_CHECKING:
    from ua_parser import Parser

LONGEST = 48
"""Of each of the two names."""

LONGEST_READ = 512
"""Of a label: what is behind it tells nothing, and takes time."""

UNKNOWN = "Unknown device"

VERSION = re.compile(r"[\s/]+v?[0-9][^\s/]*")
"""A number behind a name, where a program tells it."""

NOT_NAMES = frozenset({"Mozilla", "Other"})

PROGRAMS = {
    "Chrome Mobile": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Chrome Mobile WebView": "App",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "IE": "Internet Explorer",
    "Edge Mobile": "Edge",
    "Mobile Safari": "Safari",
    "Mobile Safari UI/WKWebView": "App",
    "Opera Mobile": "Opera",
    "Android": "App",
}
"""What people call those that the library tells apart by where they run, or how."""

SYSTEMS = {"Mac OS X": "macOS"}

APPLE_DEVICES = ("iPhone", "iPad")


class UserAgentNames(DeviceNames):
    """Knows browsers and operating systems; programs are called by the name they give."""

    def name(self, label: str) -> str:
        text = _visible(label[:LONGEST_READ])
        reader = parser()
        program, system = reader.parse_user_agent(text), reader.parse_os(text)
        shown = PROGRAMS.get(program.family, program.family) if program else ""
        names = (
            shown or _product(text),
            _system(system.family, text) if system else "",
        )
        return " on ".join(filter(None, map(_shortened, names))) or UNKNOWN


@cache
def parser() -> "Parser":
    """Return the parser, made when it is first asked for."""
    # Takes a sixth of a second: those who start the service must not wait for it.
    from ua_parser import Parser, load_lazy_builtins  # noqa: PLC0415
    from ua_parser.regex import Resolver  # noqa: PLC0415

    programs, systems, _ = load_lazy_builtins()
    # By name: its engine takes linear time, which the library's others do not promise.
    return Parser(Resolver((programs, systems, [])))


def _system(family: str, text: str) -> str:
    if family == "iOS":
        return next((each for each in APPLE_DEVICES if each in text), family)
    return SYSTEMS.get(family, family)


def _product(text: str) -> str:
    """Return the first product's name: `Dart` of `Dart/3.4 (dart:io)`."""
    name = (
        VERSION.split(text.split("(", maxsplit=1)[0], maxsplit=1)[0]
        .split("/")[0]
        .strip()
    )
    return "" if name in NOT_NAMES or not any(map(str.isalpha, name)) else name


def _visible(text: str) -> str:
    return "".join(letter for letter in text if not is_hidden(letter))


def _shortened(name: str) -> str:
    return name[:LONGEST].strip()
