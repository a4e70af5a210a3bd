"""
Measures log-ins as fast as they come, beside people who are logged in.

At the cost that production has, in turn: bcrypt alone on all cores, then log-ins, then
log-ins of nobody, ten at once each, while `/auth/me` is asked at a steady pace from when it
is due. Log-ins should keep 95 % of what bcrypt does, and `/auth/me` its p99 below 50 ms.
"""

import statistics
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context

from bench import load, tasks
from bench.contest import SAFE, new_database
from bench.limits import checked
from bench.subjects import AS_IN_PRODUCTION, Ours, asked
from bench.tasks import Same, Task
from tests.servers.postgres import PostgresServer

ROUNDS = 5
SECONDS = 10.0
AT_ONCE = 10
PACE = 50.0
"""Requests to `/auth/me` a second."""


def beside(service: Ours, task: Task, token: str) -> tuple[float, load.Answers]:
    """Return how many answers a second the task had, and what `/auth/me` took meanwhile."""
    clients = task.clients(service, AT_ONCE)
    with ProcessPoolExecutor(1, get_context("spawn")) as other:
        job = other.submit(load.closed, service.port, clients, SECONDS)
        me = [Same(asked(service.paths.me, token))]
        found = load.opened(service.port, me, SECONDS, PACE)
        return len(job.result().took) / SECONDS, found


def main() -> None:
    """Print a line a task: its share of bcrypt, and the times of `/auth/me`."""
    wanted = (tasks.LOG_IN, tasks.REFUSED)
    shares: dict[str, list[float]] = {it.name: [] for it in wanted}
    looks: dict[str, list[load.Answers]] = {it.name: [] for it in wanted}
    with ExitStack() as ends:
        server = PostgresServer(**SAFE)
        ends.callback(server.stop)
        server.start()
        service = Ours(new_database(server, "beside"), AS_IN_PRODUCTION)
        ends.callback(service.stop)
        service.start()
        token = tasks.log_in(service, "bearer")["access_token"]
        for _ in range(ROUNDS):
            for task in wanted:
                bare = checked(AS_IN_PRODUCTION, SECONDS / 2)
                rate, me = beside(service, task, token)
                shares[task.name].append(rate / bare)
                looks[task.name].append(me)
    for task in wanted:
        p50, p99 = (
            statistics.median(it.quantile(share) for it in looks[task.name])
            for share in (0.5, 0.99)
        )
        print(
            f"{task.name:16} {statistics.median(shares[task.name]):.2f} of bcrypt's,"
            f" /auth/me p50 {p50:.2f} ms, p99 {p99:.2f} ms (medians of {ROUNDS} rounds,"
            f" {PACE:.0f} a second)"
        )


if __name__ == "__main__":
    main()
