"""The laws of rotation, on histories that nobody thought of."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from core.errors import InvalidRefreshToken
from core.identity.session_rules import Rotation
from core.model.events import EventKind
from tests.unit.world import PHONE, World

GRACES = st.sampled_from([0, 1, 30, 300])
PAUSES = st.sampled_from([0, 0.001, 1, 29.999, 30, 30.001, 300, 3600, 86400])
"""In seconds; most of them beside a bound."""

USES = st.lists(st.tuples(PAUSES, st.integers(0, 9)), max_size=25)
"""Each a pause, and which of the known tokens is used then, counted from the newest."""


@dataclass
class Ledger:
    """The law of DESIGN once more, in the plainest way: who was first used when."""

    rotation: Rotation
    grace: timedelta
    first_used: list[datetime] = field(default_factory=list)

    def is_theft(self, generation: int, now: datetime) -> bool:
        spender = generation + (self.rotation is Rotation.PATIENT)
        if spender >= len(self.first_used):
            return False
        spent_for = now - self.first_used[spender]
        return spent_for > self.grace or not self.grace

    def answer(self, generation: int, now: datetime) -> int:
        if generation == len(self.first_used):
            self.first_used.append(now)
        return len(self.first_used)


@given(rotation=st.sampled_from(Rotation), grace=GRACES, uses=USES)
async def test_every_use_is_answered_as_the_ledger_says(
    rotation: Rotation, grace: int, uses: list[tuple[float, int]]
) -> None:
    assume(sum(pause for pause, _ in uses) < timedelta(days=7).total_seconds())
    life = timedelta(seconds=grace)
    world, ledger = World(rotation=rotation, grace=life), Ledger(rotation, life)
    tokens = [(await world.newcomer()).refresh_token]

    for pause, back in uses:
        world.wait(seconds=pause)
        used = max(0, len(tokens) - 1 - back)
        if ledger.is_theft(used, world.clock.now()):
            assert await _is_refused(world, tokens[used])
            assert 1 == world.count(EventKind.REUSE_DETECTED)
            assert await _is_refused(world, tokens[-1])
            return
        got = ledger.answer(used, world.clock.now())
        answer = await world.refresh(tokens[used])
        assert got == await world.generation(answer)
        tokens[got:] = [answer]

    assert world.session.ended_at is None


async def _is_refused(world: World, token: str) -> bool:
    try:
        await world.sessions.refresh(token, PHONE)
    except InvalidRefreshToken:
        return True
    return False


HONEST_USES = st.lists(
    st.tuples(
        PAUSES,
        st.sampled_from(["stored", "not stored", "lost", "taken"]),
        st.floats(0, 1),
    ),
    max_size=25,
)
"""
What an honest client does, after a pause: it refreshes with the token it has, and the
answer is stored, or not, or lost on the way; or a tab takes a copy of the token, and
uses it when this share of the grace has passed, whatever the others do meanwhile.
"""


@given(grace=st.sampled_from([0, 30, 300]), uses=HONEST_USES)
async def test_patience_never_logs_an_honest_client_out(
    grace: int, uses: list[tuple[float, str, float]]
) -> None:
    assume(sum(pause for pause, _, _ in uses) < timedelta(days=7).total_seconds())
    world = World(grace=timedelta(seconds=grace))
    client = Browser(world, (await world.newcomer()).refresh_token)

    for pause, what, share in uses:
        await client.wait(timedelta(seconds=pause))
        if what == "taken":
            client.open_tab(after=share * timedelta(seconds=grace))
        else:
            await client.refresh(stores=what == "stored")
    await client.wait(timedelta(seconds=grace))

    assert world.session.ended_at is None


@dataclass
class Browser:
    """An honest client: one store that all its tabs share."""

    world: World
    store: str
    tabs: list[tuple[datetime, str]] = field(default_factory=list)

    def open_tab(self, after: timedelta) -> None:
        self.tabs.append((self.world.clock.now() + after, self.store))

    async def refresh(self, *, stores: bool) -> None:
        answer = await self.world.refresh(self.store)
        if stores:
            self.store = answer

    async def wait(self, pause: timedelta) -> None:
        """Let time pass, and the tabs whose moment comes use their copies."""
        until = self.world.clock.now() + pause
        for moment, copy in sorted(self.tabs):
            if moment <= until:
                self.world.clock.time = moment
                self.store = await self.world.refresh(copy)
                self.tabs.remove((moment, copy))
        self.world.clock.time = until


@given(
    rotation=st.sampled_from(Rotation),
    grace=st.sampled_from([1, 30, 300]),
    turns=st.lists(st.sampled_from(["owner", "thief"]), min_size=1, max_size=12),
)
async def test_a_theft_is_found_out_once_one_side_has_moved_on(
    rotation: Rotation, grace: int, turns: list[str]
) -> None:
    """Whoever comes second is refused then, and the other is not spared."""
    world = World(rotation=rotation, grace=timedelta(seconds=grace))
    token = (await world.newcomer()).refresh_token
    hands = {"owner": token, "thief": token}
    for who in turns:
        hands[who] = await world.refresh(hands[who])
    first = turns[-1]
    (second,) = hands.keys() - {first}

    spender = 2 if rotation is Rotation.PATIENT else 1
    enough = spender + await world.generation(hands[second])
    while world.session.generation < enough:
        world.wait(days=1)
        hands[first] = await world.refresh(hands[first])
    world.wait(seconds=grace, milliseconds=1)

    assert await _is_refused(world, hands[second])
    assert await _is_refused(world, hands[first])
    assert 1 == world.count(EventKind.REUSE_DETECTED)
