import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.http.api import Api
from tests.http.conftest import Serve
from tests.servers.apache_bench import ApacheBench
from tests.servers.databases import ON_SQLITE
from tests.servers.service import Service

REQUESTS = 300
AT_ONCE = 10


@pytest.fixture(scope="module")
def ab() -> Iterator[ApacheBench]:
    with ApacheBench() as program:
        yield program


@ON_SQLITE
def test_the_guides_benchmark_counts_no_failure(
    serve: Serve, connect: Callable[[Service], Api], ab: ApacheBench
) -> None:
    # Dear enough that the log-ins take more than a second, with all its milliseconds.
    service = serve(BCRYPT_ROUNDS="8")
    api = connect(service)
    person = api.newcomer()
    tokens = api.session(person)
    bearer = f"Authorization: Bearer {tokens['access_token']}"
    refresh = {"refresh_token": tokens["refresh_token"]}
    runs: dict[str, Any] = {
        "/auth/login": {"body": json.dumps(person.credentials)},
        "/auth/refresh": {"body": json.dumps(refresh)},
        "/auth/me": {"headers": [bearer]},
        "/health": {},
        "/readyz": {},
    }

    told = {
        path: ab.run(service.url + path, requests=REQUESTS, at_once=AT_ONCE, **options)
        for path, options in runs.items()
    }

    for path, run in told.items():
        assert (path, REQUESTS, 0, 0) == (path, run.complete, run.failed, run.non_2xx)


@ON_SQLITE
def test_a_session_has_one_length_of_tokens_all_its_life(
    serve: Serve, connect: Callable[[Service], Api]
) -> None:
    api = connect(serve())
    tokens = api.session()
    lengths = set()

    for _ in range(25):
        answer = api.refresh(tokens["refresh_token"])
        tokens = answer.json()
        lengths.add(answer.headers["Content-Length"])

    assert 1 == len(lengths)
