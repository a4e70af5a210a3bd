from collections.abc import Callable

import pytest

from tests.http.api import Api
from tests.http.conftest import Serve
from tests.servers.databases import ON_MEMORY
from tests.servers.service import Service

pytestmark = ON_MEMORY  # what is switched off is not kept in the storage

DESCRIPTION = ("/docs", "/openapi.json")


@pytest.mark.parametrize("path", DESCRIPTION)
def test_the_description_is_there_unless_it_is_switched_off(
    api: Api, path: str
) -> None:
    assert 200 == api.client.get(path).status_code


def test_a_description_that_is_switched_off_is_a_path_like_any_unknown_one(
    serve: Serve, connect: Callable[[Service], Api]
) -> None:
    client = connect(serve(DOCS_ENABLED="false")).client
    unknown = client.get("/nowhere").json()

    for path in DESCRIPTION:
        for method in ("GET", "HEAD", "POST", "OPTIONS"):
            assert 404 == client.request(method, path).status_code
        told = client.get(path).json()
        assert unknown | {"request_id": told["request_id"]} == told
    assert 200 == client.get("/health").status_code
