"""Rules, their tests, how to scrape, and the dashboard: read by Prometheus' own tool and types."""

import json
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from adapters.metrics.prometheus import COUNTERS, DURATIONS, GAUGES
from tests.servers.debian import installed, unpack
from tests.servers.processes import ServerStartError
from tools import npm
from tools.deploy import CheckNotMade
from tools.kept import kept

TYPES = Path(__file__).with_name("grafana")
FLAGS = ("--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext")
FIGURE = re.compile(r"\bscribes_\w+")
COMMANDS = {
    "prometheus.yml": ("check", "config"),
    "alerts.yml": ("check", "rules"),
    "alerts_test.yml": ("test", "rules"),
}
TOLD = {
    *(f"scribes_{name}_total" for name in COUNTERS),
    *(f"scribes_{name}" for name in GAUGES),
    *(f"scribes_{name}_{part}" for name in DURATIONS for part in ("bucket", "sum", "count")),
}  # fmt: skip
"""What the service tells, by the names that Prometheus has for it."""


def check(templates: Path) -> list[str]:
    """Return what is wrong with the templates in a folder."""
    return [
        *_refused_by_promtool(templates),
        *_not_told(templates),
        *_untested(templates),
        *_mistyped(templates),
    ]


def program(name: str) -> Path:
    """Return where a program of Debian's package is; raises CheckNotMade."""
    if found := installed(name):
        return found
    try:
        root = kept("prometheus", lambda into: unpack("prometheus", into))
    except ServerStartError as error:
        raise CheckNotMade(f"{name}: {error}") from error
    return root / "usr" / "bin" / name


def dashboard_queries(dashboard: Path) -> list[str]:
    """Return what a dashboard asks Prometheus."""
    panels = json.loads(dashboard.read_text("utf-8"))["panels"]
    return [it["expr"] for panel in panels for it in panel.get("targets", ())]


def _refused_by_promtool(templates: Path) -> Iterator[str]:
    promtool = program("promtool")
    for file, command in COMMANDS.items():
        done = subprocess.run(
            [promtool, *command, file],
            cwd=templates,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            yield f"{file}: {' '.join(f'{done.stdout} {done.stderr}'.split())}"


def _not_told(templates: Path) -> Iterator[str]:
    """Yield the figures that are asked for, and that the service does not tell."""
    asked = {"dashboard.json": dashboard_queries(templates / "dashboard.json")}
    asked["alerts.yml"] = [it["expr"] for it in _rules(templates)]
    for file, queries in asked.items():
        found = {name for query in queries for name in FIGURE.findall(query)}
        yield from (f"{file}: the service tells no {it}" for it in sorted(found - TOLD))


def _untested(templates: Path) -> Iterator[str]:
    tests = _yaml(templates / "alerts_test.yml").get("tests", [])
    rules = [rule for test in tests for rule in test.get("alert_rule_test", ())]
    firing = {it["alertname"] for it in rules if it.get("exp_alerts")}
    silent = {it["alertname"] for it in rules if not it.get("exp_alerts")}
    for rule in _rules(templates):
        name = rule["alert"]
        if name not in firing or name not in silent:
            yield f"alerts_test.yml: {name} is not tested to fire, and to be silent"


def _mistyped(templates: Path) -> Iterator[str]:
    try:
        modules = npm.modules(TYPES)
    except npm.NotFetched as error:
        raise CheckNotMade(f"Grafana's types: {error}") from error
    text = (templates / "dashboard.json").read_text("utf-8")
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        (place / "node_modules").symlink_to(modules)
        (place / "package.json").write_text('{"type": "module"}')
        (place / "dashboard.ts").write_text(
            'import type { Dashboard } from "@grafana/schema";'
            f" export const dashboard: Dashboard = {text};\n"
        )
        tsc = modules / "typescript" / "bin" / "tsc"
        said = npm.run(tsc, *FLAGS, "dashboard.ts", cwd=place)
    told = [line for line in said.stdout.splitlines() if ": error TS" in line]
    if said.returncode and not told:
        raise CheckNotMade(f"tsc: {said.stdout}{said.stderr}")
    yield from (f"dashboard.json: {line.partition('.ts')[2]}" for line in told)


def _rules(templates: Path) -> list[dict[str, Any]]:
    groups = _yaml(templates / "alerts.yml").get("groups", [])
    return [rule for group in groups for rule in group.get("rules", ())]


def _yaml(file: Path) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(file.read_text("utf-8"))
    return read
