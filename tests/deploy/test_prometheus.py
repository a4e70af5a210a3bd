import math
import secrets
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.postgres_world import fresh_schema
from tests.http.api import Api, Person
from tests.servers import LOOPBACK
from tests.servers.postgres import PostgresServer
from tests.servers.processes import free_port
from tests.servers.prometheus import Prometheus
from tests.servers.service import Service, wait_for
from tests.servers.valkey import ValkeyServer, with_prefix
from tools.deploy.prometheus import dashboard_queries, program

pytestmark = pytest.mark.timeout(240)

SHIPPED = Path(__file__).parents[2] / "deploy" / "observability"
QUERIES = dashboard_queries(SHIPPED / "dashboard.json")
VARIABLES = {"$__rate_interval": "1m", "$instance": ".*"}
"""What Grafana puts in place of these."""

CHANGES = {
    "localhost:8000": "{target}",
    "scrape_interval: 15s": "scrape_interval: 1s",
    "evaluation_interval: 15s": "evaluation_interval: 1s",
}


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory,
    own_postgres: PostgresServer,
    redis_server: ValkeyServer,
) -> Iterator[Service]:
    """Serve with all that there are figures of, and no mail server that answers."""
    place = tmp_path_factory.mktemp("scraped")
    (place / "jwt-secret").write_text(secrets.token_hex(32))
    (place / "smtp-password").write_text("letter")
    with fresh_schema(own_postgres.url) as url:
        settings = {
            "DATABASE_URL": url,
            "REDIS_URL": with_prefix(redis_server.url),
            "RATE_LIMIT_ENABLED": "true",
            "SECRETS_URL": f"file://{place}",
            "SECRETS_REFRESH_SECONDS": "1",
            "SMTP_HOST": LOOPBACK,
            "SMTP_PORT": str(free_port()),
            "SMTP_USER": "svc",
            "SMTP_PASSWORD": "secret:smtp-password",
        }
        with Service(place, **settings) as running:
            yield running


@pytest.fixture(scope="module")
def prometheus(
    tmp_path_factory: pytest.TempPathFactory, service: Service
) -> Iterator[Prometheus]:
    """Scrape the service by the configuration that we ship, but often."""
    place = tmp_path_factory.mktemp("prometheus")
    text = (SHIPPED / "prometheus.yml").read_text("utf-8")
    for shipped, ours in CHANGES.items():
        assert shipped in text
        text = text.replace(shipped, ours.format(target=f"{LOOPBACK}:{service.port}"))
    (place / "prometheus.yml").write_text(text, "utf-8")
    (place / "alerts.yml").write_bytes((SHIPPED / "alerts.yml").read_bytes())
    server = Prometheus(place / "prometheus.yml").start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def scraped(
    service: Service, prometheus: Prometheus, own_postgres: PostgresServer
) -> Prometheus:
    """Let everything happen that there is a figure of, and happen again."""
    for _ in range(2):
        before = _outages(prometheus)
        _live(service)
        _lose_database_and_secret(service, own_postgres)
        while _outages(prometheus) <= before:
            time.sleep(0.2)
    return prometheus


def _outages(prometheus: Prometheus) -> float:
    """Return how many calls to the storage Prometheus knows to have failed."""
    return sum(_figures(prometheus.ask("scribes_storage_errors_total")))


def _live(service: Service) -> None:
    with service.client() as client:
        api = Api(client)
        person = Person.new()
        api.register(person)
        tokens = api.log_in(person).json()
        api.refresh(tokens.get("refresh_token", ""))
        for _ in range(6):
            api.log_in(Person.new())


def _lose_database_and_secret(service: Service, postgres: PostgresServer) -> None:
    secret = service.directory / "smtp-password"
    kept = secret.rename(secret.with_name("away"))
    postgres.kill()
    with service.client() as client:
        assert 503 == client.get("/readyz").status_code
    wait_for(lambda: "Secret not renewed" in service.output, "a look that fails")
    postgres.start()
    kept.rename(secret)
    service.await_ready()


@pytest.mark.parametrize("query", QUERIES)
def test_every_query_of_the_dashboard_has_an_answer(
    scraped: Prometheus, query: str
) -> None:
    for variable, value in VARIABLES.items():
        query = query.replace(variable, value)

    result = wait_for(lambda: _figures(scraped.ask(query)), query, seconds=30)

    assert all(map(math.isfinite, result))


def _figures(result: list[dict[str, Any]]) -> list[float]:
    """Return what is a number: a percentile of nothing is none."""
    figures = [float(it["value"][1]) for it in result]
    return [it for it in figures if not math.isnan(it)]


def test_prometheus_finds_no_fault_with_the_page(
    scraped: Prometheus, service: Service
) -> None:
    wait_for(lambda: scraped.firing, "an alert")
    with service.client() as client:
        page = client.get("/metrics").text

    done = subprocess.run(
        [program("promtool"), "check", "metrics"],
        input=page,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)


def test_what_is_wrong_is_about_to_be_told(scraped: Prometheus) -> None:
    """Nobody waits here for as long as an alert does."""
    wait_for(lambda: "ScribesErrors" in scraped.firing, "the alert")

    assert "ScribesDown" not in scraped.firing


def test_a_service_that_is_gone_is_told(scraped: Prometheus, service: Service) -> None:
    service.kill()

    wait_for(lambda: "ScribesDown" in scraped.firing, "the alert")
