"""How Envoy asks: with the path in question behind ours, and the roles between."""

import pytest

from tests.http.api import Api, assert_problem, bearer
from tests.http.wire import wire_to
from tests.servers.databases import ON_MEMORY
from tests.servers.service import Service

pytestmark = ON_MEMORY  # paths are the same whatever is stored


@pytest.mark.parametrize(
    ("roles", "status"),
    [
        ("any", 200),
        ("user", 200),
        ("user,admin", 200),
        ("admin", 403),
        ("boss", 422),
        ("Admin", 422),
        ("", 404),
        ("%61ny", 404),
        ("any%2Fx", 404),
    ],
)
def test_envoy_demands_a_role_before_the_path_where_no_client_writes(
    api: Api, roles: str, status: int
) -> None:
    token = api.session()["access_token"]

    for rest in (
        "/",
        "/notes/1",
        "/notes/1?role=user",
        "/any/x",
        "/notes%20x",
        "/100%25/caf%C3%A9",
    ):
        answer = api.client.get(
            f"/auth/verify-path/{roles}{rest}", headers=bearer(token)
        )

        assert status == answer.status_code


@pytest.mark.parametrize(
    "path",
    [
        "//notes",
        "/notes//all",
        "/notes/../any/x",
        "/notes/..",
        "/./notes",
        "/notes/.",
        "/notes;/all",
        "/notes%2fall",
        "/notes%2Fall",
        "/notes%5call",
        "/%2e%2e/any/notes",
        "/.%2E/any",
        "/notes%3b/all",
        "/notes%00",
        "/notes\\all",
        "/notes/%61ll",
        "/notes/%41LL",
        "/%7Eowner",
        "/notes/a%2dll",
        "/notes%252fall",
        "/%252e%252e/any/notes",
        "/notes/%2561ll",
        "/notes/%%361ll",
        "/notes/%u0061ll",
        "/notes/%",
        "/notes/%0aall",
        "/notes/all%7f",
        "/notes%c0%afall",
        "/notes/%ff",
    ],
)
def test_a_path_that_two_may_read_in_two_ways_is_let_through_to_nobody(
    service: Service, api: Api, path: str
) -> None:
    token = api.session()["access_token"]
    with wire_to(service) as wire:
        wire.send(
            f"GET /auth/verify-path/any{path} HTTP/1.1",
            "Host: x",
            f"Authorization: Bearer {token}",
            "Connection: close",
        )

        assert_problem(wire.answer(), 403)


def test_what_stands_behind_a_slash_is_no_path_of_ours(api: Api) -> None:
    token = api.session()["access_token"]

    for path in ("/", "/?role=admin", "/notes", "/any/notes", "//", "-path", "-path/"):
        assert (
            404
            == api.client.get(f"/auth/verify{path}", headers=bearer(token)).status_code
        )
