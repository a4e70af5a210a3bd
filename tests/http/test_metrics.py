from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import TypeAlias

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.http.api import Api, Person
from tests.http.conftest import Serve
from tests.servers.databases import ON_MEMORY
from tests.servers.service import NO_TLS, Service

pytestmark = ON_MEMORY  # figures are not kept in the storage

REQUESTS = "scribes_http_requests_total"


Figures: TypeAlias = dict[str, dict[tuple[str, ...], float]]
"""Each metric's figures by the values of its labels."""

addresses = map("127.0.0.{}".format, count(2))


def figures(api: Api) -> Figures:
    answer = api.client.get("/metrics").raise_for_status()
    assert "text/plain; version=0.0.4; charset=utf-8" == answer.headers["Content-Type"]
    found: Figures = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            labels = tuple(value for _, value in sorted(sample.labels.items()))
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


@dataclass(frozen=True)
class Counted:
    """A service, and what it had counted before a test."""

    api: Api
    before: Figures

    def since(self) -> Figures:
        """Return what it has counted since."""
        return {
            name: {
                labels: more
                for labels, value in values.items()
                if (more := value - self.before.get(name, {}).get(labels, 0))
            }
            for name, values in figures(self.api).items()
        }


@pytest.fixture(scope="module")
def limited(serve: Serve) -> Service:
    return serve(RATE_LIMIT_ENABLED="true")


@pytest.fixture
def counted(limited: Service) -> Iterator[Counted]:
    """Ask from an address that no other test has: limits go by it."""
    transport = httpx.HTTPTransport(local_address=next(addresses), verify=NO_TLS)
    with httpx.Client(base_url=limited.url, transport=transport, timeout=30) as client:
        api = Api(client)
        yield Counted(api, figures(api))


def test_requests_are_counted_and_timed_by_route_and_status(counted: Counted) -> None:
    person = Person.new()
    counted.api.client.post("/auth/register", json=person.details)
    for password in (person.password, "wrong", "wrong"):
        body = {"email": person.email, "password": password}
        counted.api.client.post("/auth/login", json=body)

    found = counted.since()

    assert 1 == found[REQUESTS]["POST", "/auth/register", "201"]
    assert 1 == found[REQUESTS]["POST", "/auth/login", "200"]
    assert 2 == found[REQUESTS]["POST", "/auth/login", "401"]
    name = "scribes_http_request_duration_seconds"
    assert 3 == found[f"{name}_count"]["POST", "/auth/login"]
    assert 0 < found[f"{name}_sum"]["POST", "/auth/login"] < 60


def test_refusals_by_a_limit_are_told_by_route_and_by_limit(counted: Counted) -> None:
    for _ in range(5):
        counted.api.client.post("/auth/register", json=Person.new().details)

    found = counted.since()

    refused = found[REQUESTS]["POST", "/auth/register", "429"]
    assert 2 <= refused
    assert refused <= found["scribes_rate_limit_refusals_total"]["register/hour",]


def test_no_text_of_a_client_becomes_a_label(counted: Counted) -> None:
    for number in range(20):
        counted.api.client.get(f"/nowhere/{number}?token={number}")
        counted.api.client.request("PURGE", f"/nowhere/{number}")
        counted.api.client.request("GET", f"/health?{number}")

    found = counted.since()[REQUESTS]

    assert 20 == found["GET", "none", "404"]
    assert 20 == found["GET", "/health", "200"]
    assert 20 == found["other", "none", "404"]
    assert 4 == len(found)  # and the figures themselves


def test_methods_that_a_route_does_not_have_are_one(counted: Counted) -> None:
    for method in ("DELETE", "OPTIONS", "PATCH", "PUT", "TRACE"):
        counted.api.client.request(method, "/livez")

    found = counted.since()

    assert {("other", "/livez", "200"): 1, ("other", "/livez", "405"): 4} == {
        labels: value for labels, value in found[REQUESTS].items() if "/livez" in labels
    }
    name = "scribes_http_request_duration_seconds_count"
    assert 5 == found[name]["other", "/livez"]


def test_refusals_are_counted_by_limit(counted: Counted) -> None:
    body = {"email": "nobody@example.com", "password": "wrong"}
    for _ in range(7):
        counted.api.client.post("/auth/login", json=body)

    found = counted.since()

    assert {("login/minute",): 2} == found["scribes_rate_limit_refusals_total"]


def test_without_redis_nothing_is_said_of_it(counted: Counted) -> None:
    assert "scribes_redis_up" not in counted.before


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
