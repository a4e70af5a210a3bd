from collections.abc import Callable, Iterator

import pytest

from entrypoints.http.declaration import Declaration
from tests.http.api import Api, bearer
from tests.http.conftest import Serve
from tests.http.spellings import ask, declared, instance, spellings
from tests.http.wire import Wire, wire_to
from tests.servers.databases import ON_MEMORY
from tests.servers.service import Service, wait_for

pytestmark = ON_MEMORY  # paths are the same whatever is stored

ANY_TEXT = ("{path:path}",)
"""Where whatever stands there is another path."""

MOST = 5
"""Requests, before any limit of an address is used up."""

NOWHERE = "postgresql://127.0.0.1:1/nowhere"


@pytest.fixture(scope="module")
def operations(
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[tuple[str, str], Declaration]:
    return declared(tmp_path_factory.mktemp("settings"))


@pytest.fixture(scope="module")
def guarded(serve: Serve) -> Service:
    return serve(RATE_LIMIT_ENABLED="true", RATE_LIMIT_INVITATION=f"{MOST}/hour")


@pytest.fixture
def wire(guarded: Service) -> Iterator[Wire]:
    with wire_to(guarded) as connection:
        yield connection


@pytest.fixture
def token(guarded: Service, connect: Callable[[Service], Api]) -> str:
    """Return the access token of a plain user."""
    return str(connect(guarded).session()["access_token"])


def test_a_path_has_one_spelling_and_no_other_reaches_anything(
    wire: Wire, token: str, operations: dict[tuple[str, str], Declaration]
) -> None:
    for method, route in operations:
        path = instance(route)
        assert 404 != ask(wire, method, path, bearer(token)), path
        if route.endswith(ANY_TEXT):
            continue
        for spelling in spellings(path):
            assert 404 == ask(wire, method, spelling, bearer(token)), spelling


def test_no_spelling_gets_past_a_limit_and_none_is_counted(
    wire: Wire, operations: dict[tuple[str, str], Declaration]
) -> None:
    json = {"Content-Type": "application/json"}
    for (method, path), declaration in operations.items():
        if declaration.limit is None:
            continue
        statuses = [ask(wire, method, path, json) for _ in range(MOST + 1)]
        assert 429 == statuses[-1]

        for spelling in spellings(path):
            assert 404 == ask(wire, method, spelling, json), spelling


def test_no_spelling_loses_the_role_that_is_demanded(
    service: Service, api: Api
) -> None:
    user = bearer(api.session()["access_token"])
    with wire_to(service) as wire:
        for path in ("/auth/verify?role=admin", "/auth/verify-path/admin/notes"):
            assert 403 == ask(wire, "GET", path, user)
        for spelling in spellings("/auth/verify"):
            assert 404 == ask(wire, "GET", f"{spelling}?role=admin", user), spelling
        for spelling in spellings("/auth/verify-path/admin"):
            asked = ask(wire, "GET", f"{spelling}/notes", user)
            assert asked in {403, 404, 422}, spelling


def test_until_the_storage_is_ready_no_spelling_opens_what_needs_it(
    install: Serve, operations: dict[tuple[str, str], Declaration]
) -> None:
    service = install(DATABASE_URL=NOWHERE)
    service.launch()
    wait_for(lambda: "startup complete" in service.output, "the start", seconds=30)

    with wire_to(service) as wire:
        for (method, route), declaration in operations.items():
            path = instance(route)
            if declaration.needs_storage:
                assert 503 == ask(wire, method, path), path
            if route.endswith(ANY_TEXT):
                continue
            for spelling in spellings(path):
                assert 404 == ask(wire, method, spelling), spelling
