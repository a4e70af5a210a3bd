"""Reads a DATABASE_URL as libpq does; no message shows the URL, for its password."""

import re
from dataclasses import dataclass, field
from typing import TypeAlias

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from core.errors import BadConfiguration

Parameters: TypeAlias = dict[str, str]

SCHEME = re.compile(r"postgres(ql)?(\+\w+)?(?=://)")
"""Whatever driver the URL was written for, ours takes it."""

POOL_SIZE = re.compile(r"pool_size=(.*)")
"""The one parameter that is ours: how many connections a process may have."""

OPTION = re.compile(r"(?:-c *|--)([A-Za-z_][\w.-]*)=((?:\\.|[^\s\\])*)", re.ASCII)
"""
One of the server's settings, as in PGOPTIONS.

They are set with SET, as all of ours, and not sent as libpq would: a pooler refuses that.
"""


@dataclass(frozen=True, slots=True)
class PostgresUrl:
    """What libpq is to be told, what the server is to set, and what is for the pool."""

    parameters: Parameters = field(repr=False)
    settings: Parameters = field(default_factory=dict)
    pool_size: int = 10


def read(url: str) -> PostgresUrl:
    """Return what it says; raises BadConfiguration."""
    server, _, query = SCHEME.sub("postgresql", url, count=1).partition("?")
    asked = query.split("&") if query else []
    sizes = [found[1] for part in asked if (found := POOL_SIZE.fullmatch(part))]
    theirs = [part for part in asked if not POOL_SIZE.fullmatch(part)]
    if problems := _problems(server, theirs, sizes):
        raise BadConfiguration(problems)
    parameters = conninfo_to_dict(f"{server}?{'&'.join(theirs)}")
    as_text = {name: str(value) for name, value in parameters.items()}
    settings = _settings(as_text.pop("options", ""))
    return PostgresUrl(as_text, settings, *map(int, sizes[-1:]))


def _settings(options: str) -> Parameters:
    if OPTION.sub("", options).strip():
        example = "-c%20search_path%3Dauth"
        raise BadConfiguration([f"options: write -c name=value, encoded: {example}"])
    return {
        name.replace("-", "_"): re.sub(r"\\(.)", r"\1", value)
        for name, value in OPTION.findall(options)
    }


def _problems(server: str, theirs: list[str], sizes: list[str]) -> list[str]:
    problems = [
        f"libpq can't read the parameter {part.partition('=')[0]}"
        for part in theirs
        if not _is_readable(f"postgresql://?{part}")
    ]
    if not _is_readable(server):
        problems.append(
            "write postgresql://host:5432/database, with user:password@ before the host,"
            " percent-encoded"
        )
    if not all(re.fullmatch("[1-9][0-9]{0,3}", size) for size in sizes):
        problems.append("pool_size: how many connections a process may have, from 1")
    return problems


def _is_readable(url: str) -> bool:
    try:
        conninfo_to_dict(url)
    except ProgrammingError:
        return False
    return True
