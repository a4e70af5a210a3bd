import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.secrets.file import FileSecrets


async def test_both_versions_are_of_one_swap(tmp_path: Path) -> None:
    mount = KubernetesMount(tmp_path)
    mount.swap()
    for name in ("jwt-secret", "jwt-secret.previous"):
        (tmp_path / name).symlink_to(f"..data/{name}")
    secrets = FileSecrets(tmp_path)

    pairs: list[list[int]] = []
    with mount.swapped_all_the_time(seconds=0.01):
        while len({number for number, *_ in pairs}) <= 5 or len(pairs) < 100:
            look = await secrets.versions("jwt-secret")
            pairs.append([int(found.value[:8]) for found in look])

    assert [[number, number - 1] for number, *_ in pairs] == pairs


async def test_a_mount_that_is_swapped_is_never_seen_half(tmp_path: Path) -> None:
    mount = KubernetesMount(tmp_path)
    mount.swap()
    (tmp_path / "jwt-secret").symlink_to("..data/jwt-secret")
    secrets = FileSecrets(tmp_path)

    with mount.swapped_all_the_time():
        seen = [await secrets.newest("jwt-secret") for _ in range(500)]

    numbers = [int(secret.value[:8]) for secret in seen]
    assert sorted(numbers) == numbers
    assert len(set(numbers)) > 10
    assert [mount.value(number) for number in numbers] == [s.value for s in seen]


@dataclass(slots=True)
class KubernetesMount:
    """A directory that is replaced as the kubelet does it: by renaming one link."""

    directory: Path
    count: int = 0

    @staticmethod
    def value(number: int) -> str:
        return f"{number:08}" * 2000

    def swap(self) -> None:
        old, self.count = self.directory / f"..{self.count}", self.count + 1
        new = self.directory / f"..{self.count}"
        new.mkdir()
        (new / "jwt-secret").write_text(self.value(self.count))
        (new / "jwt-secret.previous").write_text(self.value(self.count - 1))
        link = self.directory / "..data_tmp"
        link.symlink_to(new.name)
        link.rename(self.directory / "..data")
        shutil.rmtree(old, ignore_errors=True)

    @contextmanager
    def swapped_all_the_time(self, seconds: float = 0.0) -> Iterator[None]:
        done = threading.Event()

        def swap() -> None:
            while not done.wait(seconds):
                self.swap()

        thread = threading.Thread(target=swap)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
