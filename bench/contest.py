"""
Our service beside its peers and the limit of the parts, on one PostgreSQL, in turn.

    python -m bench.contest [--rounds 5] [--only "who am I" ...] [--write]

Each figure is the median of the rounds, and in each round all are asked one after the other:
so a machine that is slower for a while is so for all of them.
"""

import argparse
import statistics
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import psycopg

from bench import load, report, tasks, usage
from bench.limits import mean, parts_alone
from bench.subjects import (
    AS_IN_PRODUCTION,
    CHEAP,
    Bare,
    FastApiUsers,
    Ours,
    Parts,
    Regstack,
    SimpleJwt,
    Subject,
)
from bench.tasks import Task
from tests.servers.mongo import MongoCompatibleServer
from tests.servers.postgres import PostgresServer

ROUNDS = 5
HALF = 0.5
"""Of what a subject can do: the pace at which it is asked how long people wait."""

SAFE = {"fsync": "on", "full_page_writes": "on"}


@dataclass(slots=True)
class Figures:
    """What was measured of a subject at one task, by so many at once."""

    subject: Subject
    task: Task
    crowd: int
    closed: list[load.Answers] = field(default_factory=list)
    due: list[load.Answers] = field(default_factory=list)
    cpu_seconds: float = 0.0

    def take_turn(self, clients: Sequence[load.Client]) -> None:
        """Measure once more."""
        pid = self.subject.process.pid
        before = usage.of(pid).cpu_seconds
        self.closed.append(load.closed(self.subject.port, clients, self.task.seconds))
        self.cpu_seconds += usage.of(pid).cpu_seconds - before
        if self.crowd == self.task.steady_crowd:
            pace = HALF * self._rate_of(self.closed[-1])
            due = load.opened(self.subject.port, clients, self.task.seconds, pace)
            self.due.append(due)

    def row(self) -> report.Row:
        answers = sum(len(it.took) for it in self.closed)
        return report.Row(
            task=self.task.name,
            crowd=self.crowd,
            subject=self.subject.title,
            rate=statistics.median(map(self._rate_of, self.closed)),
            p50=_quantile(self.closed, 0.5),
            p99=_quantile(self.closed, 0.99),
            due_p50=_quantile(self.due, 0.5) if self.due else None,
            due_p99=_quantile(self.due, 0.99) if self.due else None,
            cpu=1000 * self.cpu_seconds / max(1, answers),
            refused=0 if self.task.refuses else sum(it.refused for it in self.closed),
        )

    def _rate_of(self, answers: load.Answers) -> float:
        if self.task.refuses:
            return len(answers.took) / answers.seconds
        return answers.rate


def _quantile(rounds: Sequence[load.Answers], share: float) -> float:
    return statistics.median(it.quantile(share) for it in rounds)


def measure(
    subjects: Sequence[Subject], task: Task, crowd: int, rounds: int
) -> list[report.Row]:
    """Return the figures of each subject that can do the task."""
    able = [it for it in subjects if getattr(it.paths, task.needs)]
    clients = [task.clients(it, crowd) for it in able]
    figures = [Figures(it, task, crowd) for it in able]
    for _ in range(rounds):
        for each, its in zip(figures, clients, strict=True):
            each.take_turn(its)
    return [it.row() for it in figures]


def show(rows: Sequence[report.Row]) -> None:
    """Print a line for each subject, as a ratio to the first."""
    for it in rows:
        print(
            f"{it.task:24} {it.crowd:4} {it.subject:20} {it.rate:9.1f}/s"
            f" {it.rate / rows[0].rate:6.2f}  p50 {it.p50:8.2f} ms  p99 {it.p99:8.2f} ms"
            f"  due p50 {it.due_p50 or 0:8.2f} p99 {it.due_p99 or 0:8.2f}"
            f"  cpu {it.cpu:7.3f} ms  refused {it.refused}",
            flush=True,
        )


@contextmanager
def running(subjects: Sequence[Subject]) -> Iterator[Sequence[Subject]]:
    """Start all, and end all."""
    with ExitStack() as ends:
        for it in subjects:
            ends.callback(it.stop)
            it.start()
        yield subjects


def contest(
    subjects: Sequence[Subject], wanted: Sequence[Task], rounds: int
) -> tuple[list[report.Row], list[report.Server]]:
    """Measure all at all tasks, and show each as it is done."""
    rows: list[report.Row] = []
    with running(subjects):
        for task in wanted:
            for crowd in task.crowds:
                found = measure(subjects, task, crowd, rounds)
                show(found)
                rows += found
        servers = [
            report.Server(
                it.title,
                it.start_seconds,
                usage.of(it.process.pid).resident_bytes / 2**20,
            )
            for it in subjects
        ]
    for it in servers:
        print(f"{it.subject:20} ready in {it.start_seconds:.2f} s, ", end="")
        print(f"{it.resident_megabytes:.0f} MB")
    return rows, servers


def new_database(server: PostgresServer, name: str) -> str:
    """Make a database of a subject's own; return its URL."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return f"{server.url.removesuffix('/postgres')}/{name}"


def peers(server: PostgresServer, rounds: int) -> list[Subject]:
    """Return ours, who else there is, and the limit."""

    def url(name: str) -> str:
        return new_database(server, f"{name}-{rounds}")

    django = SimpleJwt(url("simplejwt"), rounds)
    django.migrate()
    return [
        Ours(url("ours"), rounds),
        FastApiUsers(url("fastapi-users"), rounds),
        Regstack(url("regstack"), rounds),
        django,
        Parts(url("parts")),
        Bare(),
    ]


def ways_of_ours(
    postgres: PostgresServer, mongo: MongoCompatibleServer
) -> list[Subject]:
    """Return ours on each storage, and with several workers."""
    url = new_database(postgres, "ways")
    sqlite = Ours("sqlite:///bench.db", title="ours, SQLite")
    return [
        Ours(url, title="ours, PostgreSQL"),
        sqlite,
        Ours(mongo.url, title="ours, SecantusDB"),
        Ours("memory://", title="ours, memory"),
        Ours(url, title="ours, 2 workers", WORKERS="2", AUTO_MIGRATE="false"),
        Ours(url, title="ours, 4 workers", WORKERS="4", AUTO_MIGRATE="false"),
    ]


def main() -> None:
    """Measure, print, and write where that is asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    names = [it.name for it in tasks.ALL]
    parser.add_argument("--only", nargs="*", choices=names, default=names)
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    with ExitStack() as stack:
        postgres, mongo = PostgresServer(**SAFE), MongoCompatibleServer()
        for server in (postgres, mongo):
            stack.callback(server.stop)
            server.start()
        results = _measured(postgres, mongo, chosen.only, chosen.rounds)
    if chosen.write:
        report.write(results, names)


def _measured(
    postgres: PostgresServer,
    mongo: MongoCompatibleServer,
    only: Sequence[str],
    rounds: int,
) -> report.Results:
    rows: list[report.Row] = []
    servers: list[report.Server] = []
    before = parts_alone(AS_IN_PRODUCTION, postgres.url)
    for of, subjects in (
        (tasks.WITHOUT_HASHES, lambda: peers(postgres, CHEAP)),
        (tasks.WITH_HASHES, lambda: peers(postgres, AS_IN_PRODUCTION)),
        (tasks.OF_OURS, lambda: ways_of_ours(postgres, mongo)),
    ):
        if wanted := [it for it in of if it.name in only]:
            found = contest(subjects(), wanted, rounds)
            rows += found[0]
            known = {it.subject for it in servers}
            servers += [it for it in found[1] if it.subject not in known]
    limits = mean([before, parts_alone(AS_IN_PRODUCTION, postgres.url)])
    return report.Results(rounds, rows, servers, limits)


if __name__ == "__main__":
    main()
