import os
from pathlib import Path

import pytest

from config.cores import usable_cores
from config.settings import Settings

ALL = (
    len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
)


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({}, ALL),
        ({"cpu.max": "max 100000\n"}, ALL),
        ({"cpu.max": "100000 100000\n"}, 1),
        ({"cpu.max": "50000 100000\n"}, 1),
        ({"cpu.max": "99900000 100000\n"}, ALL),
        ({"cpu.max": ""}, ALL),
        ({"cpu.max": "0 0"}, ALL),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, ALL),
        ({"cpu/cpu.cfs_quota_us": "20000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 1),
        ({"cpu/cpu.cfs_quota_us": "20000\n"}, ALL),
    ],
)
def test_a_containers_share_counts(
    tmp_path: Path, files: dict[str, str], cores: int
) -> None:
    (tmp_path / "cpu").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    assert cores == usable_cores(tmp_path)


def test_a_share_of_a_core_more_is_a_core_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(64), raising=False)
    (tmp_path / "cpu.max").write_text("250000 100000")

    assert 3 == usable_cores(tmp_path)


def test_where_nothing_is_told_of_affinity_all_cores_are_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 7)

    assert 7 == usable_cores(tmp_path)


@pytest.mark.parametrize(
    ("cores", "workers", "threads"),
    [(1, 1, 1), (2, 1, 2), (2, 2, 1), (8, 1, 8), (8, 3, 3), (2, 4, 1)],
)
def test_all_cores_hash_passwords_whatever_the_number_of_workers(
    monkeypatch: pytest.MonkeyPatch, cores: int, workers: int, threads: int
) -> None:
    monkeypatch.setattr("config.settings.usable_cores", lambda: cores)

    assert threads == Settings(workers=workers).threads_for_hashes
    assert 5 == Settings(workers=workers, hash_threads=5).threads_for_hashes
