import secrets
from datetime import UTC, datetime, timedelta

from tests.http.api import Api
from tests.servers.service import Service, wait_for

TIMESTAMP = "%Y-%m-%dT%H:%M:%SZ"


def test_health_answers_as_the_guide_shows(api: Api) -> None:
    answer = api.client.get("/health")

    assert 200 == answer.status_code
    health = answer.json()
    told = datetime.strptime(health.pop("timestamp"), TIMESTAMP).replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - told) < timedelta(seconds=10)
    mail = health.pop("mail")
    assert {
        "status": "healthy",
        "database": "connected",
        "redis": "not configured",
    } == health
    assert {"status", "waiting", "oldest_seconds", "failures"} == mail.keys()


def test_probes_answer(api: Api) -> None:
    for path, state in (
        ("/livez", {"status": "alive"}),
        ("/readyz", {"status": "ready", "missing": []}),
    ):
        answer = api.client.get(path)

        assert (200, state) == (answer.status_code, answer.json())


def test_who_asks_every_few_seconds_leaves_no_lines_while_all_is_well(
    service: Service, api: Api
) -> None:
    mark = secrets.token_hex(8)
    for path in ("/livez", "/readyz", "/health", "/metrics", "/nowhere"):
        api.client.get(path, headers={"X-Request-ID": mark})

    lines = wait_for(
        lambda: [line for line in service.output.splitlines() if mark in line],
        "the last line",
    )

    assert ["/nowhere"] == [
        path for line in lines for path in line.split() if "/" in path
    ]
