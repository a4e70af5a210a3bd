import base64
import json
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.docs.test_operations_page import first_column
from tests.http.api import Api, Person
from tests.http.conftest import Serve
from tests.http.post_office import PostOffice, post_office
from tests.servers.databases import ON_SERVERS, ON_SQLITE
from tests.servers.service import Service, wait_for

GREPS = ("Login failed", "Token generated", "401 Unauthorized", "Email sent")
"""What the guide tells operators to look for."""

JWT_SECRET = secrets.token_hex(32)
MAILBOX_LINE = "Mail in the mailbox"


@dataclass
class Journey:
    """A life of an account, and every secret that was seen on the way."""

    api: Api
    mailed_token: Callable[..., str]
    seen: set[str] = field(default_factory=set)

    def go(self) -> None:
        person = Person.new()
        self._register(person)
        tokens = self._log_in(person)
        self._fail(person, tokens)
        self._change_password(person, tokens["access_token"])
        self._reset_password(person)

    def secret(self, kind: str) -> str:
        made = f"{kind}-Aa1!{secrets.token_hex(8)}"
        self.seen.add(made)
        return made

    def keep(self, token: str) -> str:
        # Its last part: the one that nobody could make without a key.
        self.seen.add(token.rpartition(".")[2])
        return token

    def _register(self, person: Person) -> None:
        self.seen.add(person.password)
        self.api.register(person)
        verification = self.keep(self.mailed_token(person.email, "confirm"))
        self.api.client.get("/verify-email", params={"token": verification})
        self.api.client.post("/verify-email", data={"token": verification})
        self.api.post("/auth/verify-email", {"token": verification})

    def _log_in(self, person: Person) -> dict[str, Any]:
        tokens = self.api.session(person)
        fresh = self.api.refresh(tokens["refresh_token"]).json()
        for answer in (tokens, fresh):
            self.keep(answer["access_token"])
            self.keep(answer["refresh_token"])
        return tokens

    def _fail(self, person: Person, tokens: dict[str, Any]) -> None:
        wrong = self.secret("wrong")
        self.api.log_in(person, wrong)
        self.api.post("/auth/login", {"email": wrong, "password": [wrong]})
        self.api.client.post("/auth/login", content=f'{{"password": "{wrong}"')
        self.api.register(Person(person.email, person.username, wrong, full_name=wrong))
        self.api.me(self.secret("token"))
        self.api.me(tokens["refresh_token"])
        self.api.refresh(tokens["access_token"])
        self.api.client.get("/auth/me", headers={"Cookie": self.secret("cookie")})
        self.api.client.get("/auth/me", params={"access_token": self.secret("query")})

    def _change_password(self, person: Person, access_token: str) -> None:
        body = {
            "current_password": person.password,
            "new_password": self.secret("changed"),
        }
        self.api.post("/auth/change-password", body, token=access_token)
        self.api.post("/auth/logout", token=access_token)

    def _reset_password(self, person: Person) -> None:
        self.api.post("/auth/password-reset/request", {"email": person.email})
        token = self.keep(self.mailed_token(person.email, "reset"))
        self.api.client.get("/reset-password", params={"token": token})
        weak = {"token": token, "new_password": self.secret("weak")[:6]}
        self.api.client.post("/reset-password", data=weak)
        body = {"token": token, "new_password": self.secret("reset")}
        answer = self.api.post("/auth/password-reset/confirm", body)
        assert 200 == answer.status_code


@dataclass
class Logged:
    """What a service wrote about one journey."""

    service: Service
    journey: Journey
    file: Path

    @property
    def lines(self) -> list[str]:
        return self.file.read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostOffice]:
    with post_office(tmp_path_factory.mktemp("office")) as office:
        yield office


@pytest.fixture(scope="module")
def development(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Logged:
    file = tmp_path_factory.mktemp("logs") / "new" / "app.log"
    service = serve(LOG_FILE=str(file), LOG_LEVEL="DEBUG", JWT_SECRET_KEY=JWT_SECRET)
    return travelled(service, service.mailed_token, file)


@pytest.fixture(scope="module")
def production(
    serve: Serve, office: PostOffice, tmp_path_factory: pytest.TempPathFactory
) -> Logged:
    file = tmp_path_factory.mktemp("logs") / "app.log"
    service = serve(
        APP_ENV="production",
        LOG_FILE=str(file),
        LOG_LEVEL="DEBUG",
        JWT_SECRET_KEY=JWT_SECRET,
        PUBLIC_URL="https://auth.example",
        SINGLE_REPLICA="true",
        AUTO_MIGRATE="true",
        BCRYPT_ROUNDS="10",
        **office.settings,
    )
    return travelled(service, office.mailed_token, file)


def travelled(service: Service, mailed_token: Callable[..., str], file: Path) -> Logged:
    with service.client() as client:
        journey = Journey(Api(client), mailed_token)
        journey.go()
    logged = Logged(service, journey, file)
    # Both tokens, and two mails of a changed password.
    wait_for(
        lambda: 4 == sum("Email sent" in line for line in logged.lines), "four mails"
    )
    return logged


@pytest.fixture(params=["development", "production"])
def logged(request: pytest.FixtureRequest, serve: Serve) -> Logged:  # noqa: ARG001 - they both do
    found: Logged = request.getfixturevalue(request.param)
    return found


@ON_SQLITE
def test_the_guides_greps_find_what_they_look_for(logged: Logged) -> None:
    for words in GREPS:
        assert any(words in line for line in logged.lines)


@ON_SQLITE
def test_no_secret_is_ever_logged(logged: Logged) -> None:
    assert_no_secret_in(logged)


@ON_SERVERS
def test_no_driver_of_a_storage_logs_a_secret(development: Logged) -> None:
    assert_no_secret_in(development)


def assert_no_secret_in(logged: Logged) -> None:
    written = logged.service.output.splitlines() + logged.lines
    login = base64.b64encode(b"\0svc\0s3cret").decode()

    assert len(logged.journey.seen) > 10
    for secret in (*logged.journey.seen, JWT_SECRET, "s3cret", login):
        assert [] == [
            line for line in written if secret in line and MAILBOX_LINE not in line
        ]


@ON_SQLITE
def test_the_file_and_the_console_say_the_same(logged: Logged) -> None:
    told, written = logged.service.output.splitlines(), logged.lines

    count = min(len(told), len(written))
    assert count > 20
    assert [without_time(line) for line in told[:count]] == [
        without_time(line) for line in written[:count]
    ]


def without_time(line: str) -> str:
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "", line)


@ON_SQLITE
def test_the_mailbox_logs_each_link_once(development: Logged) -> None:
    lines = [line for line in development.lines if MAILBOX_LINE in line]

    assert 4 == len(lines)
    assert 2 == sum("token=" in line for line in lines)


@ON_SQLITE
def test_production_logs_json(production: Logged) -> None:
    entries = [json.loads(line) for line in production.lines]

    always = {"body", "severity_text", "otel.scope.name", "timestamp"}
    assert all(always <= entry.keys() for entry in entries)
    requests = [entry for entry in entries if "401 Unauthorized" in entry["body"]]
    assert requests
    request = ("http.request.method", "url.path", "http.route")
    told = {*request, "http.response.status_code", "client.address"}
    told |= {"scribes.request_id", "scribes.duration_ms"}
    assert all(told <= entry.keys() for entry in requests)
    assert ("GET", "/auth/me", "/auth/me") in {
        tuple(entry[name] for name in request) for entry in requests
    }
    assert {401} == {entry["http.response.status_code"] for entry in requests}
    assert not any(MAILBOX_LINE in line for line in production.lines)


@ON_SQLITE
def test_every_field_is_one_that_the_operations_page_describes(
    production: Logged,
) -> None:
    fields = {name for line in production.lines for name in json.loads(line)}

    assert set() == fields - {*first_column("## Logs")}


@ON_SQLITE
def test_a_failed_log_in_says_why_to_the_operator_alone(production: Logged) -> None:
    entries = [json.loads(line) for line in production.lines]

    failed = [entry for entry in entries if "Login failed" == entry["body"]]

    assert ["wrong password"] == [entry["scribes.reason"] for entry in failed]
    assert all(entry["user.id"].isdigit() for entry in failed)


@ON_SQLITE
def test_mails_went_over_tls_to_a_server_that_knows_us(
    production: Logged, office: PostOffice
) -> None:
    assert production.service.mails() == []
    assert 4 == len(office.server.inbox)
    assert all(mail.over_tls and mail.login for mail in office.server.inbox)


@ON_SQLITE
def test_no_client_forges_a_line(development: Logged) -> None:
    with development.service.client() as client:
        client.get(
            "/nowhere%0D%0AForged%20line",
            params={"x": "\r\nForged"},
            headers={"User-Agent": "Forged", "X-Request-ID": "Forged line"},
        )

    line = wait_for(
        lambda: [line for line in development.lines if "Forged" in line], "the line"
    )
    assert 1 == len(line)
    assert "GET /nowhere%0D%0AForged%20line 404 Not Found" in line[0]
