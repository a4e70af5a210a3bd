from datetime import timedelta

from core.keys.keyring import Keyring
from core.model import UNTOLD, RevokedKey
from entrypoints.cli.key_commands import (
    NO_KEY,
    NO_OTHER,
    NOTHING,
    consequences,
    steps,
    table,
)
from tests.doubles import NOON
from tests.unit.keyrings import RULES, keyring, version

LIFE = RULES.token_life
OLD = version("o", NOON - timedelta(days=30))
ACTIVE = "2026-03-01T12:03:00Z"
RETIRED = "2026-03-08T12:03:10Z"


def _rotated() -> Keyring:
    return keyring(version("n"), OLD)


def test_every_key_is_told_with_its_state_and_times() -> None:
    ring = _rotated().at(NOON)

    head, new, old = (line.split() for line in table(ring))

    assert ["kid", "algorithm", "state", "since", "until", "version"] == head
    kids = [status.key.kid for status in ring.keys]
    assert [kids[0], "HS256", "pending", "2026-03-01T12:00:00Z", ACTIVE, "n"] == new
    assert [kids[1], "HS256", "signing", "2026-01-30T12:03:00Z", ACTIVE, "o"] == old


def test_the_columns_stand_below_each_other() -> None:
    lines = table(_rotated().at(NOON))

    assert 1 == len({line.index(" HS256") for line in lines[1:]})
    assert lines == [line.rstrip() for line in lines]


def test_what_is_safe_changes_with_the_time() -> None:
    ring = _rotated()
    told = {day: steps(ring.at(NOON + timedelta(days=day)), LIFE) for day in (0, 1, 8)}

    assert [f"Wait until {ACTIVE}: then version n signs."] == told[0]
    (wait,) = told[1]
    assert wait.startswith(f"Wait until {RETIRED}: tokens that version o signed")
    assert ["Disable version o: nothing that it signed is alive."] == told[8]


def test_where_all_is_done_it_says_how_to_begin() -> None:
    assert [NOTHING] == steps(keyring(OLD).at(NOON), LIFE)


def test_where_no_time_is_told_the_operator_has_to_look_at_a_clock() -> None:
    ring = keyring(version("n", UNTOLD), version("o", UNTOLD)).at(NOON)

    (step,) = steps(ring, LIFE)

    assert ["-", "-", "o"] == table(ring)[2].split()[-3:]
    assert step.startswith("Remove version o when every replica has run for 168 hours")


def test_a_revoked_key_is_told_with_its_time_and_leaves_the_next_step_as_it_was() -> (
    None
):
    ring = _rotated()
    kid = ring.at(NOON).keys[0].key.kid

    ring.revoke([RevokedKey(kid, NOON)])

    revoked = table(ring.at(NOON))[1].split()
    assert [kid, "HS256", "revoked", "2026-03-01T12:00:00Z", "-", "n"] == revoked
    assert [NOTHING] == steps(ring.at(NOON), LIFE)


def test_what_follows_from_revoking_is_said_before() -> None:
    ring = _rotated()
    newest, oldest = (it.key.kid for it in ring.at(NOON).keys)

    ring.revoke([RevokedKey(newest, NOON)])
    told = consequences(ring.at(NOON), 60)
    ring.revoke([RevokedKey(oldest, NOON)])
    told_of_the_last = consequences(ring.at(NOON), 60)

    assert "within 60 seconds" in told[0]
    assert "Version o signs from then on." in told
    assert NO_OTHER in told_of_the_last
    assert [NO_KEY] == steps(ring.at(NOON), LIFE)
