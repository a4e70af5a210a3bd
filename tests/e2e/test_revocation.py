"""`keys revoke` on real processes: replicas that share a storage, and restarts."""

import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.contract.private_keys import pem, private_key
from tests.http.api import Api, Person, assert_problem, decoded
from tests.http.conftest import Serve
from tests.servers.databases import ON_WHAT_LASTS, NewDatabase
from tests.servers.service import Service, wait_for

REFRESH = {"SECRETS_REFRESH_SECONDS": "1", "JWT_KEY_ACTIVATION_SECONDS": "2"}
SELDOM = {"SECRETS_REFRESH_SECONDS": "600", "JWT_KEY_ACTIVATION_SECONDS": "1300"}
HOUR = 3600.0
LOOKS = 20.0
"""Seconds in which many looks should have been taken, on a slow machine, too."""


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    directory = tmp_path / "secrets"
    directory.mkdir()
    put(directory / "jwt-secret", secrets.token_hex(32))
    return directory


@pytest.fixture
def replicas(
    tmp_path: Path, vault: Path, database: NewDatabase
) -> Iterator[list[Service]]:
    """Yield two services that share a storage and secrets."""
    shared = {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'shared.db'}",
        "SECRETS_URL": f"file://{vault}",
        **REFRESH,
        **database(),
    }
    with ExitStack() as ends:
        services = []
        for name in "ab":
            directory = tmp_path / name
            directory.mkdir()
            services.append(ends.enter_context(Service(directory, **shared)))
        yield services


def put(file: Path, secret: str) -> None:
    """Write a version that has been there for an hour: it waits for nothing."""
    draft = file.parent / ".draft"
    draft.write_text(secret)
    written_at = time.time() - HOUR
    os.utime(draft, (written_at, written_at))
    draft.rename(file)


def kid_of(token: str) -> str:
    header, _ = decoded(token)
    kid: str = header["kid"]
    return kid


def published(api: Api) -> list[str]:
    keys = api.client.get("/.well-known/jwks.json").raise_for_status().json()["keys"]
    return [key["kid"] for key in keys]


def await_another_key(api: Api, person: Person, kid: str) -> None:
    def signs() -> bool:
        return kid_of(api.session(person)["access_token"]) != kid

    wait_for(signs, "the new key", seconds=LOOKS)


def await_refusal(api: Api, token: str) -> None:
    wait_for(lambda: api.me(token).status_code == 401, "the look", seconds=LOOKS)


@ON_WHAT_LASTS
def test_every_replica_refuses_a_revoked_key_and_so_it_is_after_a_restart(
    replicas: list[Service], vault: Path, connect: Callable[[Service], Api]
) -> None:
    apis = [connect(service) for service in replicas]
    person = apis[0].newcomer()
    kept = apis[0].session(person)["access_token"]
    put(vault / "jwt-secret.previous", (vault / "jwt-secret").read_text())
    put(vault / "jwt-secret", pem(private_key("EdDSA")))
    for api in apis:
        await_another_key(api, person, kid_of(kept))
    stolen = apis[0].session(person)
    kid = kid_of(stolen["access_token"])
    assert [[kid]] * 2 == [published(api) for api in apis]

    revoked = replicas[1].run("keys", "revoke", kid, "--yes")

    assert (0, "") == (revoked.returncode, revoked.stderr)
    assert f"The key {kid} is revoked." in revoked.stdout
    for api in apis:
        await_refusal(api, stolen["access_token"])
        _assert_revoked(api, stolen, kept, person)
    for service in replicas:
        service.stop()
    # It would sign, and no look will be taken: what is refused now was known before.
    for service in replicas:
        _assert_revoked(connect(service.start(**SELDOM)), stolen, kept, person)
    listed = replicas[0].run("keys", "list").stdout.splitlines()
    assert [kid, "EdDSA", "revoked"] == listed[1].split()[:3]
    assert [kid_of(kept), "HS256", "signing"] == listed[2].split()[:3]


def _assert_revoked(
    api: Api, stolen: dict[str, str], kept: str, person: Person
) -> None:
    assert_problem(api.me(stolen["access_token"]), 401, "JWT decoding failed")
    assert_problem(api.refresh(stolen["refresh_token"]), 401)
    assert 200 == api.me(kept).status_code
    assert kid_of(kept) == kid_of(api.session(person)["access_token"])
    assert [] == published(api)


def test_without_a_secrets_backend_it_is_the_same_and_the_only_key_is_no_exception(
    install: Serve, connect: Callable[[Service], Api]
) -> None:
    service = install(JWT_SECRET_KEY="k" * 64, SECRETS_REFRESH_SECONDS="1").start()
    api = connect(service)
    person = api.newcomer()
    token = api.session(person)["access_token"]

    done = service.run("keys", "revoke", kid_of(token), "--yes")

    assert "There is no other key" in done.stdout
    await_refusal(api, token)
    assert "Retry-After" in api.log_in(person).headers
    assert_problem(api.log_in(person), 503)
    service.stop()
    again = connect(service.start(JWT_SECRET_KEY_PREVIOUS="k" * 64))
    assert_problem(again.me(token), 401)
    service.stop()
    mended = connect(service.start(JWT_SECRET_KEY="n" * 64))
    assert_problem(mended.me(token), 401)
    assert 200 == mended.me(mended.session(person)["access_token"]).status_code
