"""Writes what was measured: figures for programs, tables for people, and charts."""

import json
import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path

from config.cores import usable_cores
from tools.deploy.environments import environment

RESULTS = Path(__file__).with_name("results")
REQUIREMENTS = Path(__file__).parent / "peers" / "requirements-charts.txt"
DRAW = Path(__file__).with_name("charts.py")


@dataclass(frozen=True, slots=True)
class Row:
    """One subject at one task, by so many at once: medians of the rounds."""

    task: str
    crowd: int
    subject: str
    rate: float
    """Wanted answers a second."""

    p50: float
    """Milliseconds, as all times here."""

    p99: float
    due_p50: float | None
    due_p99: float | None
    """From when a request was due, at half of the rate."""

    cpu: float
    """Of the server, an answer."""

    refused: int


@dataclass(frozen=True, slots=True)
class Limit:
    """What a part does a second, alone."""

    name: str
    rate: float


@dataclass(frozen=True, slots=True)
class Server:
    """What a subject takes by itself."""

    subject: str
    start_seconds: float
    resident_megabytes: float
    """After all of its tasks."""


@dataclass(frozen=True, slots=True)
class Results:
    """All of a run."""

    rounds: int
    rows: Sequence[Row]
    servers: Sequence[Server]
    limits: Sequence[Limit]


def write(results: Results, order: Sequence[str]) -> None:
    """Write it; tasks that were not measured this time, ``order`` names all, stay as they were."""
    RESULTS.mkdir(exist_ok=True)
    results = _with_others(results, order)
    found = {"machine": _machine(), **asdict(results)}
    figures = RESULTS / "figures.json"
    figures.write_text(json.dumps(found, indent=1) + "\n")
    (RESULTS / "README.md").write_text(_page(results))
    python = environment(REQUIREMENTS) / "python"
    subprocess.run([python, DRAW, figures, RESULTS], check=True)  # noqa: S603 - ours


def _with_others(results: Results, order: Sequence[str]) -> Results:
    before = RESULTS / "figures.json"
    kept = json.loads(before.read_text()) if before.exists() else {}
    tasks = {it.task for it in results.rows}
    rows = [Row(**it) for it in kept.get("rows", []) if it["task"] not in tasks]
    rows = sorted([*rows, *results.rows], key=lambda it: order.index(it.task))
    named = {it.subject for it in results.servers}
    servers = [Server(**it) for it in kept.get("servers", [])]
    servers = [it for it in servers if it.subject not in named]
    return replace(results, rows=rows, servers=[*results.servers, *servers])


def _machine() -> Mapping[str, str]:
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return {
        "processor": names[0] if names else platform.processor(),
        "cores": str(usable_cores()),
        "system": platform.system(),
        "python": platform.python_version(),
    }


def _page(results: Results) -> str:
    machine = _machine()
    head = (
        "# Beside the peers\n\n"
        f"Written by `make bench`. {machine['processor']}, {machine['cores']} cores for server,"
        f" database and load together; Python {machine['python']}. One process each, one"
        f" PostgreSQL with `fsync`, a database each. {_rounds(results.rounds)}, all had their"
        " turn one after the other; read the ratios.\n\n"
        "`p50` and `p99` are of the closed loop, where each connection asks again as soon as it"
        " is answered. *due* is of an open one at half of that rate, and counts from when a"
        " request was due. `cpu` is the server's own, an answer. All in milliseconds.\n"
    )
    tables = [
        _table(task, list(found))
        for task, found in groupby(results.rows, key=lambda it: it.task)
    ]
    return "\n".join(
        [head, *tables, _limits(results.limits), _servers(results.servers)]
    )


def _rounds(rounds: int) -> str:
    return "In one round" if rounds == 1 else f"Medians of {rounds} rounds: in each"


def _table(task: str, rows: Iterable[Row]) -> str:
    lines = [
        f"## {task.capitalize()}\n",
        "| at once | subject | answers/s | ratio | p50 | p99 | due p50 | due p99 | cpu | refused |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for _, crowd in groupby(rows, key=lambda it: it.crowd):
        found = list(crowd)
        lines += [_line(it, found[0]) for it in found]
    if chart := _chart_of(task):
        lines.append(f"\n![{task}]({chart})")
    return "\n".join([*lines, ""])


def _line(it: Row, first: Row) -> str:
    figures = (it.p50, it.p99, it.due_p50, it.due_p99, it.cpu)
    cells = [
        str(it.crowd),
        it.subject,
        f"{it.rate:,.1f}" if it.rate < 100 else f"{it.rate:,.0f}",  # noqa: PLR2004 - digits
        f"{it.rate / first.rate:.2f}",
        *("" if each is None else f"{each:.2f}" for each in figures),
        str(it.refused),
    ]
    return f"| {' | '.join(cells)} |"


def _chart_of(task: str) -> str:
    return f"{task.replace(' ', '-').replace(',', '')}.svg"


def _limits(limits: Sequence[Limit]) -> str:
    lines = [
        "## The parts alone\n",
        "| part | a second |",
        "|---|---|",
        *(f"| {it.name} | {it.rate:,.1f} |" for it in limits),
    ]
    return "\n".join([*lines, ""])


def _servers(servers: Sequence[Server]) -> str:
    lines = [
        "## Start and memory\n",
        "| subject | ready after, s | resident after all of it, MB |",
        "|---|---|---|",
        *(
            f"| {it.subject} | {it.start_seconds:.2f} | {it.resident_megabytes:.0f} |"
            for it in servers
        ),
    ]
    return "\n".join([*lines, ""])
