import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from adapters.storage.sqlite import SqliteStorage
from adapters.storage.sqlite.database import Database
from core.errors import BadConfiguration


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "auth.db"


async def test_the_file_and_its_folder_are_made_on_opening(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    absolute = SqliteStorage.from_url(f"sqlite:///{tmp_path}/a/b/auth.db")
    relative = SqliteStorage.from_url("sqlite:///c/d/auth.db")
    before = files_in(tmp_path)

    for storage in (absolute, relative):
        await storage.open()
        await storage.aclose()

    assert [] == before
    assert ["a/b/auth.db", "c/d/auth.db"] == files_in(tmp_path)


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("sqlite://", "sqlite:///relative/path.db"),
        ("sqlite:///", "sqlite:///relative/path.db"),
        ("sqlite://auth.db", "sqlite:///relative/path.db"),
        ("sqlite:///:memory:", "memory://"),
        ("sqlite:///auth.db?timeout=5", "timeout"),
    ],
)
def test_a_url_that_cant_be_read_is_refused(url: str, advice: str) -> None:
    with pytest.raises(BadConfiguration, match=advice):
        SqliteStorage.from_url(url)


async def test_a_path_that_cant_be_used_is_the_operators_to_mend(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("no database, though it is long enough for one" * 99)
    (tmp_path / "folder").mkdir()

    for name in ("file", "file/auth.db", "folder"):
        storage = SqliteStorage.from_url(f"sqlite:///{tmp_path / name}")
        with pytest.raises(BadConfiguration, match=f"{name}.* name a file"):
            await storage.open()


async def test_a_storage_that_did_not_open_leaves_nothing_running(
    tmp_path: Path,
) -> None:
    with pytest.raises(BadConfiguration):
        await SqliteStorage.from_url(f"sqlite:///{tmp_path}").open()

    threads = [thread.name for thread in threading.enumerate()]
    assert [] == [name for name in threads if name.startswith("sqlite")]


async def test_an_old_sqlite_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 36, 0))

    with pytest.raises(BadConfiguration, match=r"3\.37 or newer"):
        await SqliteStorage.from_url(f"sqlite:///{path}").open()


class DatabaseWithoutSharedMemory(Database):
    def _connect(self) -> sqlite3.Connection:
        uri = f"file:{self.path}?vfs=unix-dotfile"
        return sqlite3.connect(uri, uri=True, check_same_thread=False)


async def test_a_file_system_without_write_ahead_logging_is_refused(
    path: Path,
) -> None:
    with pytest.raises(BadConfiguration, match="write-ahead"):
        await SqliteStorage.on(DatabaseWithoutSharedMemory(path)).open()


async def test_opening_waits_for_who_is_first(path: Path) -> None:
    storage = SqliteStorage.from_url(f"sqlite:///{path}")

    with closing(sqlite3.connect(path, isolation_level=None)) as first:
        first.execute("BEGIN IMMEDIATE")
        opening = asyncio.create_task(storage.open())
        await asyncio.sleep(0.1)
        waiting = not opening.done()
    await opening
    await storage.ping()
    await storage.aclose()

    assert waiting


def files_in(folder: Path) -> list[str]:
    files = (str(path.relative_to(folder)) for path in folder.rglob("*.db"))
    return sorted(files)
