from collections.abc import Callable

from tests.http.api import Api
from tests.http.conftest import Serve
from tests.http.test_metrics import figures
from tests.servers.databases import ON_MEMORY
from tests.servers.processes import free_port
from tests.servers.service import Service, wait_for

pytestmark = ON_MEMORY  # how mails are counted is a law of each storage


def test_mails_that_go_out_leave_no_trace_in_the_health(api: Api) -> None:
    api.newcomer()

    wait_for(lambda: api.client.get("/health").json()["mail"]["waiting"] == 0, "mails")
    assert "delivering" == api.client.get("/health").json()["mail"]["status"]


def test_mails_that_cannot_be_sent_show_in_health_readiness_and_figures(
    serve: Serve, connect: Callable[[Service], Api]
) -> None:
    nobody = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(free_port())}
    api = connect(serve(**nobody))
    assert {"status": "ready", "missing": []} == api.client.get("/readyz").json()

    api.newcomer()

    def seen() -> bool:
        return "mail" in api.client.get("/readyz").json()["missing"]

    wait_for(seen, "the readiness to tell")
    ready, health = api.client.get("/readyz"), api.client.get("/health").json()
    assert (200, "degraded") == (ready.status_code, ready.json()["status"])
    assert ("degraded", "delayed", 1) == (
        health["status"],
        health["mail"]["status"],
        health["mail"]["waiting"],
    )
    assert 0 < health["mail"]["failures"]
    found = figures(api)
    assert {(): 1} == found["scribes_mails_waiting"]
    assert 0 < found["scribes_mail_failures_total"]["delayed",]
    assert 0 <= found["scribes_mails_oldest_seconds"][()] < 60
