"""Users move into a pool of Amazon Cognito and back, and log in on both sides."""

import csv
import importlib.util
import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import bcrypt
import httpx
import pytest

from core.model import Account, Credentials, RecordKind, Role, User
from core.operations.cognito_files import HEADER
from tests.servers.cognito import CognitoServer, MadePool, Trigger
from tests.servers.service import CHECKOUT, Service

FUNCTIONS = CHECKOUT / "deploy" / "aws" / "cognito" / "functions"
PASSWORD = "SecurePass123!"
HANDS = 8
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[CognitoServer]:
    server = CognitoServer().start()
    yield server
    server.stop()


def function(name: str, url: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return a function as AWS loads it."""
    monkeypatch.setenv("AUTH_URL", url)
    spec = importlib.util.spec_from_file_location(name, FUNCTIONS / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def fill(service: Service, number: int) -> list[str]:
    """Add users as if they had registered and proved their addresses; return these."""
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    people = [
        Account(
            User(
                id=it,
                email=f"Person{it}@example.com",
                email_key=f"person{it}@example.com",
                username=f"Person-{it}",
                full_name=f'Pat "{it}", of Ö',
                role=Role.ADMIN if it == 1 else Role.USER,
                is_verified=True,
                created_at=NOW,
                updated_at=NOW,
            ),
            Credentials(password_hash=hashed),
        )
        for it in range(1, number + 1)
    ]
    async with service.storage() as storage:
        await storage.archive.write(RecordKind.USERS, people)
    return [it.user.email for it in people]


def log_in(url: str, email: str) -> int | None:
    """Return the id of who logs in; None if they may not."""
    body = {"email": email, "password": PASSWORD}
    answer = httpx.post(f"{url}/auth/login", json=body, timeout=60)
    return int(answer.json()["user"]["id"]) if answer.is_success else None


def refresh_token(url: str, email: str) -> str:
    body = {"email": email, "password": PASSWORD}
    answer = httpx.post(f"{url}/auth/login", json=body, timeout=60)
    return str(answer.json()["refresh_token"])


def refreshes(url: str, token: str) -> bool:
    body = {"refresh_token": token}
    return httpx.post(f"{url}/auth/refresh", json=body, timeout=60).is_success


def all_log_in(url: str, emails: Sequence[str]) -> list[int | None]:
    with ThreadPoolExecutor(HANDS) as hands:
        return list(hands.map(lambda email: log_in(url, email), emails))


def printed(pool: MadePool, operation: str, **asked: str) -> str:
    """Return what the command line of AWS prints."""
    api = cast("Any", pool.server.client())
    pages = api.get_paginator(operation).paginate(UserPoolId=pool.id, **asked)
    return "\n".join(json.dumps({"Users": it["Users"]}, default=str) for it in pages)


@pytest.mark.parametrize(
    "number",
    [20, pytest.param(1000, marks=[pytest.mark.soak, pytest.mark.timeout(600)])],
)
async def test_everybody_moves_and_moves_back_without_a_reset(
    server: CognitoServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
) -> None:
    pool, ids = server.new_pool(), [*range(1, number + 1)]
    (tmp_path / "native").mkdir()
    (tmp_path / "cognito").mkdir()
    with ExitStack() as running:
        native = running.enter_context(Service(tmp_path / "native"))
        emails = await fill(native, number)
        old = refresh_token(native.url, emails[0])
        trigger = function("migrate_user", native.url, monkeypatch).handler
        server.trigger = cast("Trigger", trigger)
        there = running.enter_context(
            Service(
                tmp_path / "cognito", **pool.settings, COGNITO_USER_CACHE_SECONDS="0"
            )
        )

        moved = all_log_in(there.url, emails)
        server.trigger = None
        again = all_log_in(there.url, emails[:20])
        native.kill()
        there.kill()
    newcomer = cast("Any", server.client())
    newcomer.admin_create_user(
        UserPoolId=pool.id,
        Username="new@example.com",
        UserAttributes=[{"Name": "preferred_username", "Value": "new"}],
    )
    newcomer.admin_add_user_to_group(
        UserPoolId=pool.id, Username=emails[1].lower(), GroupName="admin"
    )
    (tmp_path / "users.json").write_text(printed(pool, "list_users"))
    admins = printed(pool, "list_users_in_group", GroupName="admin")
    (tmp_path / "admins.json").write_text(admins)
    taken = native.run(
        "users",
        "import",
        *("--cognito", str(tmp_path / "users.json")),
        *("--admins", str(tmp_path / "admins.json")),
    )
    with native:
        back = all_log_in(native.url, emails)
        nobody = log_in(native.url, "new@example.com")
        before = refreshes(native.url, old)

    assert ids == moved
    assert ids[:20] == again
    assert (0, f"{number + 1} users taken; 1 have no password") == (
        taken.returncode,
        taken.stdout.split(" here")[0],
    )
    assert ids == back
    assert nobody is None
    assert not before


async def test_whoever_may_go_stands_in_the_file_of_an_import_job(
    tmp_path: Path,
) -> None:
    with Service(tmp_path) as service:
        await fill(service, 3)
        service.kill()
        file = tmp_path / "users.csv"
        said = service.run("users", "export", "--cognito-csv", str(file))
        printed = service.run("users", "export", "--cognito-csv", "-")

    rows = [*csv.DictReader(file.read_text("utf-8").splitlines())]
    assert 0 == said.returncode
    assert file.read_text("utf-8") == printed.stdout
    assert HEADER == list(rows[0])
    assert [("1", "1", "person-1")] == [
        (it["custom:scribes_id"], it["family_name"], it["given_name"])
        for it in rows
        if it["cognito:username"] == "person1@example.com"
    ]
    assert "$2b$" not in file.read_text("utf-8")
    assert "3 users written; 0 left out" in said.stderr


BAD: Mapping[str, str] = {
    "[]": "list-users",
    '{"Users": [{"Username": "a"': "list-users",
    json.dumps(
        {
            "Users": [
                {
                    "Username": name,
                    "UserStatus": "CONFIRMED",
                    "UserCreateDate": "2026-01-01T00:00:00+00:00",
                    "UserLastModifiedDate": 1.5,
                    "Attributes": [
                        {"Name": "email", "Value": "a@example.com"},
                        {"Name": "preferred_username", "Value": name},
                    ],
                }
                for name in ("one", "two")
            ]
        }
    ): "address",
    '{"Users": [{"Username": "nameless", "Attributes": []}]}': "nameless",
}


@pytest.mark.parametrize("text", BAD)
async def test_who_can_not_come_keeps_all_others_away(
    tmp_path: Path, text: str
) -> None:
    with Service(tmp_path) as service:
        await fill(service, 1)
        service.kill()
        (tmp_path / "users.json").write_text(text)
        told = service.run("users", "import", "--cognito", str(tmp_path / "users.json"))
        async with service.storage() as storage:
            number = await storage.archive.count(RecordKind.USERS)

    assert 0 != told.returncode
    assert BAD[text] in told.stderr
    assert 1 == number


def test_a_password_that_the_service_refuses_moves_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Service(tmp_path) as native:
        migrate = function("migrate_user", native.url, monkeypatch)
        asked = {
            "triggerSource": "UserMigration_Authentication",
            "userName": "nobody@example.com",
            "request": {"password": "Wrong-Pass-1"},
            "response": {},
        }
        with pytest.raises(ValueError, match="401") as refusal:
            migrate.handler(asked, None)
    with pytest.raises(RuntimeError, match="did not answer"):
        migrate.handler(asked, None)

    assert "Wrong-Pass-1" not in str(refusal.value)


def test_a_mail_of_the_pool_leads_to_our_page_with_address_and_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    message = function("custom_message", "https://auth.example.com/", monkeypatch)
    event: dict[str, Any] = {
        "triggerSource": "CustomMessage_SignUp",
        "request": {
            "userAttributes": {"email": "a+b@example.com"},
            "codeParameter": "{####}",
        },
        "response": {},
    }

    mail = message.handler(event, None)["response"]["emailMessage"]

    link = "https://auth.example.com/verify-email?email=a%2Bb%40example.com&amp;token="
    assert f'href="{link}{{####}}"' in mail
