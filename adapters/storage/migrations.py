"""Numbered SQL files, and what was recorded of them in a database."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from core.errors import BadConfiguration

Recorded: TypeAlias = Mapping[str, str]
"""The checksums of the migrations that were run, by name."""


@dataclass(frozen=True, slots=True)
class Migration:
    name: str
    script: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.script.encode()).hexdigest()


def load(folder: Path) -> Sequence[Migration]:
    """Return the migrations of a folder in the order of their names."""
    return [
        Migration(file.stem, file.read_text(encoding="utf-8"))
        for file in sorted(folder.glob("*.sql"))
    ]


def pending(known: Sequence[Migration], recorded: Recorded) -> Sequence[Migration]:
    """
    Return what still has to run; raises BadConfiguration if the record was altered.

    What a newer program recorded, behind the last that is known, is fine.
    """
    waiting = [migration for migration in known if migration.name not in recorded]
    if problems := _problems(known, recorded, waiting):
        raise BadConfiguration(problems)
    return waiting


def _problems(
    known: Sequence[Migration], recorded: Recorded, waiting: Sequence[Migration]
) -> list[str]:
    names = [migration.name for migration in known]
    altered = [
        f"migration {migration.name} is not what was run; restore its file"
        for migration in known
        if recorded.get(migration.name, migration.checksum) != migration.checksum
    ]
    gone = [
        f"migration {name} was run, but is not known; restore its file"
        for name in sorted(recorded)
        if name not in names and name < names[-1]
    ]
    skipped = [
        f"migration {migration.name} is not recorded, but later ones are;"
        " restore the table schema_migrations"
        for migration in waiting
        if migration.name < max(recorded, default="")
    ]
    return [*altered, *gone, *skipped]
