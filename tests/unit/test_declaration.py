from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from falcon.asgi import Request, Response

from config.container import Container
from config.settings import Settings
from core.model import Client, Operator, Profile, Role
from entrypoints.bodies import RequestBody
from entrypoints.http.answers import Message
from entrypoints.http.app import assemble
from entrypoints.http.declaration import ANYBODY, Bucket
from entrypoints.http.openapi.document import openapi
from entrypoints.http.operation import Operation
from entrypoints.http.routes import routes

PASSWORD = "SecurePass123!"
CLIENT = Client(address="192.0.2.1", label="phone")
ADMINS = frozenset({Role.ADMIN})
CHANGES = Bucket("things", "change_password")
METHODS = ("PATCH", "PUT", "DELETE")
ROUTE = "/things/{thing_id:int}"


class Change(RequestBody):
    name: str


class Things:
    """An endpoint as the next one may be."""

    @Operation(
        "Change a thing", allows=ADMINS, limit=CHANGES, body=Change, answers=Message
    )
    async def on_patch(self, _req: Request, body: Change, thing_id: int) -> Message:
        return Message(message=f"{thing_id} is {body.name}")

    on_put = on_patch

    @Operation("Delete a thing", allows=ADMINS, limit=CHANGES, answers=Message)
    async def on_delete(self, _req: Request, thing_id: int) -> Message:
        return Message(message=f"{thing_id} is gone")


class Undeclared:
    async def on_get(self, _req: Request, resp: Response) -> None:
        resp.text = "open to anybody"


@dataclass
class World:
    container: Container
    client: httpx.AsyncClient

    async def ask(
        self, method: str, path: str = "/things/7", **headers: str
    ) -> httpx.Response:
        body = None if method == "DELETE" else {"name": "Eve"}
        return await self.client.request(method, path, json=body, headers=headers)

    async def token(self, role: Role) -> str:
        email = f"{role}@example.com"
        profile = Profile(email=email, username=role.value, role=role)
        users = self.container.user_administration()
        await users.create(Operator(CLIENT), profile, PASSWORD)
        answer = await self.client.post(
            "/auth/login", json={"email": email, "password": PASSWORD}
        )
        return f"Bearer {answer.json()['access_token']}"


@pytest.fixture
def container(tmp_path: Path) -> Container:
    settings: dict[str, Any] = {
        "database_url": "memory://",
        "jwt_secret_key": "x" * 32,
        "rate_limit_change_password": "4/minute",
        "bcrypt_rounds": 4,
    }
    return Container(settings=Settings(data_dir=tmp_path, **settings))


@pytest.fixture
async def world(container: Container) -> AsyncIterator[World]:
    resources: Mapping[str, object] = {**routes(container), ROUTE: Things()}
    app: Any = assemble(container, resources)  # httpx spells ASGI's types otherwise
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://testserver"
    ) as client:
        yield World(container, client)
    await container.storage().aclose()
    await container.hasher().aclose()


@pytest.mark.parametrize("method", METHODS)
async def test_a_new_endpoint_is_guarded_by_its_declaration_alone(
    world: World, method: str
) -> None:
    assert 503 == (await world.ask(method)).status_code
    await world.container.readiness().prepare()

    user, admin = [await world.token(role) for role in (Role.USER, Role.ADMIN)]
    answers = [
        await world.ask(method),
        await world.ask(method, authorization=user),
        await world.ask(method, authorization=admin),
        await world.ask(method, "/things/8", authorization=admin),
        await world.ask(method, "/things/9", authorization=admin),
    ]

    assert [401, 403, 200, 200, 429] == [answer.status_code for answer in answers]
    assert "7 is" in answers[2].text
    assert "things/minute" in answers[2].headers["RateLimit"]


@pytest.mark.parametrize(
    "path",
    [
        "/things/07",
        "/things/%37",
        "/things/+7",
        "/things/7/",
        "//things/7",
        "/things/7.0",
        "/things/",
        "/things/..",
        "/things/1_0",
        "/things/%D9%A7",
    ],
)
async def test_a_parameter_has_one_spelling(world: World, path: str) -> None:
    await world.container.readiness().prepare()

    for _ in range(5):
        assert 404 == (await world.ask("DELETE", path)).status_code


def test_what_is_not_declared_does_not_start(container: Container) -> None:
    with pytest.raises(TypeError, match="Undeclared does not declare what GET is"):
        assemble(container, {"/open": Undeclared()})


def test_a_new_endpoint_describes_itself() -> None:
    (path,) = openapi({ROUTE: Things()}, version="1")["paths"].items()

    assert "/things/{thing_id}" == path[0]
    assert {"patch", "put", "delete"} == path[1].keys()
    for operation in path[1].values():
        assert {"200", "401", "403", "429"} <= operation["responses"].keys()
        (parameter,) = operation["parameters"]
        assert ("thing_id", "path") == (parameter["name"], parameter["in"])
        assert "integer" == parameter["schema"]["type"]


def test_anybody_is_not_the_default() -> None:
    with pytest.raises(TypeError, match="allows"):
        Operation("Open", answers=Message)  # type: ignore[call-arg]
    assert Operation("Open", allows=ANYBODY, answers=Message).allows is None
