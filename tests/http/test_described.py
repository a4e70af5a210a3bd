"""That answers are held against their description, where other tests get none."""

from collections.abc import Callable

import httpx
import pytest

from tests.contract.private_keys import pem, private_key
from tests.http.api import Api
from tests.http.conftest import Serve
from tests.http.described import assert_described
from tests.servers.databases import ON_SQLITE
from tests.servers.service import Service

JWKS = "/.well-known/jwks.json"
ALWAYS = {"X-Request-ID": "1", "Cache-Control": "no-store"}
PROBLEM = {
    "type": "about:blank",
    "title": "Unauthorized",
    "status": 401,
    "detail": "Not authenticated",
    "code": "not_authenticated",
    "request_id": "1",
}


@ON_SQLITE
def test_public_keys_are_as_they_are_described(
    serve: Serve, connect: Callable[[Service], Api]
) -> None:
    key = pem(private_key("EdDSA"))
    client = connect(serve(JWT_ALGORITHM="EdDSA", JWT_SECRET_KEY=key)).client

    fresh = client.get(JWKS)
    known = client.get(JWKS, headers={"If-None-Match": fresh.headers["ETag"]})

    assert 1 == len(fresh.json()["keys"])
    assert [200, 304] == [fresh.status_code, known.status_code]


def answer(
    status: int = 401,
    *,
    but: str = "",
    more: dict[str, str] | None = None,
    **body: object,
) -> httpx.Response:
    """Return a refusal of `/auth/me`, and what is wrong with it."""
    headers = {**ALWAYS, "WWW-Authenticate": "Bearer", **(more or {})}
    headers.pop(but, None)
    return httpx.Response(
        status,
        headers=headers | {"Content-Type": "application/problem+json"},
        json=PROBLEM | body,
        request=httpx.Request("GET", "https://auth.scribes.app/auth/me"),
    )


def test_a_refusal_as_described_is_good() -> None:
    assert_described(answer())


@pytest.mark.parametrize(
    "wrong",
    [
        answer(418),
        answer(but="X-Request-ID"),
        answer(but="WWW-Authenticate"),
        answer(more={"Retry-After": "5"}),
        answer(more={"WWW-Authenticate": "Basic"}),
        answer(code="made_up"),
        answer(code="email_taken"),
        answer(detail=None),
        answer(errors=None),
        answer(errors=[{"field": "email"}]),
    ],
    ids=range(10),
)
def test_what_is_not_described_is_noticed(wrong: httpx.Response) -> None:
    with pytest.raises(AssertionError):
        assert_described(wrong)
