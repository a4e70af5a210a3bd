import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from adapters.metrics.prometheus import SHARED, PrometheusMetrics

CHECKOUT = Path(__file__).parents[2]


def samples(metrics: PrometheusMetrics) -> dict[tuple[str, frozenset[str]], float]:
    """Return what a Prometheus reads: name, values of labels, figure."""
    families = text_string_to_metric_families(metrics.page().decode())
    return {
        (sample.name, frozenset(sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.fixture
def metrics() -> PrometheusMetrics:
    return PrometheusMetrics()


def test_counters_count(metrics: PrometheusMetrics) -> None:
    for limit in ("login", "login", "register"):
        metrics.count("rate_limit_refusals", limit=limit)
    metrics.count("rate_limit_fallbacks")

    found = samples(metrics)

    refusals = "scribes_rate_limit_refusals_total"
    assert 2 == found[refusals, frozenset({"login"})]
    assert 1 == found[refusals, frozenset({"register"})]
    assert 1 == found["scribes_rate_limit_fallbacks_total", frozenset()]


def test_a_gauge_is_what_it_was_set_to_last(metrics: PrometheusMetrics) -> None:
    metrics.set("redis_up", 1)
    metrics.set("redis_up", 0)

    assert 0 == samples(metrics)["scribes_redis_up", frozenset()]


def test_a_gauge_that_was_never_set_is_not_shown(metrics: PrometheusMetrics) -> None:
    assert "redis_up" not in metrics.page().decode()


def test_measurements_are_counted_by_how_large_they_are(
    metrics: PrometheusMetrics,
) -> None:
    for seconds in (0.003, 0.02, 3):
        metrics.observe(
            "http_request_duration_seconds", seconds, method="GET", route="/x"
        )

    found = samples(metrics)

    name = "scribes_http_request_duration_seconds"
    below = {
        limit: found[f"{name}_bucket", frozenset({"GET", "/x", limit})]
        for limit in ("0.005", "0.025", "1.0", "5.0", "+Inf")
    }
    assert {"0.005": 1, "0.025": 2, "1.0": 2, "5.0": 3, "+Inf": 3} == below
    assert 3 == found[f"{name}_count", frozenset({"GET", "/x"})]
    assert pytest.approx(3.023) == found[f"{name}_sum", frozenset({"GET", "/x"})]


def test_two_of_them_have_nothing_to_do_with_each_other(
    metrics: PrometheusMetrics,
) -> None:
    metrics.count("rate_limit_fallbacks")

    other = samples(PrometheusMetrics())

    assert 0 == other["scribes_rate_limit_fallbacks_total", frozenset()]


def test_a_name_that_is_not_listed_is_a_mistake(metrics: PrometheusMetrics) -> None:
    with pytest.raises(KeyError):
        metrics.count("rate_limit_refusal", limit="login")


def test_a_file_that_another_worker_is_just_making_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SHARED, str(tmp_path))
    made = tmp_path / "counter_99.db"
    made.touch()
    making = threading.Timer(0.01, lambda: made.write_bytes(bytes(65536)))
    making.start()

    assert b"" == PrometheusMetrics().page()
    making.join()


WORKER = """
import sys
from adapters.metrics.prometheus import PrometheusMetrics
metrics = PrometheusMetrics()
metrics.set("hashes_waiting", 2)
metrics.set("keys", 1, state="signing")
print(metrics.page().decode(), flush=True)
sys.stdin.read()
"""


def test_workers_add_up_what_each_has_its_share_of_and_forget_the_dead(
    tmp_path: Path,
) -> None:
    """One crashes after it has told, and two more begin: one in its place."""
    pages = []
    with ExitStack() as ends:
        for is_killed in (True, False, False):
            worker = subprocess.Popen(
                [sys.executable, "-c", WORKER],
                env={SHARED: str(tmp_path), "PYTHONPATH": str(CHECKOUT)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            ends.callback(worker.communicate)
            assert worker.stdout
            pages.append("".join(iter(worker.stdout.readline, "\n")))
            if is_killed:
                worker.kill()
                worker.wait()

    assert ["2.0", "2.0", "4.0"] == [
        gauge(page, "scribes_hashes_waiting") for page in pages
    ]
    assert "1.0" == gauge(pages[-1], 'scribes_keys{state="signing"}')


def gauge(page: str, name: str) -> str:
    (line,) = [it for it in page.splitlines() if it.startswith(f"{name} ")]
    return line.split()[-1]
