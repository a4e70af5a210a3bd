import asyncio
import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from tests.adapters.postgres_world import fresh_schema
from tests.e2e.traffic import Traffic, traffic
from tests.servers.clouds import CLOUDS, Cloud
from tests.servers.existing import ExistingServer
from tests.servers.postgres import PostgresServer
from tests.servers.service import Service, together

pytestmark = pytest.mark.timeout(300)

SETTINGS = {"SECRETS_REFRESH_SECONDS": "1", "JWT_KEY_ACTIVATION_SECONDS": "3"}
NOT_RENEWED = "Secret not renewed"
BACK = "Secret is watched again"
A_WHILE = 5.0
"""Seconds of traffic in an outage of the backend: several looks of every replica."""

EACH_TIME = "aws"
"""The cloud of every run; the contract of secrets holds all of them to the same laws."""


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(name, marks=[] if name == EACH_TIME else pytest.mark.soak)
        for name in CLOUDS
    ],
)
def cloud(request: pytest.FixtureRequest) -> Iterator[Cloud[Any]]:
    with CLOUDS[request.param]() as cloud:
        cloud.rotate("jwt-secret", secrets.token_hex(32))
        yield cloud


@pytest.fixture(scope="module")
def replicas(
    tmp_path_factory: pytest.TempPathFactory,
    cloud: Cloud[Any],
    postgres_server: PostgresServer | ExistingServer,
) -> Iterator[list[Service]]:
    """Yield two services that share a database and a cloud, and nothing else."""
    with ExitStack() as ends:
        url = ends.enter_context(fresh_schema(postgres_server.url))
        settings = SETTINGS | cloud.settings() | {"DATABASE_URL": url}
        first, second = (
            Service(tmp_path_factory.mktemp("replica"), **settings) for _ in "ab"
        )
        yield ends.enter_context(together(first, second))


async def test_keys_are_rotated_with_no_failed_request_and_nobody_logged_out(
    replicas: list[Service], cloud: Cloud[Any]
) -> None:
    async with traffic(replicas) as busy:
        idle = await busy.log_in(await busy.newcomer())
        await busy.until(lambda: len(busy.kids) == len(replicas))

        for key in (*(secrets.token_hex(32) for _ in range(4)), a_private_key()):
            known = set.intersection(*busy.kids.values())
            cloud.rotate("jwt-secret", key)
            await every_replica_signs_with_another(busy, known)

        # Who did nothing meanwhile comes back with the tokens of the first key.
        await busy.me(idle)
        await busy.me(await busy.refresh(idle))
        async with replicas[0].crowd() as client:
            published = (await client.get("/.well-known/jwks.json")).json()["keys"]

    assert [] == busy.failures
    first, second = busy.kids.values()
    assert 6 == len(first)
    assert first == second
    assert ["EdDSA"] == [key["alg"] for key in published]
    assert published[0]["kid"] in first


async def test_nothing_fails_while_the_secrets_are_away(
    replicas: list[Service], cloud: Cloud[Any]
) -> None:
    cloud.server.stop()

    async with traffic(replicas) as busy:
        await busy.until(lambda: all(losses(one) == 1 for one in replicas))
        await asyncio.sleep(A_WHILE)
        states = [await readiness(service) for service in replicas]
        cloud.server.start()
        await busy.until(lambda: all(losses(one) == 0 for one in replicas))

    assert [] == busy.failures
    assert 100 < busy.answered
    for service, (status, state) in zip(replicas, states, strict=True):
        assert (200, "degraded", ["secrets"]) == (
            status,
            state["status"],
            state["missing"],
        )
        assert "Traceback" not in service.output


async def test_a_disabled_key_stops_verifying_at_the_next_look(
    replicas: list[Service], cloud: Cloud[Any]
) -> None:
    async with traffic(replicas) as busy:
        await busy.until(lambda: len(busy.kids) == len(replicas))
        old = set.intersection(*busy.kids.values())
        cloud.rotate("jwt-secret", secrets.token_hex(32))
        await every_replica_signs_with_another(busy, old)
        stolen = await busy.log_in(await busy.newcomer())

        cloud.disable("jwt-secret")
        for service in replicas:
            await asyncio.wait_for(refused(service, stolen["access_token"]), 30)


async def every_replica_signs_with_another(busy: Traffic, known: set[str]) -> None:
    await busy.until(
        lambda: all(kids - known for kids in busy.kids.values()), seconds=60
    )


def losses(service: Service) -> int:
    """Return how often it told of a loss that it told no end of: once, or not at all."""
    return service.output.count(NOT_RENEWED) - service.output.count(BACK)


async def readiness(service: Service) -> tuple[int, dict[str, Any]]:
    async with service.crowd() as client:
        answer = await client.get("/readyz")
        return answer.status_code, answer.json()


async def refused(service: Service, token: str) -> None:
    async with service.crowd() as client:
        headers = {"Authorization": f"Bearer {token}"}
        while (  # noqa: ASYNC110 - it looks at another process
            await client.get("/auth/me", headers=headers)
        ).status_code != 401:
            await asyncio.sleep(0.1)


def a_private_key() -> str:
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem.decode()
