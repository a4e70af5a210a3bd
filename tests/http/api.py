"""The service as its clients see it."""

import base64
import itertools
import json
from dataclasses import dataclass
from typing import Any

import httpx

PASSWORD = "SecurePass123!"
OTHER_PASSWORD = "NewSecurePass456?"
WRONG_PASSWORD = "WrongPass789#"

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Person:
    """Somebody who registers."""

    email: str
    username: str
    password: str = PASSWORD
    full_name: str | None = None

    @classmethod
    def new(cls) -> "Person":
        """Return somebody whom no service knows yet."""
        number = next(_numbers)
        return cls(
            f"ada{number}@example.com", f"ada-{number}", full_name="Ada Lovelace"
        )

    @property
    def details(self) -> dict[str, str | None]:
        """The body of a registration."""
        return {
            "email": self.email,
            "username": self.username,
            "password": self.password,
            "full_name": self.full_name,
        }

    @property
    def credentials(self) -> dict[str, str]:
        """The body of a log-in."""
        return {"email": self.email, "password": self.password}


class Api:
    """The guide's calls; every one returns the response as it came."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def post(
        self, path: str, body: object = None, *, token: str | None = None
    ) -> httpx.Response:
        """Send a JSON body, or none at all."""
        if body is None:
            return self.client.post(path, headers=bearer(token))
        return self.client.post(path, json=body, headers=bearer(token))

    def register(self, person: Person) -> httpx.Response:
        return self.post("/auth/register", person.details)

    def log_in(self, person: Person, password: str | None = None) -> httpx.Response:
        body = {"email": person.email, "password": password or person.password}
        return self.post("/auth/login", body)

    def refresh(self, refresh_token: str) -> httpx.Response:
        return self.post("/auth/refresh", {"refresh_token": refresh_token})

    def me(self, access_token: str) -> httpx.Response:
        return self.client.get("/auth/me", headers=bearer(access_token))

    def newcomer(self) -> Person:
        """Return somebody who has just registered."""
        person = Person.new()
        assert self.register(person).status_code == 201
        return person

    def session(self, person: Person | None = None) -> dict[str, Any]:
        """Return the answer to a good log-in, by default a newcomer's."""
        answer = self.log_in(person or self.newcomer())
        assert answer.status_code == 200
        tokens: dict[str, Any] = answer.json()
        return tokens


def bearer(token: str | None) -> dict[str, str]:
    """Return the headers that carry an access token."""
    return {} if token is None else {"Authorization": f"Bearer {token}"}


def decoded(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the header and the claims of a JWT, unverified."""
    header, claims, _ = token.split(".")
    return _decoded_part(header), _decoded_part(claims)


def _decoded_part(text: str) -> dict[str, Any]:
    part: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=="))
    return part


def assert_problem(
    answer: httpx.Response, status: int, detail: str | None = None
) -> dict[str, Any]:
    """Check that the answer is a problem as RFC 9457 has it, and return it."""
    assert status == answer.status_code
    assert "application/problem+json" == answer.headers["Content-Type"]
    problem: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail", "code", "request_id"} <= problem.keys()
    assert status == problem["status"]
    assert answer.headers["X-Request-ID"] == problem["request_id"]
    assert detail in {None, problem["detail"]}
    return problem
