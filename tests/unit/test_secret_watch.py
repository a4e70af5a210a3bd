import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from adapters.metrics.prometheus import PrometheusMetrics
from adapters.secrets.file import FileSecrets
from core.errors import BadConfiguration, Unavailable
from core.model import SecretVersion
from core.operations.secret_watch import PAUSE, SecretReference, SecretWatch, Watched
from tests.doubles import SetClock


@dataclass(frozen=True, slots=True)
class SlowSecrets(FileSecrets):
    """Files that are read when the gate opens."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    reads: list[str] = field(default_factory=list)

    async def newest(self, name: str) -> SecretVersion:
        await self._wait(name)
        return await FileSecrets.newest(self, name)

    async def versions(self, name: str) -> Sequence[SecretVersion]:
        await self._wait(name)
        return await FileSecrets.versions(self, name)

    async def _wait(self, name: str) -> None:
        self.reads.append(name)
        await self.gate.wait()


@dataclass(slots=True)
class Desk:
    """A watch over some files, and what it put in force."""

    directory: Path
    slow: bool = False
    in_force: dict[str, list[str]] = field(default_factory=dict)
    refused: dict[str, Exception] = field(default_factory=dict)
    clock: SetClock = field(default_factory=SetClock)
    metrics: PrometheusMetrics = field(default_factory=PrometheusMetrics)
    watch: SecretWatch = field(init=False)
    secrets: SlowSecrets = field(init=False)

    def __post_init__(self) -> None:
        self.secrets = SlowSecrets(self.directory)
        if not self.slow:
            self.secrets.gate.set()
        self.watch = SecretWatch(
            watched=[self._watched("keys", every_version=True), self._watched("mail")],
            clock=self.clock,
            metrics=self.metrics,
        )

    def _watched(self, name: str, *, every_version: bool = False) -> Watched:
        async def use(versions: Sequence[SecretVersion]) -> None:
            if name in self.refused:
                raise self.refused[name]
            self.in_force[name] = [version.value for version in versions]

        return Watched(SecretReference(self.secrets, name, every_version), use)

    def write(self, **values: str) -> None:
        for name, value in values.items():
            draft = self.directory / "draft"
            draft.write_text(value)
            draft.rename(self.directory / name.replace("__", "."))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.write(keys="one", mail="letter")
    return desk


async def test_what_is_new_is_put_in_force_at_the_next_look(desk: Desk) -> None:
    await desk.watch.look()
    desk.write(keys="two", keys__previous="one")
    assert {"keys": ["one"], "mail": ["letter"]} == desk.in_force

    await desk.watch.look()

    assert {"keys": ["two", "one"], "mail": ["letter"]} == desk.in_force
    assert {} == desk.watch.problems
    assert "scribes_secrets_up 1.0" in desk.metrics.page().decode()


async def test_what_is_gone_stays_in_force_and_is_told_once(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    await desk.watch.look()
    (desk.directory / "keys").unlink()

    for _ in range(3):
        await desk.watch.look()

    assert {"keys": ["one"], "mail": ["letter"]} == desk.in_force
    assert {"keys"} == desk.watch.problems.keys()
    assert 1 == sum(r.levelno == logging.ERROR for r in caplog.records)
    assert "scribes_secrets_up 0.0" in desk.metrics.page().decode()

    caplog.set_level(logging.INFO)
    desk.write(keys="two")
    await desk.watch.look()
    assert ["two"] == desk.in_force["keys"]
    assert {} == desk.watch.problems
    assert "Secret is watched again" in caplog.messages


@pytest.mark.parametrize(
    "refusal", [BadConfiguration(["no key"]), Unavailable("away"), KeyError("a bug")]
)
async def test_what_can_not_be_used_keeps_no_other_from_being_renewed(
    desk: Desk, refusal: Exception
) -> None:
    await desk.watch.look()
    desk.refused["keys"] = refusal
    desk.write(keys="two", mail="parcel")

    await desk.watch.look()

    assert {"keys": ["one"], "mail": ["parcel"]} == desk.in_force
    assert {"keys"} == desk.watch.problems.keys()
    desk.refused.clear()
    await desk.watch.look()
    assert ["two"] == desk.in_force["keys"]


async def test_who_asks_at_once_shares_one_look(tmp_path: Path) -> None:
    desk = Desk(tmp_path, slow=True)
    desk.write(keys="one", mail="letter")

    asking = [asyncio.create_task(desk.watch.look_soon()) for _ in range(50)]
    asking += [asyncio.create_task(desk.watch.look()) for _ in range(50)]
    await asyncio.sleep(0)
    desk.secrets.gate.set()
    await asyncio.gather(*asking)

    assert ["keys", "mail"] == desk.secrets.reads


async def test_forged_tokens_can_not_make_it_look_again_and_again(desk: Desk) -> None:
    for _ in range(10):
        await desk.watch.look_soon()
    assert 1 == desk.secrets.reads.count("mail")

    desk.clock.advance(PAUSE)
    await desk.watch.look_soon()

    assert 2 == desk.secrets.reads.count("mail")


async def test_a_request_waits_only_so_long_for_a_backend_that_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.operations.secret_watch.PATIENCE", 0.01)
    desk = Desk(tmp_path, slow=True)
    desk.write(keys="one", mail="letter")

    await desk.watch.look_soon()

    assert {} == desk.in_force
    desk.secrets.gate.set()
    await desk.watch.look()
    assert ["one"] == desk.in_force["keys"]


async def test_who_stops_waiting_does_not_stop_the_look(tmp_path: Path) -> None:
    desk = Desk(tmp_path, slow=True)
    desk.write(keys="one", mail="letter")
    impatient = asyncio.create_task(desk.watch.look())
    patient = asyncio.create_task(desk.watch.look())
    await asyncio.sleep(0)

    impatient.cancel()
    await asyncio.sleep(0)
    desk.secrets.gate.set()
    await patient

    assert {"keys": ["one"], "mail": ["letter"]} == desk.in_force


async def test_it_ends_in_the_middle_of_a_look(tmp_path: Path) -> None:
    desk = Desk(tmp_path, slow=True)
    looking = asyncio.create_task(desk.watch.look())
    await asyncio.sleep(0)

    await desk.watch.aclose()

    await asyncio.wait([looking])
    assert looking.cancelled()


async def test_nothing_to_watch_is_never_looked_at(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.watch.watched = []

    await desk.watch.look_soon()

    assert [] == desk.secrets.reads


async def test_failing_looks_are_counted_by_secret_and_ages_told(desk: Desk) -> None:
    await desk.watch.look()
    desk.refused["mail"] = BadConfiguration(["no"])
    await desk.watch.look()
    await desk.watch.look()

    figure = desk.metrics.registry.get_sample_value
    failures = "scribes_secret_look_failures_total"
    assert figure(failures, {"secret": "mail"}) == 2
    assert figure(failures, {"secret": "keys"}) is None
    made = figure("scribes_secret_created_timestamp_seconds", {"secret": "keys"})
    assert made == pytest.approx((desk.directory / "keys").stat().st_mtime, abs=1)
