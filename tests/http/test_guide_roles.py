"""The guide's example of role-based pages, on our JSON (its section 6)."""

from dataclasses import dataclass
from typing import Any

import pytest

from core.model import Role
from tests.http.api import PASSWORD, Api, Person
from tests.http.house import House


@dataclass(frozen=True)
class User:
    """The guide's `User`, and its `fromJson`, field by field."""

    id: int
    email: str
    username: str
    role: str

    @classmethod
    def from_json(cls, json: dict[str, Any]) -> "User":
        return cls(json["id"], json["email"], json["username"], json["role"])


class AuthProvider:
    """The guide's `AuthProvider`: what it keeps of a log-in, and when it forgets it."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.user: User | None = None

    def login(self, email: str, password: str) -> None:
        answer = self.api.post("/auth/login", {"email": email, "password": password})
        if answer.status_code != 200:
            raise ValueError("Login failed")
        self.user = User.from_json(answer.json()["user"])


def admin_panel(provider: AuthProvider) -> str:
    """Show the guide's `AdminPanel`."""
    user = provider.user
    return "Admin content here" if user and user.role == "admin" else "Access Denied"


def navigation_drawer(provider: AuthProvider) -> list[str]:
    """Show the guide's `NavigationDrawer`."""
    user = provider.user
    return [
        user.email if user else "Not logged in",
        "Home",
        "My Notes",
        *(["Admin Panel"] if user and user.role == "admin" else []),
        "Logout" if user else "Login",
    ]


def test_each_role_sees_what_the_guide_shows_it(inside: House) -> None:
    shown = {}
    for role in Role:
        provider = AuthProvider(inside.api)
        person = inside.member(role).person
        assert "Not logged in" == navigation_drawer(provider)[0]
        provider.login(person.email, PASSWORD)
        shown[role] = (admin_panel(provider), navigation_drawer(provider)[3:])
        assert person.email == navigation_drawer(provider)[0]

    assert ("Access Denied", ["Logout"]) == shown[Role.USER]
    assert ("Admin content here", ["Admin Panel", "Logout"]) == shown[Role.ADMIN]


def test_a_new_role_is_shown_from_the_next_log_in_on(inside: House) -> None:
    admin, user = inside.admin(), inside.member()
    provider = AuthProvider(inside.api)
    provider.login(user.person.email, PASSWORD)
    inside.change(user, admin, role="admin")

    provider.login(user.person.email, PASSWORD)

    assert "Admin content here" == admin_panel(provider)


def test_a_user_of_a_list_is_the_guides_user_as_well(inside: House) -> None:
    admin = inside.admin()

    (item,) = inside.ask("GET", f"/admin/users?q={admin.person.email}", admin).json()[
        "items"
    ]

    assert User(admin.id, admin.person.email, admin.person.username, "admin") == (
        User.from_json(item)
    )


def test_a_stranger_sees_nothing(inside: House) -> None:
    provider = AuthProvider(inside.api)

    with pytest.raises(ValueError, match="Login failed"):
        provider.login(Person.new().email, PASSWORD)

    assert ("Access Denied", None) == (admin_panel(provider), provider.user)
