import asyncio

import pytest
import uvloop

from entrypoints.http.wire.flow import Deadline

SOON, LATER = 0.02, 10.0
PATIENCE = 5.0


class Due:
    """A deadline, and how often it came."""

    def __init__(self) -> None:
        self.times = 0
        self._came = asyncio.Event()
        self.deadline = Deadline(asyncio.get_running_loop(), self._comes)

    def _comes(self) -> None:
        self.times += 1
        self._came.set()

    async def comes(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self._came.wait()
        self._came.clear()


@pytest.fixture
async def due() -> Due:
    return Due()


async def test_what_is_set_happens_once(due: Due) -> None:
    due.deadline.set(SOON)
    assert due.deadline.is_set

    await due.comes()
    await asyncio.sleep(2 * SOON)

    assert 1 == due.times
    assert not due.deadline.is_set


async def test_what_is_called_off_or_dropped_does_not_happen(due: Due) -> None:
    for end in (due.deadline.call_off, due.deadline.drop):
        due.deadline.set(SOON)
        end()
        end()
        assert not due.deadline.is_set
        await asyncio.sleep(2 * SOON)

    assert 0 == due.times


async def test_the_latest_time_counts_be_it_later_or_earlier(due: Due) -> None:
    due.deadline.set(SOON)
    due.deadline.set(LATER)
    await asyncio.sleep(2 * SOON)
    assert 0 == due.times
    assert due.deadline.is_set

    due.deadline.set(SOON)
    await due.comes()
    assert 1 == due.times


async def test_what_was_called_off_may_be_set_again(due: Due) -> None:
    for _ in range(3):
        due.deadline.set(SOON)
        due.deadline.call_off()
        due.deadline.set(SOON)
        await due.comes()

    assert 3 == due.times


def test_it_is_the_same_on_the_loop_that_serves() -> None:
    async def wait() -> int:
        due = Due()
        due.deadline.set(LATER)
        due.deadline.call_off()
        due.deadline.set(SOON)
        await due.comes()
        return due.times

    assert 1 == uvloop.run(wait())
