"""Another service behind the shipped nginx asks ours who is calling, as the pages say."""

from collections.abc import Iterator

import httpx
import pytest

from tests.clients import pages
from tests.clients.upstream import notes_upstream
from tests.deploy.front import Front
from tests.http.api import Api, bearer
from tests.servers import LOOPBACK
from tests.servers.certificates import LocalAuthority
from tests.servers.processes import free_port
from tests.servers.service import Service

OTHERS = "# include /etc/nginx/conf.d/*.conf;"
OURS = """upstream scribes_auth {
    server 10.0.0.11:8000; # CHANGE: our replicas
    keepalive 32;
}
"""
PLAIN = "listen 80; # CHANGE: TLS, as ../../deploy/nginx has it"


@pytest.fixture(scope="module")
def notes(authority: LocalAuthority, replicas: list[Service]) -> Iterator[httpx.Client]:
    """Yield a client of the other service, which the same nginx is in front of."""
    front = Front(authority, replicas, {OTHERS: "include notes.conf;"})
    port = free_port()
    with notes_upstream() as behind:
        changes = {
            OURS: "",  # there already
            PLAIN: f"listen {LOOPBACK}:{port} ssl http2;",
            "10.0.0.21:8080": f"{LOOPBACK}:{behind}",
        }
        pages.write("nginx.md", front.nginx.directory, {"notes.conf": changes})
        tls = authority.client_context()
        url = f"https://{LOOPBACK}:{port}"
        with front, httpx.Client(verify=tls, base_url=url) as client:
            yield client


def test_who_is_not_signed_in_is_refused(notes: httpx.Client) -> None:
    for headers in ({}, bearer("x"), {"X-Auth-User-Id": "1"}):
        assert 401 == notes.get("/notes", headers=headers).status_code


def test_the_other_service_is_told_who_it_is(notes: httpx.Client, front: Front) -> None:
    tokens = Api(front.client("127.0.0.91")).session()
    made_up = {"X-Auth-User-Id": "999", **bearer(tokens["access_token"])}

    heard = notes.get("/notes", headers=made_up).json()["headers"]

    told = [value for name, value in heard if name == "x-auth-user-id"]
    assert [str(tokens["user"]["id"])] == told


def test_what_is_not_listed_is_an_administrators(
    notes: httpx.Client, front: Front
) -> None:
    user = bearer(Api(front.client("127.0.0.92")).session()["access_token"])

    assert 403 == notes.get("/notes/all", headers=user).status_code
    assert 404 == notes.get("/_auth", headers=user).status_code
