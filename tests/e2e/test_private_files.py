import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.http.api import Api
from tests.servers.service import CHECKOUT, Service, wait_for

PROGRAM = (sys.executable, "-m", "entrypoints.cli")
CARELESS = ("sh", "-c", 'umask 0; exec "$@"', "sh", *PROGRAM)
"""The program with nothing to protect the files that it makes."""

WITHOUT_TEMPORARY_FILES = (
    sys.executable,
    "-c",
    "import tempfile; tempfile.tempdir = '/dev/null'; from entrypoints.cli.app import app; app()",
)
"""The program where no directory for temporary files can be written to."""

ALL = stat.S_IRWXG | stat.S_IRWXO

Installed: TypeAlias = Callable[..., Service]


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Installed]:
    with ExitStack() as ends:

        def prepare(program: Sequence[str], **settings: str) -> Service:
            given = {"PYTHONPATH": str(CHECKOUT), "DATA_DIR": "var", **settings}
            service = Service(tmp_path, program=program, **given)
            ends.callback(service.kill)
            return service

        yield prepare


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def open_to(whom: int, root: Path) -> list[str]:
    """Return what such people could look into."""
    found = [root, *root.rglob("*")]
    return [f"{mode(it):o} {it.name}" for it in found if mode(it) & whom]


def use(service: Service, connect: Callable[[Service], Api]) -> None:
    """Have it write every kind of file that it writes."""
    person = connect(service).newcomer()
    wait_for(lambda: service.mails(person.email), "a mail")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_nobody_else_can_read_what_the_service_writes(
    installed: Installed, connect: Callable[[Service], Api], workers: str
) -> None:
    service = installed(CARELESS, WORKERS=workers, LOG_FILE="logs/app/scribes.log")

    use(service.start(), connect)

    var = service.directory / "var"
    names = {found.name for found in var.iterdir()}
    assert names >= {"scribes.db", "scribes.db-wal", "scribes.db-shm", "jwt-secret"}
    assert [] == open_to(ALL, var)
    assert [] == open_to(ALL, service.directory / "logs")


def test_what_everybody_could_read_is_closed_at_the_next_start(
    installed: Installed, connect: Callable[[Service], Api]
) -> None:
    service = installed(CARELESS, LOG_FILE="var/scribes.log")
    use(service.start(), connect)
    service.kill()  # so that SQLite's own files are left
    var = service.directory / "var"
    for found in [*var.rglob("*"), var]:
        found.chmod(0o777 if found.is_dir() else 0o666)

    use(service.start(), connect)

    old = {mail.name for mail in (var / "mailbox").glob("*.eml")}
    left = [it for it in open_to(ALL, var) if it.partition(" ")[2] not in old]
    assert [] == left


def test_a_group_that_was_let_in_stays_and_so_does_a_directory_with_more_in_it(
    installed: Installed, connect: Callable[[Service], Api]
) -> None:
    service = installed(CARELESS, LOG_FILE="shared/scribes.log")
    shared, var = service.directory / "shared", service.directory / "var"
    for directory in (shared, var, var / "somebody-elses"):
        directory.mkdir()
        directory.chmod(0o755)
    (shared / "scribes.log").touch()
    (shared / "scribes.log").chmod(0o640)

    use(service.start(), connect)

    assert [0o755, 0o755] == [mode(shared), mode(var)]
    assert 0o640 == mode(shared / "scribes.log")
    assert 0o600 == mode(var / "scribes.db")


def test_one_worker_needs_no_directory_for_temporary_files(
    installed: Installed, connect: Callable[[Service], Api]
) -> None:
    service = installed(WITHOUT_TEMPORARY_FILES)

    use(service.start(), connect)

    assert "Traceback" not in service.output


def test_several_workers_say_what_directory_they_miss(installed: Installed) -> None:
    refused = installed(WITHOUT_TEMPORARY_FILES, WORKERS="2").run("serve")

    assert 0 != refused.returncode
    (line,) = refused.stderr.splitlines()
    assert line.startswith("WORKERS: ")
    assert "name one in TMPDIR" in line


def test_a_directory_for_figures_that_is_not_there_is_told(
    installed: Installed,
) -> None:
    lost = installed(PROGRAM, PROMETHEUS_MULTIPROC_DIR="/dev/null/figures")

    refused = lost.run("serve")

    assert 0 != refused.returncode
    (line,) = refused.stderr.splitlines()
    assert line.startswith("PROMETHEUS_MULTIPROC_DIR: ")


def test_a_log_that_was_moved_away_is_begun_anew_for_its_owner_alone(
    installed: Installed, connect: Callable[[Service], Api]
) -> None:
    service = installed(CARELESS, LOG_FILE="scribes.log").start()
    log = service.directory / "scribes.log"
    log.rename(service.directory / "scribes.log.1")

    use(service, connect)

    wait_for(log.exists, "a new log")
    assert 0o600 == mode(log)
