"""A service in this process, and people in it."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

from config.container import Container
from core.model import Client, Operator, Profile, Purpose, Role, UserId
from entrypoints.http.app import create
from tests.http.api import PASSWORD, Api, Person, bearer, decoded
from tests.http.described import assert_described
from tests.security.inside import Inside, in_memory

T = TypeVar("T")
OPERATOR = Operator(Client(address="server", label="root"))


@dataclass(frozen=True)
class Member:
    """Somebody who is logged in."""

    id: UserId
    person: Person
    tokens: dict[str, Any]

    @property
    def token(self) -> str:
        return str(self.tokens["access_token"])

    @property
    def session_id(self) -> str:
        _, claims = decoded(self.token)
        return str(claims["sid"])

    @property
    def path(self) -> str:
        return f"/admin/users/{self.id}"


@dataclass(frozen=True)
class House:
    container: Container
    runner: asyncio.Runner
    client: httpx.Client
    app: Any

    @property
    def api(self) -> Api:
        return Api(self.client)

    def run(self, doing: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(doing)

    def ask(
        self,
        method: str,
        path: str,
        by: Member | None = None,
        body: object = None,
        **headers: str,
    ) -> httpx.Response:
        """Send a request on somebody's behalf, of no body where that is None."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named |= bearer(by.token if by else None)
        # httpx sends nothing at all for None.
        return self.client.request(method, path, headers=named, json=body)

    def member(self, role: Role = Role.USER) -> Member:
        """Return somebody new whose address is proved, logged in."""
        person = Person.new()
        profile = Profile(
            email=person.email,
            username=person.username,
            full_name=person.full_name,
            role=role,
        )
        administration = self.container.user_administration()
        self.run(administration.create(OPERATOR, profile, PASSWORD))
        return self.logged_in(person)

    def admin(self) -> Member:
        return self.member(Role.ADMIN)

    def logged_in(self, person: Person) -> Member:
        tokens = self.api.session(person)
        return Member(tokens["user"]["id"], person, tokens)

    def change(self, whom: Member, by: Member, **changes: object) -> None:
        assert 200 == self.ask("PATCH", whom.path, by, changes).status_code

    def mailed(self, user_id: UserId, purpose: Purpose) -> str:
        """Return what a mail to a user carries."""
        stored = self.run(self.container.storage().tokens.of_user(user_id))
        (token,) = [
            it for it in stored if it.purpose is purpose and it.spent_at is None
        ]
        return str(self.container.token_service().mail_token(token.id, purpose))


@contextmanager
def house(directory: Path, **settings: Any) -> Iterator[House]:  # noqa: ANN401 - of any type
    """Serve in this process, on memory; whatever is answered has to be described."""
    container = in_memory(directory, jwt_secret_key="x" * 32, **settings)
    app = create(container)
    with asyncio.Runner() as runner:
        runner.run(container.readiness().prepare())
        hooks = {"response": [assert_described]}
        with httpx.Client(
            transport=Inside(runner, app), base_url="http://inside", event_hooks=hooks
        ) as client:
            yield House(container, runner, client, app)
        runner.run(container.hasher().aclose())
