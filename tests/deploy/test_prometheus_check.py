import shutil
from pathlib import Path

import pytest

from tests.deploy.mistakes import spoil
from tools.deploy.prometheus import check

SHIPPED = Path(__file__).parents[2] / "deploy" / "observability"

MISTAKES = {
    "of every sort": {
        "prometheus.yml": {
            ("scrape_interval", "scrape_intervall"): "field scrape_intervall not found",
        },
        "alerts.yml": {
            ("scribes_mails_oldest_seconds) > 300", "scribes_mails_oldest_seconds) > 100"):
                "alertname: ScribesMailsDelayed",
            ("> 0.02", "> 0.2"): "alertname: ScribesErrors",
            ("scribes_redis_up", "scribes_redis_is_up"):
                "alerts.yml: the service tells no scribes_redis_is_up",
        },
        "alerts_test.yml": {
            ("alertname: ScribesRestarting", "alertname: ScribesDown"):
                "ScribesRestarting is not tested to fire, and to be silent",
        },
        "dashboard.json": {
            ("scribes_build_info{", "scribes_built_info{"):
                "dashboard.json: the service tells no scribes_built_info",
            ('"gridPos"', '"gridPlace"'): "'\"gridPlace\"' does not exist in type",
            ('"schemaVersion": 42', '"schemaVersion": "42"'):
                "'string' is not assignable to type 'number'",
        },
    },
    "a misspelt function, behind which nothing is read": {
        "alerts.yml": {
            ("increase(", "incraese("): 'unknown function with name "incraese"',
        },
    },
}  # fmt: skip


def test_what_we_ship_passes() -> None:
    assert [] == check(SHIPPED)


@pytest.mark.parametrize("mistakes", MISTAKES.values(), ids=MISTAKES.keys())
def test_mistakes_are_caught(
    tmp_path: Path, mistakes: dict[str, dict[tuple[str, str], str]]
) -> None:
    copy = shutil.copytree(SHIPPED, tmp_path / "observability")
    for file, swapped in mistakes.items():
        for right, wrong in swapped:
            spoil(copy, file, right, wrong)

    found = "\n".join(check(copy))

    told = [it for swapped in mistakes.values() for it in swapped.values()]
    assert [] == [it for it in told if it not in found], found
