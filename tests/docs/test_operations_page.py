"""That docs/operations.md knows every figure, every alert and every field of a log line."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from adapters.metrics.prometheus import COUNTERS, DURATIONS, GAUGES
from config.log_schema import NAMES, OWN

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
ALERTS = ROOT / "deploy" / "observability" / "alerts.yml"
ROW = re.compile(r"^\| (`.+?) \|", re.MULTILINE)


def first_column(heading: str) -> list[str]:
    """Return what is named in the first column of the tables below a heading."""
    section = PAGE.partition(f"\n{heading}\n")[2]
    section = re.split(r"^#+ ", section, maxsplit=1, flags=re.MULTILINE)[0]
    return [it for row in ROW.findall(section) for it in re.findall(r"`(.+?)`", row)]


def logged(folder: str) -> Iterator[str]:
    """Yield the names of what lines are given besides their text."""
    for module in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            for given in node.keywords:
                if given.arg == "extra" and isinstance(given.value, ast.Dict):
                    keys = filter(None, given.value.keys)
                    yield from (str(ast.literal_eval(it)) for it in keys)


def test_every_figure_is_described_and_no_other() -> None:
    told = [
        *(f"scribes_{name}_total" for name in COUNTERS),
        *(f"scribes_{name}" for name in (*GAUGES, *DURATIONS)),
    ]

    assert sorted(told) == sorted(first_column("## Metrics"))


def test_the_labels_of_a_figure_are_named_beside_it() -> None:
    facts = {f"{name}_total": it for name, it in COUNTERS.items()} | GAUGES | DURATIONS

    for line in re.findall(r"^\| `scribes_\w+`.*", PAGE, re.MULTILINE):
        _, names, labels, *_ = line.split("|")
        for name in re.findall(r"`scribes_(\w+)`", names):
            assert [*facts[name][1]] == re.findall(
                r"`(\w+)`", re.sub(r"\(.*\)", "", labels)
            )


def test_every_alert_has_what_to_do() -> None:
    groups = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    alerts = [rule["alert"] for group in groups for rule in group["rules"]]

    assert alerts == first_column("### Alerts")


def test_every_field_of_a_log_line_is_described() -> None:
    described = {*first_column("## Logs")}
    given = {
        name
        for it in ("core", "adapters", "config", "entrypoints")
        for name in logged(it)
    }

    assert "reason" in given
    fields = {*NAMES.values(), *(NAMES.get(name, OWN + name) for name in given)}
    assert set() == fields - described
