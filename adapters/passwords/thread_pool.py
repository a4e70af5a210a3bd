"""Jobs for a few threads, in fairness to each caller, in a queue bounded by time."""

import asyncio
import logging
import math
import os
import sys
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from core import errors
from core.ports import CALLER, Metrics

log = logging.getLogger(__name__)

T = TypeVar("T")

NICENESS = 10

QUIET = 10.0
"""Seconds between warnings of the same flood."""


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    run: Callable[[], Any]
    work: int
    result: Future[Any] = field(default_factory=Future)
    came: float = field(default_factory=time.monotonic)


class FairThreadPool:
    """
    Jobs, each with the units of work that it is about.

    A caller waits for one job of each other, however many those have waiting, and is
    refused if that is longer than ``max_wait`` seconds. ``pace`` is the seconds for a unit
    of work to begin with, ``usual`` how many a job mostly has.
    """

    def __init__(
        self,
        threads: int,
        max_wait: float,
        metrics: Metrics,
        *,
        usual: int,
        pace: float,
    ) -> None:
        self._pool = ThreadPoolExecutor(
            threads, thread_name_prefix="bcrypt", initializer=_step_back
        )
        self._threads = threads
        self._max_wait = max_wait
        self._metrics = metrics
        self._usual = usual
        self._pace = pace
        self._running: dict[Future[Any], int] = {}
        self._waiting: OrderedDict[str, deque[_Job]] = OrderedDict()
        self._changed = threading.Condition()
        self._warned_at = -math.inf

    async def run(self, job: Callable[[], T], work: int) -> T:
        """Return what the job does; raises ``Overloaded`` if its turn would come too late."""
        with self._changed:
            self._demand_room()
            mine = _Job(job, work)
            self._waiting.setdefault(CALLER.get(), deque()).append(mine)
            self._begin()
        result: T = await asyncio.wrap_future(mine.result)
        return result

    def demand_room(self) -> None:
        """Raise ``Overloaded`` if the turn of a job that came now would be too late."""
        with self._changed:
            self._demand_room()

    def timed(self, step: Callable[[], T], work: int) -> T:
        """Return what the step does, and learn from it how fast we are."""
        begun = time.perf_counter()
        result = step()
        pace = (time.perf_counter() - begun) / work
        # A step of the usual size changes the mean by an eighth.
        share = work / (7 * self._usual + work)
        with self._changed:
            self._pace += (pace - self._pace) * share
        return result

    def close(self) -> None:
        """End after all jobs that wait."""
        with self._changed:
            self._changed.wait_for(lambda: not (self._waiting or self._running))
        self._pool.shutdown()

    def _demand_room(self) -> None:
        wait = self._expected_wait()
        if wait <= self._max_wait:
            return
        self._metrics.count("hash_refusals")
        now = time.monotonic()
        if now - self._warned_at > QUIET:
            self._warned_at = now
            log.warning("More passwords to hash than can be hashed in time")
        raise errors.Overloaded(retry_after=math.ceil(wait))

    def _expected_wait(self) -> float:
        if len(self._running) < self._threads:
            return 0
        work = sum(self._running.values()) + sum(self._ahead())
        return work * self._pace / self._threads

    def _ahead(self) -> Iterator[int]:
        """Yield the work of each job that has its turn before one that came now."""
        mine = self._waiting.get(CALLER.get(), ())
        for jobs in self._waiting.values():
            turns = len(mine) if jobs is mine else len(mine) + 1
            yield from (job.work for job in islice(jobs, turns) if _waits(job))

    def _begin(self) -> None:
        """Hand jobs to threads that have none, one of each caller in turn."""
        while self._waiting and len(self._running) < self._threads:
            caller, jobs = self._waiting.popitem(last=False)
            job = jobs.popleft()
            if jobs:
                self._waiting[caller] = jobs
            if job.result.set_running_or_notify_cancel():  # else its caller has gone
                waited = time.monotonic() - job.came
                self._metrics.observe("hash_wait_seconds", waited)
                begun = self._pool.submit(job.run)
                self._running[begun] = job.work
                begun.add_done_callback(partial(self._done, job))
        waiting = sum(map(len, self._waiting.values()))
        self._metrics.set("hashes_waiting", waiting)
        self._changed.notify_all()

    def _done(self, job: _Job, begun: Future[Any]) -> None:
        with self._changed:
            del self._running[begun]
            self._begin()
        if error := begun.exception():
            job.result.set_exception(error)
        else:
            job.result.set_result(begun.result())


def _waits(job: _Job) -> bool:
    return not job.result.cancelled()


def _step_back() -> None:
    """Let the event loop go first where there are not cores for all."""
    if sys.platform == "linux":  # elsewhere it would be the whole process
        os.nice(NICENESS)
