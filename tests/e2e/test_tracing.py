import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.postgres_world import fresh_schema
from tests.http.api import Api, Person
from tests.servers.collector import Collector, Span
from tests.servers.existing import ExistingServer
from tests.servers.postgres import PostgresServer
from tests.servers.service import Service, wait_for


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    collector = Collector().start()
    yield collector
    collector.stop()


@pytest.fixture(scope="module")
def database(postgres_server: PostgresServer | ExistingServer) -> Iterator[str]:
    with fresh_schema(postgres_server.url) as url:
        yield url


@pytest.fixture(scope="module", params=["http/protobuf", "grpc"])
def service(
    tmp_path_factory: pytest.TempPathFactory,
    database: str,
    collector: Collector,
    request: pytest.FixtureRequest,
) -> Iterator[Service]:
    """Serve with a key in a file, which only a token of another makes it look at."""
    place = tmp_path_factory.mktemp("traced")
    (place / "jwt-secret").write_text(secrets.token_hex(32))
    with Service(
        place,
        DATABASE_URL=database,
        SECRETS_URL=f"file://{place}",
        SECRETS_REFRESH_SECONDS="3600",
        LOG_FORMAT="json",
        **collector.settings(request.param),
    ) as running:
        yield running


@dataclass
class Caller:
    """Somebody who traces what they ask."""

    api: Api
    collector: Collector
    trace: str = field(default_factory=lambda: secrets.token_hex(16))
    span: str = field(default_factory=lambda: secrets.token_hex(8))

    def begin(self) -> None:
        """Let all that follows belong to one trace."""
        self.api.client.headers["traceparent"] = f"00-{self.trace}-{self.span}-01"

    def seen(self, name: str) -> tuple[Span, list[Span]]:
        """Return a request of this name in the trace, and what is below it."""

        def look() -> Span | None:
            return next((it for it in self._spans() if it.name == name), None)

        root = wait_for(look, name)
        return root, [it for it in self._spans() if it.parent == root.id]

    def _spans(self) -> list[Span]:
        return [it for it in self.collector.spans if it.trace == self.trace]


@pytest.fixture
def caller(service: Service, collector: Collector) -> Iterator[Caller]:
    with service.client() as client:
        yield Caller(Api(client), collector)


def lines(service: Service) -> list[dict[str, Any]]:
    return [json.loads(line) for line in service.output.splitlines()]


def test_a_log_in_is_seen_with_the_databases_calls_below_it(caller: Caller) -> None:
    person = caller.api.newcomer()
    caller.begin()
    caller.api.session(person)

    request, below = caller.seen("POST /auth/login")

    assert caller.span == request.parent
    assert "200" == request.attributes["http.response.status_code"]
    calls = ["storage.users.account_by_email", "storage.sessions.open"]
    assert calls == [it.name for it in below]
    assert {("CLIENT", "postgresql")} == {
        (it.kind, it.attributes["db.system.name"]) for it in below
    }


def test_the_lines_of_a_request_name_its_span(caller: Caller, service: Service) -> None:
    person = caller.api.newcomer()
    caller.begin()
    caller.api.session(person)

    request, _ = caller.seen("POST /auth/login")

    told = [it for it in lines(service) if it.get("trace_id") == caller.trace]
    assert {"Token generated", "POST /auth/login 200 OK"} == {it["body"] for it in told}
    assert {(request.id, caller.span)} == {
        (it["span_id"], it["scribes.parent_id"]) for it in told
    }


def test_a_rotated_key_is_seen_with_the_secret_and_the_database_below_it(
    caller: Caller, service: Service, database: str, tmp_path: Path
) -> None:
    """A replica with the new key makes a token; this one looks for the key it names."""
    new = secrets.token_hex(32)
    with (
        Service(tmp_path, DATABASE_URL=database, JWT_SECRET_KEY=new) as other,
        other.client() as client,
    ):
        token = Api(client).session()["access_token"]
    current = service.directory / "jwt-secret"
    current.rename(service.directory / "jwt-secret.previous")
    current.write_text(new)

    caller.begin()
    answer = caller.api.me(token)

    assert 200 == answer.status_code
    _, below = caller.seen("GET /auth/me")
    assert ["secrets.versions", "storage.sessions.identities"] == [
        it.name for it in below
    ]
    assert "jwt-secret" == below[0].attributes["scribes.secret"]
    loaded = [it for it in lines(service) if it["body"] == "JWT keys loaded"][-1]
    assert (caller.trace, 2) == (loaded["trace_id"], len(loaded["scribes.kids"]))


def test_no_span_tells_of_people_or_their_secrets(caller: Caller) -> None:
    person, api = Person.new(), caller.api
    wrong = "Wrong-Password-1!"
    api.register(person)
    api.log_in(person, wrong)
    tokens = api.session(person)
    fresh = api.refresh(tokens["refresh_token"]).json()
    api.client.get("/verify-email", params={"token": tokens["access_token"]})
    api.client.get(f"/auth/{person.email}")
    api.me(tokens["access_token"] + "x")
    api.register(person)
    caller.begin()
    # Some proxies and programs tell whom they speak for in these.
    more = {"tracestate": f"user={wrong}", "baggage": f"user={wrong}"}
    api.client.headers.update(more)
    api.post("/auth/logout", token=fresh["access_token"])

    caller.seen("POST /auth/logout")

    kinds = ("access_token", "refresh_token")
    given = [answer[kind] for answer in (tokens, fresh) for kind in kinds]
    known = [*person.details.values(), wrong, *given]
    assert [] == [it for it in known if it and it in caller.collector.log]


def test_every_look_for_secrets_is_a_trace(
    service: Service, collector: Collector
) -> None:
    service.stop()
    before = len(collector.spans)
    service.start(SECRETS_REFRESH_SECONDS="1")

    def look() -> Span | None:
        new = collector.spans[before:]
        return next((it for it in new if it.name == "secrets.look"), None)

    root = wait_for(look, "a look")
    below = [it for it in collector.spans if it.trace == root.trace and it != root]

    assert ("", "INTERNAL") == (root.parent, root.kind)
    assert [(root.id, "secrets.versions")] == [(it.parent, it.name) for it in below]


def test_a_collector_that_is_away_keeps_nobody_waiting(tmp_path: Path) -> None:
    away = Collector()
    with Service(tmp_path, **away.settings("http/protobuf")) as service:
        with service.client() as client:
            assert Api(client).session()

        assert 0 == service.stop()
    assert "Traceback" not in service.output
