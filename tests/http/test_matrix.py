"""Who may call what: every operation of the OpenAPI, by everybody there is."""

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import pytest

from core.model import Role
from tests.http.api import PASSWORD, Person
from tests.http.described import Described, document
from tests.http.house import House, Member

NO_TOKEN = "not_authenticated"
ENDED = "session_ended"
FORBIDDEN = "forbidden"
IDENTITY = {NO_TOKEN, ENDED, "invalid_token", "expired_token"}
"""Codes of refusals for who is calling."""

Caller = Callable[[House, Member], Member | None]


def nobody(_home: House, _admin: Member) -> None:
    return None


def user(home: House, _admin: Member) -> Member:
    return home.member()


def unverified_user(home: House, _admin: Member) -> Member:
    return home.logged_in(home.api.newcomer())


def an_admin(home: House, _admin: Member) -> Member:
    return home.admin()


def deactivated_user(home: House, admin: Member) -> Member:
    member = home.member()
    home.change(member, admin, is_active=False)
    return member


def demoted_admin(home: House, admin: Member) -> Member:
    member = home.admin()
    home.change(member, admin, role="user")
    return member


CALLERS: Mapping[str, tuple[Caller, Role | None]] = {
    "nobody": (nobody, None),
    "user": (user, Role.USER),
    "unverified user": (unverified_user, Role.USER),
    "admin": (an_admin, Role.ADMIN),
    "demoted admin, old token": (demoted_admin, Role.USER),
    "deactivated user": (deactivated_user, None),
}
"""Each with the role that counts, None for who is nobody to us, or nobody any more."""


class Published(NamedTuple):
    """An operation of the document."""

    method: str
    path: str
    described: Described

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def operations() -> Iterator[Published]:
    for path, methods in document()["paths"].items():
        for method, described in methods.items():
            yield Published(method.upper(), path, described)


def expected(operation: Described, role: Role | None, *, has_token: bool) -> str | None:
    """Return the code of the refusal that is declared for a role, None for none."""
    if not operation["security"]:
        return None
    if role is None:
        return ENDED if has_token else NO_TOKEN
    # What takes a token or something else asks for no role.
    allowed = operation.get("x-roles", [*Role])
    return None if role in allowed else FORBIDDEN


def body_of(operation: Described) -> dict[str, Any] | None:
    """Return the example that the document gives, with a password that is right."""
    if "requestBody" not in operation:
        return None
    (content,) = operation["requestBody"]["content"].values()
    body: dict[str, Any] = dict(content["example"])
    return body | ({"password": PASSWORD} if "password" in body else {})


@pytest.fixture(scope="module")
def admin(inside: House) -> Member:
    return inside.admin()


def path_of(home: House, path: str) -> str:
    """Return a path that leads to a user who is there, or to a session that lasts."""
    if "{" not in path:
        return path
    whom = home.member()
    where = path.replace("{user_id}", str(whom.id))
    return where.replace("{session_id}", whom.session_id)


def call(home: House, admin: Member, operation: Published, who: str) -> str:
    """Let somebody call an operation; return the outcome, which has to be as declared."""
    make, role = CALLERS[who]
    caller, where = make(home, admin), path_of(home, operation.path)
    body = body_of(operation.described)
    if body and "username" in body:
        body["username"], body["email"] = Person.new().username, Person.new().email

    answer = home.ask(operation.method, where, caller, body)

    status = str(answer.status_code)
    assert status in operation.described["responses"], (operation.name, who, status)
    is_problem = answer.headers.get("Content-Type") == "application/problem+json"
    code = answer.json()["code"] if is_problem else None
    refused = code if code in IDENTITY | {FORBIDDEN} else None
    wanted = expected(operation.described, role, has_token=caller is not None)
    assert wanted == refused, (operation.name, who, status, code)
    return status


def test_every_operation_lets_in_whom_it_declares_and_nobody_else(
    inside: House, admin: Member
) -> None:
    rows = {
        it.name: [call(inside, admin, it, who) for who in CALLERS]
        for it in operations()
    }

    titles = [f"{'':44}{', '.join(CALLERS)}"]
    lines = [f"{name:44}{'  '.join(statuses)}" for name, statuses in rows.items()]
    sys.stdout.write("\n".join(["", *titles, *lines, ""]))
    assert {"401", "403"} <= {status for row in rows.values() for status in row}


def test_every_operation_that_demands_a_token_says_which_roles_may_call() -> None:
    every = [*operations()]
    demanding = [it for it in every if it.described["security"] == [{"bearer": []}]]
    admins = [it.path for it in every if it.described.get("x-roles") == ["admin"]]

    for it in demanding:
        roles = set(it.described["x-roles"])
        assert roles
        assert roles <= {*Role}
    assert [it.path for it in every if it.path.startswith("/admin/")] == admins
