import pytest

from adapters.metrics.prometheus import PrometheusMetrics
from adapters.tracing.spans import Tracing
from config.loading import load_settings
from config.observation import storage_calls
from config.replaceable import Around
from core.errors import EmailTaken, Unavailable
from tests.unit.environment import Environment


@pytest.fixture
def metrics() -> PrometheusMetrics:
    return PrometheusMetrics()


@pytest.fixture
def around(environment: Environment, metrics: PrometheusMetrics) -> Around:
    environment.set(DATABASE_URL="memory://")
    return storage_calls(load_settings(), metrics, Tracing())


def figure(metrics: PrometheusMetrics, name: str, **labels: str) -> float:
    return metrics.registry.get_sample_value(f"scribes_{name}", labels) or 0


@pytest.mark.parametrize(
    ("error", "count"), [(Unavailable("away"), 1), (EmailTaken(), 0)]
)
def test_only_what_the_storage_did_not_answer_is_its_error(
    metrics: PrometheusMetrics, around: Around, error: Exception, count: int
) -> None:
    with pytest.raises(type(error)), around("users.add"):
        raise error

    assert count == figure(metrics, "storage_errors_total", operation="users.add")


def test_every_call_to_the_storage_is_timed(
    metrics: PrometheusMetrics, around: Around
) -> None:
    for _ in range(3):
        with around("ping"):
            pass

    assert 3 == figure(metrics, "storage_call_duration_seconds_count")
