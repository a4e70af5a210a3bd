import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from config.container import Container
from config.settings import Settings
from entrypoints.http.declaration import declarations_of
from entrypoints.http.routes import routes
from entrypoints.http.routing import FIELD
from tests.http.api import Api
from tests.servers.databases import ON_MEMORY

pytestmark = ON_MEMORY  # nothing of it is stored

ELSEWHERE = {
    "/openapi.json",
    "/docs",
    "/metrics",
    "/verify-email",
    "/verify-email/reject",
    "/reset-password",
    "/invitation",
    "/change-email",
    "/change-email/undo",
    "/auth/verify-path/{roles}/{path:path}",  # OpenAPI has no word for the rest of a path
}
"""What is no part of the API."""

SIGNED_IN = {"/auth/me/export", "/auth/sessions", "/auth/sessions/{session_id}"}
ADMINISTRATION = {
    "/admin/users",
    "/admin/users/{user_id}",
    "/admin/users/{user_id}/invitation",
    "/admin/users/{user_id}/password-reset",
    "/admin/users/{user_id}/verification",
    "/admin/users/{user_id}/unlock",
    "/admin/users/{user_id}/sessions",
    "/admin/sessions/{session_id}",
    "/admin/events",
    "/admin/stats",
}


def shown(field: re.Match[str]) -> str:
    """Return a parameter of a route as the document has it, but for what takes the rest."""
    return field[0] if field["kind"] == "path" else f"{{{field['name']}}}"


@pytest.fixture
def document(api: Api) -> dict[str, Any]:
    answer = api.client.get("/openapi.json")
    assert "application/json" == answer.headers["Content-Type"]
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize("path", ["/livez", "/health", "/docs", "/openapi.json"])
def test_head_answers_as_get_does_without_the_body(api: Api, path: str) -> None:
    got, answer = api.client.get(path), api.client.head(path)

    assert (200, b"") == (answer.status_code, answer.content)
    assert got.headers["Content-Type"] == answer.headers["Content-Type"]


def test_no_shared_secret_is_among_the_public_keys(api: Api) -> None:
    answer = api.client.get("/.well-known/jwks.json")

    assert (200, {"keys": []}) == (answer.status_code, answer.json())


def test_the_api_describes_itself_in_openapi_3_1(document: dict[str, Any]) -> None:
    validate(document, cls=OpenAPIV31SpecValidator)

    assert "3.1.0" == document["openapi"]


def test_the_description_has_every_route_and_no_other(
    document: dict[str, Any], tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path, jwt_secret_key="x" * 32)
    served = {
        FIELD.sub(shown, path): {method.lower() for method in declarations_of(resource)}
        for path, resource in routes(Container(settings=settings)).items()
    }

    described = {path: set(methods) for path, methods in document["paths"].items()}

    assert ELSEWHERE == served.keys() - described.keys()
    assert {p: served[p] for p in served.keys() - ELSEWHERE} == described


def test_the_description_tells_who_needs_a_token_and_what_is_limited(
    document: dict[str, Any],
) -> None:
    operations = [
        (path, operation)
        for path, methods in document["paths"].items()
        for operation in methods.values()
    ]

    guarded = {path for path, it in operations if it["security"]}
    limited = {path for path, it in operations if "429" in it["responses"]}

    assert {
        "/auth/logout",
        "/auth/logout-all",
        "/auth/me",
        "/auth/verify",
        "/auth/change-password",
        "/auth/change-email",
        *SIGNED_IN,
        *ADMINISTRATION,
    } == guarded
    assert {
        "/auth/register",
        "/auth/login",
        "/auth/refresh",
        "/auth/resend-verification",
        "/auth/password-reset/request",
        "/auth/password-reset/confirm",
        "/auth/change-password",
        "/auth/me",
        "/auth/change-email",
        "/auth/change-email/confirm",
        "/auth/change-email/undo",
        "/auth/invitation/accept",
        *ADMINISTRATION,
    } == limited
    assert all("401" in it["responses"] for _, it in operations if it["security"])


class Page(HTMLParser):
    """Reads a page, and checks that what is opened is closed in turn."""

    VOID = frozenset({"meta", "input", "br", "link"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.open.pop()

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def test_the_docs_tell_people_all_of_it(api: Api, document: dict[str, Any]) -> None:
    answer = api.client.get("/docs")

    assert 200 == answer.status_code
    assert "text/html" in answer.headers["Content-Type"]
    page = Page(answer.text)
    assert [] == page.open
    assert "`" not in page.text
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert f"{method} {path}" in page.text
            assert operation["summary"] in page.text
            assert operation.get("description", "").replace("`", "") in page.text
            for status, response in operation["responses"].items():
                assert f"{status} {response['description']}" in page.text
    for fact in (
        (
            "username string 3 to 50 characters matches ^[A-Za-z0-9_-]{3,50}$"
            " Example: johndoe"
        ),
        "expires_in integer Life of the access token in seconds",
        "role array of string, optional",
        "status string one of healthy, degraded, unhealthy",
    ):
        assert fact in page.text
    for field in ("email", "username", "full_name", "new_password", "refresh_token"):
        assert f" {field} " in page.text
