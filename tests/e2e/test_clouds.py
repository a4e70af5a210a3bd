"""The service on each cloud's secrets, as a process; its rotation is another matter."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers.clouds import CLOUDS, Cloud
from tests.servers.service import Service
from tests.servers.troubles import Trouble

ADA = {"email": "ada@example.com", "username": "ada", "password": "SecurePass123!"}


@pytest.fixture(params=CLOUDS)
def cloud(request: pytest.FixtureRequest) -> Iterator[Cloud[Any]]:
    with CLOUDS[request.param]() as cloud:
        yield cloud


def test_the_service_runs_on_a_clouds_secrets(
    cloud: Cloud[Any], tmp_path: Path
) -> None:
    cloud.put("jwt-secret", secrets.token_hex(32))
    cloud.put("database-url", f"sqlite:///{tmp_path}/by-the-cloud.db")

    with (
        Service(
            tmp_path, DATABASE_URL="secret:database-url", **cloud.settings()
        ) as running,
        running.client() as client,
    ):
        client.post("/auth/register", json=ADA).raise_for_status()
        tokens = client.post("/auth/login", json=ADA).raise_for_status().json()
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        me = client.get("/auth/me", headers=bearer).raise_for_status().json()

    assert "ada" == me["username"]
    assert (tmp_path / "by-the-cloud.db").exists()


def test_what_is_missing_or_denied_is_told_at_once(
    cloud: Cloud[Any], tmp_path: Path
) -> None:
    service = Service(tmp_path, **cloud.settings())

    missing = service.run("check")
    cloud.put("jwt-secret", secrets.token_hex(32))
    allowed = service.run("check")
    cloud.server.troubles.add(Trouble.DENIED)
    denied = service.run("check")

    assert [78, 0, 78] == [each.returncode for each in (missing, allowed, denied)]
    for told in (missing.stderr, denied.stderr):
        assert "JWT_SECRET_KEY: Secret " in told
        assert "jwt-secret" in told
        assert "Traceback" not in told
