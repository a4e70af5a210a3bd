import json
from pathlib import Path

import pytest

from adapters.passwords import calibration
from tests.unit.command_line import CommandLine


@pytest.fixture
def line(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path)


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be on a machine that takes 64 ms for the least, and twice that for each next."""
    monkeypatch.setattr(
        calibration, "seconds_of", lambda cost: 0.064 * 2 ** (cost - 10)
    )


@pytest.mark.usefixtures("steady")
@pytest.mark.parametrize(
    ("target", "suggested"),
    [(63, 10), (64, 10), (127, 10), (128, 11), (250, 11), (256, 12), (10_000, 16)],
)
def test_the_dearest_that_is_quick_enough_is_suggested(
    line: CommandLine, target: int, suggested: int
) -> None:
    told = json.loads(line.tell("calibrate", "--target", str(target), "--json"))

    assert suggested == told["suggested"]
    assert 10 == told["measured"][0]["bcrypt_rounds"]
    assert told["measured"][-1]["milliseconds"] <= max(64, 2 * target)


@pytest.mark.usefixtures("steady")
def test_people_are_told_what_was_measured_and_then_what_to_set(
    line: CommandLine,
) -> None:
    *rows, suggestion = line.tell("calibrate").splitlines()

    assert ["BCRYPT_ROUNDS  milliseconds  log-ins a second"] == rows[:1]
    assert [["10", "64"], ["11", "128"], ["12", "256"]] == [
        it.split()[:2] for it in rows[1:]
    ]
    assert "Suggested: BCRYPT_ROUNDS=11" == suggestion


@pytest.mark.usefixtures("steady")
def test_what_no_machine_can_do_is_told_with_the_least_there_is(
    line: CommandLine,
) -> None:
    told = line.tell("calibrate", "--target", "1")

    assert "None takes 1 ms; BCRYPT_ROUNDS=10 is the least there is." in told


@pytest.mark.parametrize("target", ["0", "10001", "fast"])
def test_nonsense_is_refused(line: CommandLine, target: str) -> None:
    assert 2 == line.run("calibrate", "--target", target).exit_code


def test_what_is_measured_grows_with_the_cost() -> None:
    cheap, dear = calibration.seconds_of(6), calibration.seconds_of(8)

    assert 0 < cheap < dear
