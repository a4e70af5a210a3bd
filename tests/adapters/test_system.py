import re
import time
from datetime import UTC, datetime, timedelta

import pytest

from adapters.system import RandomIds, SystemClock


def test_the_clock_tells_utc_to_the_millisecond() -> None:
    times = [SystemClock().now() for _ in range(100)]

    assert {UTC} == {moment.tzinfo for moment in times}
    assert {0} == {moment.microsecond % 1000 for moment in times}


def test_the_clock_is_the_machines_and_never_ahead_of_it() -> None:
    before = datetime.now(UTC)
    moment = SystemClock().now()
    after = datetime.now(UTC)

    assert before - timedelta(milliseconds=1) < moment <= after


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/St_Johns"])
def test_the_machines_time_zone_does_not_matter(
    monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()

    moment = SystemClock().now()

    monkeypatch.undo()
    time.tzset()
    assert abs(moment - datetime.fromtimestamp(time.time(), UTC)) < timedelta(seconds=5)


def test_ids_are_32_hexadecimal_digits() -> None:
    for _ in range(100):
        assert re.fullmatch(r"[0-9a-f]{32}", RandomIds().new_id())


def test_ids_do_not_repeat() -> None:
    ids = {RandomIds().new_id() for _ in range(10_000)}

    assert 10_000 == len(ids)


def test_every_bit_of_an_id_is_random() -> None:
    ids = [int(RandomIds().new_id(), 16) for _ in range(200)]

    ever, always = 0, -1
    for number in ids:
        ever |= number
        always &= number

    assert (2**128 - 1, 0) == (ever, always)
