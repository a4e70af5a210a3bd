from collections.abc import Callable

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.http.api import Api, Person
from tests.http.conftest import Serve
from tests.servers.databases import ON_MEMORY
from tests.servers.service import Service

pytestmark = ON_MEMORY  # figures are not kept in the storage

REQUESTS = "scribes_http_requests_total"


@pytest.fixture
def counted(serve: Serve, connect: Callable[[Service], Api]) -> Api:
    """Return a client of a service that nobody else asks."""
    return connect(serve(RATE_LIMIT_ENABLED="true"))


def figures(api: Api) -> dict[str, dict[tuple[str, ...], float]]:
    """Return each metric's figures by the values of its labels."""
    answer = api.client.get("/metrics").raise_for_status()
    assert "text/plain; version=0.0.4; charset=utf-8" == answer.headers["Content-Type"]
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            labels = tuple(value for _, value in sorted(sample.labels.items()))
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


def test_requests_are_counted_and_timed_by_route_and_status(counted: Api) -> None:
    person = Person.new()
    counted.client.post("/auth/register", json=person.details)
    for password in (person.password, "wrong", "wrong"):
        body = {"email": person.email, "password": password}
        counted.client.post("/auth/login", json=body)

    found = figures(counted)

    assert 1 == found[REQUESTS]["POST", "/auth/register", "201"]
    assert 1 == found[REQUESTS]["POST", "/auth/login", "200"]
    assert 2 == found[REQUESTS]["POST", "/auth/login", "401"]
    name = "scribes_http_request_duration_seconds"
    assert 3 == found[f"{name}_count"]["POST", "/auth/login"]
    assert 0 < found[f"{name}_sum"]["POST", "/auth/login"] < 60


def test_refusals_by_a_limit_are_told_by_route_and_by_limit(counted: Api) -> None:
    before = figures(counted)[REQUESTS].get(("POST", "/auth/register", "429"), 0)
    for _ in range(5):
        counted.client.post("/auth/register", json=Person.new().details)

    found = figures(counted)

    refused = found[REQUESTS]["POST", "/auth/register", "429"] - before
    assert 2 <= refused
    assert refused <= found["scribes_rate_limit_refusals_total"]["register/hour",]


def test_no_text_of_a_client_becomes_a_label(counted: Api) -> None:
    for number in range(20):
        counted.client.get(f"/nowhere/{number}?token={number}")
        counted.client.request("PURGE", f"/nowhere/{number}")
        counted.client.request("GET", f"/health?{number}")

    found = figures(counted)[REQUESTS]

    assert 20 == found["GET", "none", "404"]
    assert 20 == found["GET", "/health", "200"]
    assert 20 == found["other", "none", "404"]
    assert len(found) < 10


def test_refusals_are_counted_by_limit(counted: Api) -> None:
    body = {"email": "nobody@example.com", "password": "wrong"}
    for _ in range(7):
        counted.client.post("/auth/login", json=body)

    found = figures(counted)

    assert {("login/minute",): 2} == found["scribes_rate_limit_refusals_total"]


def test_without_redis_nothing_is_said_of_it(counted: Api) -> None:
    assert "scribes_redis_up" not in figures(counted)


def test_workers_count_together(
    serve: Serve, connect: Callable[[Service], Api]
) -> None:
    service = serve(WORKERS="2")

    for _ in range(20):
        connect(service).client.get("/livez")

    assert {20} == {
        figures(connect(service))[REQUESTS]["GET", "/livez", "200"] for _ in range(10)
    }


def test_metrics_can_be_switched_off(
    serve: Serve, connect: Callable[[Service], Api]
) -> None:
    api = connect(serve(METRICS_ENABLED="false"))

    assert 404 == api.client.get("/metrics").status_code
