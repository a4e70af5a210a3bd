import asyncio
import os
import shutil
from pathlib import Path

import pytest

from config.adapters import storage_at
from tests.unit.command_line import CommandLine
from tests.unit.environment import Environment


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    return Environment(tmp_path, monkeypatch)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a storage in a file, empty and up to date, to be copied."""
    file = tmp_path_factory.mktemp("migrated") / "scribes.db"

    async def migrate() -> None:
        storage = storage_at(f"sqlite:///{file}")
        await storage.open()
        await storage.migrate()
        await storage.aclose()

    asyncio.run(migrate())
    return file


@pytest.fixture
def cli(tmp_path: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    Environment(tmp_path, monkeypatch)
    # Each name is held against every setting's, with each command: few are quick.
    for name in set(os.environ) - {"PATH", "PYTEST_CURRENT_TEST"}:
        if not name.startswith("COV"):
            monkeypatch.delenv(name)
    (tmp_path / "var").mkdir()
    shutil.copy(migrated, tmp_path / "var" / "scribes.db")
    return CommandLine(tmp_path)
