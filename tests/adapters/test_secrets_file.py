import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import pytest

from adapters.secrets.file import FileSecrets
from core import errors
from tests.contract.secrets import SecretsContract, Vault


@dataclass
class Mount(Vault):
    """A directory in which each change is a rename, or the lack of a file."""

    directory: Path

    def __post_init__(self) -> None:
        self.provider = FileSecrets(self.directory)
        self.url = self.directory.as_uri()

    async def put(self, name: str, value: str) -> None:
        file = self.directory / name
        if file.exists():
            self._write(f"{name}.previous", file.read_bytes())
        self._write(name, value.encode())

    async def remove(self, name: str) -> None:
        (self.directory / name).unlink()
        (self.directory / f"{name}.previous").unlink(missing_ok=True)

    async def disable(self, name: str) -> None:
        (self.directory / f"{name}.previous").rename(self.directory / name)

    def _write(self, name: str, content: bytes) -> None:
        draft = self.directory / ".draft"
        draft.write_bytes(content)
        draft.rename(self.directory / name)


class TestFile(SecretsContract):
    @pytest.fixture
    def subject(self, tmp_path: Path) -> Vault:
        return Mount(tmp_path)


@pytest.fixture
def secrets(tmp_path: Path) -> FileSecrets:
    return FileSecrets(tmp_path)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "empty"),
        (b"\n", "empty"),
        (b"\xff\xfe", "UTF-8"),
        (b"\xef\xbb\xbfhush", "byte order mark"),
    ],
)
async def test_what_is_empty_or_no_text_is_not_found(
    secrets: FileSecrets, content: bytes, problem: str
) -> None:
    (secrets.directory / "jwt-secret").write_bytes(content)

    with pytest.raises(errors.SecretNotFound, match=f"jwt-secret.*{problem}"):
        await secrets.newest("jwt-secret")


async def test_a_version_can_not_be_tried_against_a_list_of_passwords(
    tmp_path: Path,
) -> None:
    (tmp_path / "smtp-password").write_text("hunter2")

    one, other = [await FileSecrets(tmp_path).newest("smtp-password") for _ in range(2)]

    assert one.version != other.version


async def test_a_version_is_as_old_as_its_file(secrets: FileSecrets) -> None:
    path = secrets.directory / "jwt-secret"
    path.write_text("x")
    os.utime(path, ns=(0, 1772366400_123_456_789))

    created_at = (await secrets.newest("jwt-secret")).created_at

    assert datetime(2026, 3, 1, 12, 0, 0, 123_000, tzinfo=UTC) == created_at


@pytest.mark.parametrize(
    "name",
    ["../outside", "a/../../outside", "..", "/etc/passwd", "//etc/passwd", "a/../x"],
)
async def test_a_name_does_not_lead_out(tmp_path: Path, name: str) -> None:
    (tmp_path / "outside").write_text("not for you")
    (tmp_path / "mount").mkdir()

    with pytest.raises(errors.SecretNotFound, match="can't lead out"):
        await FileSecrets(tmp_path / "mount").newest(name)


@pytest.mark.parametrize("name", ["", ".", "a\0b", "\ud800", "folder", "file/x"])
async def test_a_name_that_is_no_file_is_not_found(
    secrets: FileSecrets, name: str
) -> None:
    (secrets.directory / "folder").mkdir()
    (secrets.directory / "file").write_text("x")

    with pytest.raises(errors.SecretNotFound):
        await secrets.newest(name)


async def test_a_missing_directory_is_told_when_it_is_read() -> None:
    secrets = FileSecrets.from_url("file:///no/such/directory")

    with pytest.raises(errors.SecretNotFound, match="/no/such/directory/jwt-secret"):
        await secrets.newest("jwt-secret")


async def test_a_file_that_can_not_be_read_is_denied(secrets: FileSecrets) -> None:
    path = secrets.directory / "jwt-secret"
    path.write_text("x")
    path.chmod(0)

    with nobody(), pytest.raises(errors.SecretDenied, match=f"jwt-secret.*{path}"):
        await secrets.newest("jwt-secret")


async def test_any_other_failure_is_worth_another_try(secrets: FileSecrets) -> None:
    (secrets.directory / "jwt-secret").symlink_to("jwt-secret")

    with pytest.raises(errors.SecretsUnavailable, match="jwt-secret"):
        await secrets.newest("jwt-secret")


async def test_a_name_that_is_too_long_is_not_found(secrets: FileSecrets) -> None:
    with pytest.raises(errors.SecretNotFound, match="so long a name"):
        await secrets.newest("x" * 300)


@pytest.mark.parametrize("previous", ["x", "x\n", "", "\n"])
async def test_a_previous_value_that_is_the_same_or_empty_does_not_count(
    secrets: FileSecrets, previous: str
) -> None:
    (secrets.directory / "jwt-secret").write_text("x")
    (secrets.directory / "jwt-secret.previous").write_text(previous)

    assert ["x"] == [found.value for found in await secrets.versions("jwt-secret")]


async def test_a_previous_value_alone_is_no_secret(secrets: FileSecrets) -> None:
    (secrets.directory / "jwt-secret.previous").write_text("x")

    with pytest.raises(errors.SecretNotFound, match=r"jwt-secret$"):
        await secrets.versions("jwt-secret")


async def test_a_previous_value_that_can_not_be_read_is_told(
    secrets: FileSecrets,
) -> None:
    (secrets.directory / "jwt-secret").write_text("x")
    previous = secrets.directory / "jwt-secret.previous"
    previous.symlink_to(previous)

    with pytest.raises(errors.SecretsUnavailable, match=str(previous)):
        await secrets.versions("jwt-secret")


async def test_a_previous_value_is_never_younger_than_the_newest(
    secrets: FileSecrets,
) -> None:
    for name, nanoseconds in (("jwt-secret", 10**18), ("jwt-secret.previous", 2e18)):
        (secrets.directory / name).write_text(name)
        os.utime(secrets.directory / name, ns=(0, int(nanoseconds)))

    newest, previous = await secrets.versions("jwt-secret")

    assert newest.created_at == previous.created_at


async def test_a_swap_while_the_links_are_followed_is_looked_at_again(
    secrets: FileSecrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    (secrets.directory / "jwt-secret").write_text("x")
    failures = [FileNotFoundError()]
    really_open = Path.open

    def fail_once(path: Path, mode: str) -> IO[bytes]:
        if failures:
            raise failures.pop()
        return really_open(path, mode)

    monkeypatch.setattr(Path, "open", fail_once)

    assert "x" == (await secrets.newest("jwt-secret")).value


@pytest.mark.parametrize(
    "url",
    [
        "file://",
        "file:",
        "file:/run",
        "file://run/secrets",
        "file://localhost/run/secrets",
        "file:///run?mode=r",
        "file:///run#x",
        "env://",
        "file://[",
        "",
    ],
)
def test_a_url_is_an_absolute_path_and_nothing_more(url: str) -> None:
    with pytest.raises(errors.BadConfiguration, match="file:///"):
        FileSecrets.from_url(url)


def test_a_path_in_a_url_may_be_quoted() -> None:
    secrets = FileSecrets.from_url("file:///run/my%20secrets")

    assert Path("/run/my secrets") == secrets.directory


@contextmanager
def nobody() -> Iterator[None]:
    """Have no rights: permissions mean nothing to root."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)
