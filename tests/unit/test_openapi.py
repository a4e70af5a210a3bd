"""What `/openapi.json` promises to those who generate clients from it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.container import Container
from config.settings import Settings
from entrypoints.http.resources.wellknown import OpenApi
from entrypoints.http.routes import routes
from tests.http.described import Described, document

IDS = {
    "register": "POST /auth/register",
    "verifyEmail": "POST /auth/verify-email",
    "rejectAccount": "POST /auth/verify-email/reject",
    "resendVerification": "POST /auth/resend-verification",
    "logIn": "POST /auth/login",
    "refreshTokens": "POST /auth/refresh",
    "logOut": "POST /auth/logout",
    "logOutEverywhere": "POST /auth/logout-all",
    "getMe": "GET /auth/me",
    "verify": "GET /auth/verify",
    "changePassword": "POST /auth/change-password",
    "requestPasswordReset": "POST /auth/password-reset/request",
    "confirmPasswordReset": "POST /auth/password-reset/confirm",
    "getHealth": "GET /health",
    "isAlive": "GET /livez",
    "isReady": "GET /readyz",
    "listKeys": "GET /.well-known/jwks.json",
    "acceptInvitation": "POST /auth/invitation/accept",
    "changeMe": "PATCH /auth/me",
    "deleteMe": "DELETE /auth/me",
    "exportMe": "GET /auth/me/export",
    "requestEmailChange": "POST /auth/change-email",
    "confirmEmailChange": "POST /auth/change-email/confirm",
    "undoEmailChange": "POST /auth/change-email/undo",
    "listMySessions": "GET /auth/sessions",
    "endMyOtherSessions": "DELETE /auth/sessions",
    "endMySession": "DELETE /auth/sessions/{session_id}",
    "listUsers": "GET /admin/users",
    "inviteUser": "POST /admin/users",
    "getUser": "GET /admin/users/{user_id}",
    "changeUser": "PATCH /admin/users/{user_id}",
    "deleteUser": "DELETE /admin/users/{user_id}",
    "mailInvitation": "POST /admin/users/{user_id}/invitation",
    "mailPasswordReset": "POST /admin/users/{user_id}/password-reset",
    "mailVerification": "POST /admin/users/{user_id}/verification",
    "unlockUser": "POST /admin/users/{user_id}/unlock",
    "listUserSessions": "GET /admin/users/{user_id}/sessions",
    "endUserSessions": "DELETE /admin/users/{user_id}/sessions",
    "endAnySession": "DELETE /admin/sessions/{session_id}",
    "listEvents": "GET /admin/events",
    "getStats": "GET /admin/stats",
}
"""Names in generated clients: never change one that was published."""

OPTIONAL = {
    "NewUser": {"full_name"},
    "LogOut": {"refresh_token"},
    "Problem": {"errors", "violated-policies"},
    "NewPerson": {"full_name", "role", "locale"},
    "OwnChanges": {"username", "full_name", "locale"},
    "UserChanges": {
        "email", "username", "full_name", "locale", "role", "is_active", "is_verified",
    },
    "UserList": {"total_is_at_least"},
    "SessionList": {"total_is_at_least"},
    "EventList": {"total_is_at_least"},
}  # fmt: skip
USERS_IN_FULL = {"FullUser", "UserReport"}
CHANGES = {"NewPerson", "OwnChanges", "UserChanges"}
UNKNOWN_OF_EVENTS = {
    "user_id", "actor_id", "actor", "address", "label", "user_agent", "session_id",
}  # fmt: skip
NULLABLE = {
    ("NewUser", "full_name"),
    ("LogOut", "refresh_token"),
    ("UserDetails", "full_name"),
    ("UserSummary", "full_name"),
    *((model, "full_name") for model in USERS_IN_FULL | CHANGES),
    *((model, "locale") for model in USERS_IN_FULL | CHANGES),
    *((model, "last_login_at") for model in USERS_IN_FULL),
    ("UserReport", "locked_until"),
    *((model, "next_cursor") for model in ("UserList", "SessionList", "EventList")),
    *(("EventItem", field) for field in UNKNOWN_OF_EVENTS),
    ("TokenItem", "spent_at"),
    ("TokenItem", "email"),
}
REQUESTS = {
    "Address", "Credentials", "LogOut", "MailedToken", "NewEmail", "NewPerson", "NewUser",
    "OwnChanges", "PasswordChange", "PasswordReset", "Reauthentication", "RefreshToken",
    "UserChanges",
}  # fmt: skip


def operations() -> Iterator[tuple[str, Described]]:
    """Yield every operation, by its method and path."""
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def responses() -> Iterator[tuple[str, str, Described, Described]]:
    """Yield every response: whose, its status, itself, and the operation."""
    for name, operation in operations():
        for status, response in operation["responses"].items():
            yield name, status, response, operation


def schemas() -> dict[str, Described]:
    found: dict[str, Described] = document()["components"]["schemas"]
    return found


def test_names_in_generated_clients_stay_as_they_were_published() -> None:
    assert IDS == {it["operationId"]: name for name, it in operations()}


def test_every_operation_says_what_it_does_and_whether_it_wants_a_token() -> None:
    tags = {tag["name"] for tag in document()["tags"] if tag["description"]}

    for name, operation in operations():
        assert operation["summary"], name
        assert operation["description"].endswith("."), name
        assert set(operation["tags"]) <= tags, name
        assert isinstance(operation["security"], list), name


def test_what_is_always_sent_is_required_and_what_is_not_is_optional() -> None:
    optional = {
        name: missing
        for name, schema in schemas().items()
        if (missing := schema.get("properties", {}).keys() - schema.get("required", []))
    }

    assert optional == OPTIONAL


def test_nothing_is_null_but_what_may_be_left_open() -> None:
    nullable = {
        (name, field)
        for name, schema in schemas().items()
        for field, it in schema.get("properties", {}).items()
        if {"type": "null"} in it.get("anyOf", [])
    }

    assert NULLABLE == nullable


def test_no_field_has_a_default_which_generators_take_for_always_there() -> None:
    assert [] == [
        (name, field)
        for name, schema in schemas().items()
        for field, it in schema.get("properties", {}).items()
        if "default" in it
    ]


@pytest.mark.parametrize("name", sorted(REQUESTS))
def test_every_field_of_a_request_tells_its_longest_value_and_an_example(
    name: str,
) -> None:
    for field in schemas()[name]["properties"].values():
        plain = field.get("anyOf", [field])[0]
        assert plain["examples"]
        is_text = plain.get("type") == "string"
        assert not is_text or plain["maxLength"] > 0


def test_every_body_has_an_example() -> None:
    for name, operation in operations():
        answers = [
            *operation["responses"].values(), operation.get("requestBody", {}),
        ]  # fmt: skip
        for answer in answers:
            for media in answer.get("content", {}).values():
                assert "example" in media or media["examples"], name


def test_every_answer_tells_its_headers() -> None:
    for name, status, response, operation in responses():
        told = response["headers"].keys()
        where = f"{name} {status}"
        assert {"X-Request-ID", "Cache-Control"} <= told, where
        assert ("WWW-Authenticate" in told) >= (status == "401"), where
        assert ("Retry-After" in told) == (status in {"429", "503"}), where
        limits = {"RateLimit", "RateLimit-Policy"}
        assert limits <= told or status != "429", where
        limited = "429" in operation["responses"] and name != "POST /auth/refresh"
        assert (limits <= told) >= (limited and status != "503"), where


def test_a_role_that_is_missing_is_told_in_the_challenge() -> None:
    refused = dict(operations())["GET /auth/verify"]["responses"]["403"]

    assert "WWW-Authenticate" in refused["headers"]


@pytest.mark.parametrize(
    ("public_url", "server"),
    [
        (None, "/"),
        ("https://auth.scribes.app", "https://auth.scribes.app"),
        ("https://scribes.app/accounts/", "https://scribes.app/accounts"),
    ],
)
def test_clients_find_the_service_at_its_public_url_or_where_the_document_is(
    public_url: str | None, server: str, tmp_path: Path
) -> None:
    given: dict[str, Any] = {"data_dir": tmp_path, "jwt_secret_key": "x" * 32}
    settings = Settings(public_url=public_url, **given)

    served = routes(Container(settings=settings))["/openapi.json"]

    assert isinstance(served, OpenApi)
    assert [server] == [it["url"] for it in served.document()["servers"]]
