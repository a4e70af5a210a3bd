import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from adapters.tokens.secret_keys import SecretKeys
from core.errors import BadConfiguration, Unavailable
from core.keys.keyring import Keyring
from core.model import UNTOLD, SecretVersion, SigningKey
from tests.doubles import NOON
from tests.unit.keyrings import RULES, keyring, version

ACTIVATION = RULES.activation
LIFE = RULES.token_life + RULES.leeway
MOMENT = timedelta(milliseconds=1)


def _states(ring: Keyring, now: datetime) -> list[tuple[str, str]]:
    return [(it.version, it.state) for it in ring.at(now).keys]


def _spans(ring: Keyring, now: datetime) -> list[tuple[datetime | None, ...]]:
    return [(it.since, it.until) for it in ring.at(now).keys]


def _verifying(ring: Keyring, now: datetime) -> set[str]:
    """Return the versions whose keys verify."""
    good = ring.at(now).verifying
    return {it.version for it in ring.at(now).keys if it.key.kid in good}


OLD = version("o", NOON - timedelta(days=30))
NEW = version("n")
ROTATION = [
    (timedelta(0), "pending", "signing", "no"),
    (ACTIVATION - MOMENT, "pending", "signing", "no"),
    (ACTIVATION, "signing", "verifying", "no"),
    (ACTIVATION + LIFE - MOMENT, "signing", "verifying", "no"),
    (ACTIVATION + LIFE, "signing", "retired", "yes"),
    (timedelta(days=999), "signing", "retired", "yes"),
]


@pytest.mark.parametrize(("after", "new", "old", "gone"), ROTATION, ids=str)
def test_a_new_key_waits_and_then_signs_and_the_old_one_verifies_its_last_tokens(
    after: timedelta, new: str, old: str, gone: str
) -> None:
    ring = keyring(NEW, OLD)
    now = NOON + after

    assert [("n", new), ("o", old)] == _states(ring, now)
    assert ({"n"} if gone == "yes" else {"n", "o"}) == _verifying(ring, now)
    signs = "n" if new == "signing" else "o"
    assert (signs * 48).encode() == ring.at(now).signing.secret


def test_states_follow_each_other_without_a_gap() -> None:
    ring = keyring(NEW, OLD)
    activated, retired = NOON + ACTIVATION, NOON + ACTIVATION + LIFE
    began = OLD.created_at + ACTIVATION

    assert [(NOON, activated), (began, activated)] == _spans(ring, NOON)
    assert [(activated, None), (activated, retired)] == _spans(ring, activated)
    assert [(activated, None), (retired, None)] == _spans(ring, retired)


def test_time_alone_moves_keys_and_back_with_a_clock_that_is_set_back() -> None:
    ring = keyring(NEW, OLD)

    seen = [_states(ring, NOON + after) for after, *_ in (*ROTATION, *ROTATION[::-1])]

    assert seen == seen[::-1]
    assert 3 == len({tuple(states) for states in seen})


def test_nothing_is_worked_out_again_before_it_changes() -> None:
    ring = keyring(NEW, OLD)

    assert ring.at(NOON) is ring.at(NOON + ACTIVATION - MOMENT)
    assert ring.at(NOON + ACTIVATION) is ring.at(NOON + ACTIVATION + LIFE - MOMENT)


@pytest.mark.parametrize("age", [timedelta(0), ACTIVATION, timedelta(days=900)])
def test_an_only_key_signs_at_once(age: timedelta) -> None:
    ring = keyring(version("n", NOON - age))

    assert [("n", "signing")] == _states(ring, NOON)


def test_of_keys_that_all_wait_the_oldest_signs() -> None:
    ring = keyring(
        version("c", NOON), version("b", NOON - MOMENT), version("a", NOON - 2 * MOMENT)
    )

    assert [("c", "pending"), ("b", "pending"), ("a", "signing")] == _states(ring, NOON)


def test_a_key_retires_by_its_successor_and_not_by_the_newest() -> None:
    days = [version(name, NOON + timedelta(days=day)) for day, name in enumerate("abc")]
    ring = keyring(*reversed(days))
    first_retires = NOON + timedelta(days=1) + ACTIVATION + LIFE

    now = first_retires - MOMENT
    assert ["signing", "verifying", "verifying"] == [s for _, s in _states(ring, now)]
    now = first_retires
    assert ["signing", "verifying", "retired"] == [s for _, s in _states(ring, now)]


def test_of_one_moment_the_first_listed_is_the_newest() -> None:
    ring = keyring(version("n"), version("o"))

    assert [("n", "pending"), ("o", "signing")] == _states(ring, NOON)
    assert [("n", "signing"), ("o", "verifying")] == _states(ring, NOON + ACTIVATION)


def test_age_and_not_the_order_of_a_backend_tells_which_key_is_newer() -> None:
    ring = keyring(OLD, NEW)

    assert [("n", "signing"), ("o", "verifying")] == _states(ring, NOON + ACTIVATION)


def test_where_no_time_is_told_the_first_signs_and_the_others_verify_for_good() -> None:
    ring = keyring(version("n", UNTOLD), version("o", UNTOLD))

    for now in (NOON, NOON + timedelta(days=9999)):
        assert [("n", "signing"), ("o", "verifying")] == _states(ring, now)
        assert [(None, None), (None, None)] == _spans(ring, now)


def test_a_key_that_is_disabled_stops_at_once_and_the_next_best_signs() -> None:
    ring = keyring(NEW, OLD)
    now = NOON + ACTIVATION
    assert {"n", "o"} == _verifying(ring, now)

    ring.load([OLD])

    assert [("o", "signing")] == _states(ring, now)
    assert {"o"} == _verifying(ring, now)


def test_a_successor_that_still_waits_signs_at_once_when_the_signing_key_is_disabled() -> (
    None
):
    ring = keyring(NEW, OLD)

    ring.load([NEW])

    assert [("n", "signing")] == _states(ring, NOON)


def test_a_secret_that_comes_back_signs_on_while_its_new_version_waits() -> None:
    again = SecretVersion(OLD.value, "again", NOON)
    ring = keyring(again, OLD, version("z", NOON - timedelta(days=60)))

    assert ring.at(NOON).signing == ring.at(NOON + ACTIVATION).signing
    assert ["pending", "signing", "retired"] == [s for _, s in _states(ring, NOON)]


BAD = SecretVersion("too short", "bad", NOON + timedelta(days=1))


@pytest.mark.parametrize(
    "versions", [(BAD, NEW, OLD), (NEW, BAD, OLD), (NEW, OLD, BAD)]
)
def test_a_version_that_is_no_key_is_passed_over_and_told_once(
    versions: Sequence[SecretVersion], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    ring = keyring(*versions)

    ring.load([*versions, version("a", OLD.created_at - ACTIVATION)])

    assert _states(keyring(NEW, OLD), NOON) == _states(ring, NOON)[:2]
    (problem,) = ring.problems
    assert problem.startswith("JWT secret, version bad: 9 bytes are too short")
    assert [problem] == [getattr(it, "reason", "") for it in caplog.records]


def test_a_problem_is_gone_with_its_version() -> None:
    ring = keyring(BAD, NEW)

    ring.load([NEW])

    assert () == tuple(ring.problems)


@pytest.mark.parametrize(
    ("versions", "told"), [([], "no version"), ([BAD], "too short")]
)
def test_where_nothing_is_a_key_the_last_good_ones_stay(
    versions: list[SecretVersion], told: str
) -> None:
    ring = keyring(NEW, OLD)

    with pytest.raises(BadConfiguration, match=told):
        ring.load(versions)

    assert [("n", "pending"), ("o", "signing")] == _states(ring, NOON)


def test_a_ring_that_was_never_loaded_is_no_use_yet() -> None:
    ring = Keyring(keyring(NEW).parser, RULES)

    with pytest.raises(Unavailable):
        ring.at(NOON)
    assert ring.newest is None


def test_no_secret_is_ever_shown() -> None:
    ring = keyring(NEW, OLD)
    ring.at(NOON)

    for shown in (repr(ring), repr(ring.at(NOON)), str(ring.problems)):
        assert "nnn" not in shown
        assert "ooo" not in shown


def test_a_key_is_parsed_once_however_often_versions_come_and_go() -> None:
    class Counting(SecretKeys):
        def parse(self, secret: str) -> SigningKey:
            parsed.append(secret)
            return super().parse(secret)

    parsed: list[str] = []
    ring = Keyring(Counting(), RULES)

    for versions in ([OLD], [NEW, OLD], [NEW, OLD], [NEW]):
        ring.load(versions)

    assert [OLD.value, NEW.value] == parsed
