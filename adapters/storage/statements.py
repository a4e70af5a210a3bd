"""
SQL put together from what the program itself has written.

A statement gets its values as parameters, always. What is put into its text are lists of
columns and other statements, and the type checker sees to it: a text from anywhere else is
no ``Sql``.
"""

import re
from collections.abc import Iterable
from string import Template
from typing import NewType

Sql = NewType("Sql", str)
"""A statement or a part of one, made by the functions below; nothing else may make one."""

NAME = re.compile(r"[a-z][a-z_]*(\.[a-z][a-z_]*)?")


def name(text: str) -> Sql:
    """Return the name of a table or a column; raises ValueError for what is none."""
    if not NAME.fullmatch(text):
        raise ValueError(f"not a name of ours: {text!r}")
    return Sql(text)


def listed(parts: Iterable[Sql]) -> Sql:
    return Sql(", ".join(parts))


def compose(text: str, /, **parts: Sql) -> Sql:
    """Return the text, written in the program, with each ``$part`` in its place."""
    return Sql(Template(text).substitute(parts))
