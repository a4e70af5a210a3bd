import shutil
from pathlib import Path

import pytest

from tools.deploy.prometheus import check

SHIPPED = Path(__file__).parents[2] / "deploy" / "observability"

MISTAKES = {
    "how to scrape": ("prometheus.yml", {
        ("scrape_interval", "scrape_intervall"): "field scrape_intervall not found",
    }),
    "a misspelt function": ("alerts.yml", {
        ("increase(", "incraese("): 'unknown function with name "incraese"',
    }),
    "alerts": ("alerts.yml", {
        ("scribes_mails_oldest_seconds) > 300", "scribes_mails_oldest_seconds) > 100"):
            "alertname: ScribesMailsDelayed",
        ("> 0.02", "> 0.2"): "alertname: ScribesErrors",
        ("scribes_redis_up", "scribes_redis_is_up"):
            "alerts.yml: the service tells no scribes_redis_is_up",
    }),
    "tests of alerts": ("alerts_test.yml", {
        ("alertname: ScribesRestarting", "alertname: ScribesDown"):
            "ScribesRestarting is not tested to fire, and to be silent",
    }),
    "the dashboard": ("dashboard.json", {
        ("scribes_build_info{", "scribes_built_info{"):
            "dashboard.json: the service tells no scribes_built_info",
        ('"gridPos"', '"gridPlace"'): "'\"gridPlace\"' does not exist in type",
        ('"schemaVersion": 42', '"schemaVersion": "42"'):
            "'string' is not assignable to type 'number'",
    }),
}  # fmt: skip


def test_what_we_ship_passes() -> None:
    assert [] == check(SHIPPED)


@pytest.mark.parametrize(("file", "mistakes"), MISTAKES.values(), ids=MISTAKES.keys())
def test_mistakes_are_caught(
    tmp_path: Path, file: str, mistakes: dict[tuple[str, str], str]
) -> None:
    copy = shutil.copytree(SHIPPED, tmp_path / "observability")
    text = (copy / file).read_text("utf-8")
    for right, wrong in mistakes:
        assert right in text
        text = text.replace(right, wrong)
    (copy / file).write_text(text, "utf-8")

    found = "\n".join(check(copy))

    assert [] == [told for told in mistakes.values() if told not in found], found
