from datetime import UTC, datetime, timedelta
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st

from adapters.system import SystemClock

NANOSECONDS = 10**9
MILLISECOND = timedelta(milliseconds=1)


def test_the_time_is_of_now_and_in_utc() -> None:
    before = datetime.now(UTC) - MILLISECOND
    now = SystemClock().now()

    assert before <= now <= datetime.now(UTC)
    assert UTC is now.tzinfo


@given(st.integers(0, 4 * 10**9 * NANOSECONDS))
def test_the_time_is_in_whole_milliseconds_and_never_ahead(since_1970: int) -> None:
    with mock.patch("time.time_ns", return_value=since_1970):
        now = SystemClock().now()

    milliseconds = (now - datetime(1970, 1, 1, tzinfo=UTC)) / MILLISECOND
    assert since_1970 // 10**6 == milliseconds
