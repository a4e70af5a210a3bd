"""Variables that are nearly one of ours, and would be passed over in silence."""

import os
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial

from adapters.secrets.env import variables_of
from config import sources
from config.settings import Settings

OURS = tuple(name.upper() for name in Settings.model_fields)
COMMANDS = {"ADMIN_PASSWORD", "TRANSFER_FROM", "TRANSFER_TO", "USER_PASSWORD"}
"""What commands read from the environment."""

ELSEWHERE = {
    "APP_ENVIRONMENT": "APP_ENV",
    "ENVIRONMENT": "APP_ENV",
    "DB_URL": "DATABASE_URL",
    "DATABASE_DSN": "DATABASE_URL",
    "POSTGRES_URL": "DATABASE_URL",
    "POSTGRES_URI": "DATABASE_URL",
    "POSTGRESQL_URL": "DATABASE_URL",
    "MONGO_URL": "DATABASE_URL",
    "MONGO_URI": "DATABASE_URL",
    "MONGODB_URL": "DATABASE_URL",
    "MONGODB_URI": "DATABASE_URL",
    "BASE_URL": "PUBLIC_URL",
    "ALLOWED_ORIGINS": "CORS_ORIGINS",
    "CORS_ALLOWED_ORIGINS": "CORS_ORIGINS",
    "JWT_SECRET": "JWT_SECRET_KEY",
    "JWT_KEY": "JWT_SECRET_KEY",
    "SECRET_KEY": "JWT_SECRET_KEY",
    "SMTP_SERVER": "SMTP_HOST",
    "SMTP_USERNAME": "SMTP_USER",
    "SMTP_LOGIN": "SMTP_USER",
    "SMTP_PASS": "SMTP_PASSWORD",
    "SMTP_FROM": "SMTP_FROM_EMAIL",
}
"""What other services call it."""

ORDINARY = {"API_URL"}
"""What others really mean by a name like one of ours."""

OTHER_PROTOCOLS = re.compile("(HTTP|NNTP|SFTP|SNMP|SNTP)_")
"""One letter or two from SMTP."""
LEAST_LETTERS = 7
"""Of a name that may have one letter wrong."""
LETTERS_FOR_TWO = 9


@dataclass(frozen=True, slots=True)
class Stray:
    """A variable that means nothing to us; ``meant`` is the setting it is taken for."""

    name: str
    value: str
    place: str
    meant: str | None
    is_set: bool
    """Whether the setting that is meant has a value of its own."""

    @property
    def problem(self) -> str:
        if self.meant is None:
            return (
                f"{self.name}{self.place}: no setting of ours; what other programs read"
                " goes into the environment"
            )
        if self.name == f"{self.meant}_FILE":
            return (
                f"{self.name}{self.place}: write SECRETS_URL=file:///DIRECTORY and"
                f" {self.meant}=secret:FILE"
            )
        return f"{self.name}{self.place}: did you mean {self.meant}?"

    @property
    def hides_production(self) -> bool:
        return self.meant == "APP_ENV" and self.value.casefold().startswith("prod")


def strays(settings: Settings) -> list[Stray]:
    """Return what is near a setting in the environment, and all unknown in `.env`."""
    dotenv = {name: text for name, text in sources.dotenv().items() if text != ""}
    given = {name.upper() for name in (*os.environ, *dotenv)}
    secrets = {found.secret.name for found in settings.secrets_found.values()}
    known = {*OURS, *COMMANDS, *(it for name in secrets for it in variables_of(name))}
    look = partial(_strays, known=known, given=given)
    near = [it for it in look(os.environ, place="") if it.meant]
    return near + look(dotenv, place=" (in .env)")


def stray_problems(settings: Settings) -> list[str]:
    """Return the strays that would have production run on a default nobody chose."""
    found = strays(settings)
    if not settings.in_production and not any(it.hides_production for it in found):
        return []
    return [it.problem for it in found if it.meant and not it.is_set]


def stray_warnings(settings: Settings) -> list[str]:
    """Return all strays, once each."""
    return list(dict.fromkeys(it.problem for it in strays(settings)))


def _strays(
    variables: Mapping[str, str | None], *, known: set[str], given: set[str], place: str
) -> list[Stray]:
    names = sorted({name.upper(): name for name in variables}.items())
    return [
        Stray(upper, variables[name] or "", place, meant, meant in given)
        for upper, name in names
        if upper not in known
        for meant in [nearest(upper, OURS)]
    ]


# The same are asked for at a start twice.
@lru_cache(maxsize=256)
def nearest(name: str, ours: tuple[str, ...]) -> str | None:
    """Return the one that the name is likely meant to be, None if it is like none."""
    stem = name.removesuffix("_FILE")
    if stem in ours:
        return stem
    if name in ELSEWHERE:
        return ELSEWHERE[name]
    if name in ORDINARY or OTHER_PROTOCOLS.match(name):
        return None
    near = {
        it: found for it in ours if (found := _distance_within(name, it)) is not None
    }
    return min(near, key=lambda it: near[it], default=None)


def _distance_within(name: str, ours: str) -> int | None:
    tolerance = _tolerance(ours)
    # Each step brings in one letter at most: that tells most names apart, and quickly.
    if abs(len(name) - len(ours)) > tolerance or missing(name, ours) > tolerance:
        return None
    found = distance(name, ours)
    return found if found <= tolerance else None


def missing(name: str, ours: str) -> int:
    """Return how many letters of ours the name lacks, wherever they stand."""
    return (Counter(ours) - Counter(name)).total()


def _tolerance(ours: str) -> int:
    if len(ours) < LEAST_LETTERS:
        return 0
    return 2 if len(ours) >= LETTERS_FOR_TWO else 1


def distance(one: str, other: str) -> int:
    """
    Return how many letters to change, to add, to leave out or to swap with the next.

    Optimal string alignment, in three rows.
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        last, row, oldest = row, [i], before
        for j, wanted in enumerate(other, 1):
            cost = min(last[j] + 1, row[-1] + 1, last[j - 1] + (letter != wanted))
            swapped = (
                i > 1 and j > 1 and letter == other[j - 2] and wanted == one[i - 2]
            )
            row.append(min(cost, oldest[j - 2] + 1) if swapped else cost)
        before = last
    return row[-1]
