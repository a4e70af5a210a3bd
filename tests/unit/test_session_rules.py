from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.identity.session_rules import (
    LONGEST_GRACE,
    ROTATIONS_KEPT,
    Rotation,
    SessionRules,
)
from core.model import Client, Session

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
OPENED = Session(
    id="1",
    user_id=1,
    created_at=BEGIN,
    last_used_at=BEGIN,
    expires_at=BEGIN + timedelta(days=7),
    client=Client(address="192.0.2.1", label=""),
)


def rules(rotation: Rotation, grace: timedelta) -> SessionRules:
    return SessionRules(
        access_life=timedelta(minutes=30),
        refresh_life=timedelta(days=7),
        session_life=timedelta(days=30),
        rotation=rotation,
        grace=grace,
        require_verified_email=False,
    )


@given(
    pauses=st.lists(st.integers(0, 400), min_size=1, max_size=40),
    grace=st.integers(0, LONGEST_GRACE.seconds),
    later=st.integers(0, 400),
    rotation=st.sampled_from(Rotation),
)
def test_what_is_forgotten_of_a_session_changes_no_answer(
    pauses: list[int], grace: int, later: int, rotation: Rotation
) -> None:
    judged = rules(rotation, timedelta(seconds=grace))
    session, now, times = OPENED, BEGIN, []
    for pause in pauses:
        now += timedelta(seconds=pause)
        times.append(now)
        session = judged.rotated(session, now)
    remembering = replace(session, rotations=tuple(times))

    now += timedelta(seconds=later)
    for generation in range(session.generation + 1):
        expected = judged.tolerate(remembering, generation, now)
        assert expected is judged.tolerate(session, generation, now)


def test_of_a_session_that_is_refreshed_now_and_then_one_time_is_kept() -> None:
    judged, session, now = rules(Rotation.PATIENT, LONGEST_GRACE), OPENED, BEGIN
    for _ in range(100):
        now += timedelta(minutes=25)
        session = judged.rotated(session, now)

    assert (now,) == session.rotations
    assert 100 == session.generation


def test_of_a_session_that_is_refreshed_without_end_so_many_times_are_kept() -> None:
    judged, session = rules(Rotation.PATIENT, LONGEST_GRACE), OPENED
    for _ in range(ROTATIONS_KEPT + 10):
        session = judged.rotated(session, BEGIN)

    assert ROTATIONS_KEPT == len(session.rotations)
