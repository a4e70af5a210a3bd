"""Replicas that look at the backend each in its own time, while keys are rotated."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from core.keys.keyring import Keyring, KeyRules, KeyState
from core.model import SecretVersion
from tests.doubles import NOON
from tests.unit.keyrings import keyring

SECOND = timedelta(seconds=1)
RULES = KeyRules(activation=180 * SECOND, token_life=600 * SECOND, leeway=10 * SECOND)
SLOWEST_POLL = 170
"""In seconds: with ``SKEW``, still less than the activation."""
SKEW = 4
STEP = 20
"""In seconds: how often every replica signs, at least."""


@dataclass(slots=True)
class Replica:
    """Its clock is wrong by ``skew``; it looks every ``interval`` and at its start."""

    skew: timedelta
    interval: timedelta
    next_look: datetime
    ring: Keyring

    def look(self, versions: list[SecretVersion], now: datetime) -> None:
        self.ring.load(versions)
        self.next_look = now + self.interval

    def verifies(self, kid: str, now: datetime) -> bool:
        return kid in self.ring.at(now + self.skew).verifying


@dataclass(slots=True)
class Fleet:
    """The backend's versions, newest first, and the replicas, at one true time."""

    now: datetime = NOON
    versions: list[SecretVersion] = field(default_factory=list)
    replicas: list[Replica] = field(default_factory=list)
    tokens: dict[str, datetime] = field(default_factory=dict)
    """When the last token expires that a key signed, by its ``kid``."""
    made: int = 0

    def rotate(self, value: str = "") -> None:
        self.made += 1
        value = value or f"{self.made:048}"
        newest = SecretVersion(value, f"v{self.made}", self.now)
        self.versions.insert(0, newest)

    def start(self, skew: int, interval: int) -> None:
        ring = keyring(*self.versions, rules=RULES)
        every = interval * SECOND
        self.replicas.append(Replica(skew * SECOND, every, self.now + every, ring))

    def wait(self, seconds: int) -> None:
        """Let time go by, with replicas that look when their time is there."""
        until = self.now + seconds * SECOND
        while (nearest := min(self.replicas, key=lambda it: it.next_look)) and (
            nearest.next_look <= until
        ):
            self.now = max(self.now, nearest.next_look)
            nearest.look(self.versions, self.now)
        self.now = until

    def sign(self) -> None:
        """Let every replica sign a token."""
        for replica in self.replicas:
            issued_at = self.now + replica.skew
            kid = replica.ring.at(issued_at).signing.kid
            expires_at = issued_at + RULES.token_life
            self.tokens[kid] = max(expires_at, self.tokens.get(kid, expires_at))

    def refused(self) -> list[tuple[str, Replica]]:
        """Return whose tokens a replica would refuse now, though they are not expired."""
        return [
            (kid, replica)
            for replica in self.replicas
            for kid, expires_at in self.tokens.items()
            if self.now + replica.skew < expires_at
            and not replica.verifies(kid, self.now)
        ]


class Rotations(RuleBasedStateMachine):
    """Whatever happens, no replica refuses what another one signed."""

    def __init__(self) -> None:
        super().__init__()
        self.fleet = Fleet()

    @initialize(
        first=st.integers(1, 3),
        clocks=st.lists(
            st.tuples(st.integers(-SKEW, SKEW), st.integers(1, SLOWEST_POLL)),
            min_size=2,
            max_size=4,
        ),
    )
    def begin(self, first: int, clocks: list[tuple[int, int]]) -> None:
        for _ in range(first):
            self.fleet.rotate()
        for skew, interval in clocks:
            self.fleet.start(skew, interval)

    @rule()
    def rotate(self) -> None:
        self.fleet.rotate()

    @rule()
    def store_what_is_no_key(self) -> None:
        self.fleet.rotate("too short")

    @rule(data=st.data())
    def store_an_old_secret_anew(self, data: st.DataObject) -> None:
        known = [it.value for it in self.fleet.versions]
        self.fleet.rotate(data.draw(st.sampled_from(known)))

    @rule(seconds=st.one_of(st.integers(0, 30), st.integers(0, 900)))
    def wait(self, seconds: int) -> None:
        for step in (*[STEP] * (seconds // STEP), seconds % STEP):
            self.fleet.wait(step)
            self.nobody_refuses_a_live_token()

    @rule(skew=st.integers(-SKEW, SKEW), interval=st.integers(1, SLOWEST_POLL))
    def restart(self, skew: int, interval: int) -> None:
        self.fleet.replicas.pop(0)
        self.fleet.start(skew, interval)

    @precondition(lambda self: self.fleet.versions)
    @rule()
    def disable_what_every_replica_calls_retired(self) -> None:
        in_use = {
            status.version
            for it in self.fleet.replicas
            for status in it.ring.at(self.fleet.now + it.skew).keys
            if status.state is not KeyState.RETIRED
        }
        unseen = {it.version for it in self.fleet.versions[:1]}
        keep = in_use | unseen
        self.fleet.versions = [it for it in self.fleet.versions if it.version in keep]

    @invariant()
    def nobody_refuses_a_live_token(self) -> None:
        self.fleet.sign()

        assert [] == self.fleet.refused()

    @invariant()
    def one_key_signs(self) -> None:
        for it in self.fleet.replicas:
            keys = it.ring.at(self.fleet.now + it.skew).keys
            assert 1 == [status.state for status in keys].count(KeyState.SIGNING)


TestRotations = Rotations.TestCase
TestRotations.settings = settings(
    max_examples=100, stateful_step_count=40, deadline=None
)


def test_who_looks_more_seldom_than_a_key_takes_to_activate_refuses_tokens() -> None:
    """Or else nothing is shown above."""
    fleet = Fleet()
    fleet.rotate()
    fleet.start(skew=0, interval=10)
    fleet.start(skew=0, interval=3600)

    fleet.rotate()
    fleet.wait(180)
    fleet.sign()

    assert 1 == len(fleet.refused())
    fleet.replicas[1].look(fleet.versions, fleet.now)
    assert [] == fleet.refused()
