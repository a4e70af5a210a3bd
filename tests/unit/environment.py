"""An environment without settings, in a directory of its own."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from config.settings import Settings

STRONG = "5Zc0uQeYb1hT7xJmKpR3wVgN9sLdA2fCiE6oH8tXrBvSqWzUyGnMkPjD4aFeQlRw"
"""Good for every algorithm, and longer than any of them needs."""


@dataclass(frozen=True, slots=True)
class Environment:
    directory: Path
    monkeypatch: pytest.MonkeyPatch

    def __post_init__(self) -> None:
        for name in set(os.environ):
            if name.lower() in Settings.model_fields:
                self.monkeypatch.delenv(name)
        self.monkeypatch.chdir(self.directory)

    def set(self, **variables: str) -> None:
        for name, value in variables.items():
            self.monkeypatch.setenv(name, value)

    def write_dotenv(self, text: str) -> None:
        (self.directory / ".env").write_text(text)
