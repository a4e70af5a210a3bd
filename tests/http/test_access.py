from collections.abc import Callable

import pytest

from tests.http.api import WRONG_PASSWORD, Api, assert_problem
from tests.http.conftest import Serve
from tests.http.records import verified
from tests.servers.databases import ON_MEMORY
from tests.servers.service import Service, wait_for

pytestmark = ON_MEMORY  # these refusals are the same whatever is stored


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Basic dXNlcjpwYXNz"])
def test_no_token_is_no_error_but_a_question(
    api: Api, authorization: str | None
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}

    answer = api.client.get("/auth/me", headers=headers)

    assert_problem(answer, 401, "Not authenticated")
    # RFC 6750, section 3.1: no error code where no token was sent.
    assert "Bearer" == answer.headers["WWW-Authenticate"]


def test_a_token_that_is_none_is_named_as_the_error(api: Api) -> None:
    tokens = api.session()
    header, claims, signature = tokens["access_token"].split(".")
    forged = f"{header}.{claims}.{signature[::-1]}"

    for token in ("x", "a.b.c", forged, tokens["refresh_token"]):
        answer = api.me(token)

        assert_problem(answer, 401, "JWT decoding failed")
        challenge = answer.headers["WWW-Authenticate"]
        assert challenge.startswith('Bearer error="invalid_token"')


def test_a_token_without_its_scheme_fails_as_the_guide_tells(api: Api) -> None:
    token = api.session()["access_token"]

    answer = api.client.get("/auth/me", headers={"Authorization": token})

    assert_problem(answer, 401, "JWT decoding failed")


def test_the_schemes_case_does_not_matter(api: Api) -> None:
    token = api.session()["access_token"]

    answer = api.client.get("/auth/me", headers={"Authorization": f"bEARER {token}"})

    assert 200 == answer.status_code


@pytest.fixture(scope="module")
def exacting(serve: Serve) -> Service:
    return serve(JWT_ACCESS_TOKEN_EXPIRE_SECONDS="1", REQUIRE_VERIFIED_EMAIL="true")


def test_an_expired_token_is_named_so(
    exacting: Service, connect: Callable[[Service], Api]
) -> None:
    api = connect(exacting)
    tokens = api.session(verified(exacting, api))
    assert 1 == tokens["expires_in"]

    answer = wait_for(
        lambda: None if (seen := api.me(tokens["access_token"])).is_success else seen,
        "the end of the token",
    )

    assert_problem(answer, 401, "Token has expired")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert 200 == api.refresh(tokens["refresh_token"]).status_code


def test_an_unverified_address_is_told_only_after_a_right_password(
    exacting: Service, connect: Callable[[Service], Api]
) -> None:
    api = connect(exacting)
    person = api.newcomer()

    right, wrong = api.log_in(person), api.log_in(person, WRONG_PASSWORD)

    assert_problem(right, 403, "Email is not verified")
    assert_problem(wrong, 401, "Invalid credentials")
    assert 200 == api.log_in(verified(exacting, api)).status_code
