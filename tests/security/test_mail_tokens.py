"""Mailed tokens that nobody mailed: all are refused, and none spends the real one."""

from collections.abc import Iterator

import httpx
import pytest

from tests.http.api import Api, Person, assert_problem
from tests.security.forge import hs256
from tests.servers.service import Service

NO_MAIL = "Invalid or expired token"
NEW_PASSWORD = "AnotherPass456?"


class Mailed:
    """What was mailed to one newcomer, and the doors that take it."""

    def __init__(self, service: Service, api: Api) -> None:
        self.api = api
        self.person = api.newcomer()
        self.verification = service.mailed_token(self.person.email, "confirm")
        api.post("/auth/password-reset/request", {"email": self.person.email})
        self.reset = service.mailed_token(self.person.email, "reset")

    def verify(self, token: str) -> httpx.Response:
        return self.api.post("/auth/verify-email", {"token": token})

    def set_password(self, token: str) -> httpx.Response:
        body = {"token": token, "new_password": NEW_PASSWORD}
        return self.api.post("/auth/password-reset/confirm", body)

    def refuses(self, token: str) -> None:
        assert_problem(self.verify(token), 400, NO_MAIL)
        assert_problem(self.set_password(token), 400, NO_MAIL)


@pytest.fixture(scope="module")
def mailed(service: Service, api: Api) -> Iterator[Mailed]:
    """Everything here is refused; in the end the real tokens still work."""
    mailed = Mailed(service, api)
    yield mailed
    assert 200 == mailed.verify(mailed.verification).status_code
    assert 200 == mailed.set_password(mailed.reset).status_code
    assert 400 == mailed.verify(mailed.verification).status_code
    assert 400 == mailed.set_password(mailed.reset).status_code


FORGERIES = [
    "{id}",
    "{id}.",
    ".{mac}",
    "{id}.{cut}",
    "{id}.{mac}A",
    "{id}.{mac}=",
    "{id}.{mac}.{mac}",
    "00000000000000000000000000000000.{mac}",
    "{other}.{mac}",
    "{id}.{id}",
    " {id}.{mac}",
    "{id}.{mac}\n",
    "{id}.{mac}\0",
    "{upper}.{mac}",
    "{id}\u0000.{mac}",
    "' OR ''='.{mac}",
    "../{id}.{mac}",
]


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_token_that_was_not_mailed_is_refused(mailed: Mailed, forgery: str) -> None:
    tokens = (mailed.verification, mailed.reset)

    for token, other in (tokens, tokens[::-1]):
        token_id, _, mac = token.partition(".")
        other_id = other.partition(".")[0]
        forged = {"id": token_id, "mac": mac, "cut": mac[:-1], "other": other_id}
        mailed.refuses(forgery.format(**forged, upper=token_id.upper()))


def test_a_token_mailed_for_one_thing_is_no_good_for_another(mailed: Mailed) -> None:
    verification, reset = mailed.verification.split("."), mailed.reset.split(".")

    assert_problem(mailed.verify(mailed.reset), 400, NO_MAIL)
    assert_problem(mailed.set_password(mailed.verification), 400, NO_MAIL)
    mailed.refuses(f"{verification[0]}.{reset[1]}")
    mailed.refuses(f"{reset[0]}.{verification[1]}")


def test_a_jwt_is_no_mailed_token(mailed: Mailed) -> None:
    session = mailed.api.session()

    for kind in ("access_token", "refresh_token"):
        token = session[kind]
        mailed.refuses(token)
        mailed.refuses(f"{mailed.reset.partition('.')[0]}.{token.rpartition('.')[2]}")


def test_a_mac_under_the_signing_key_itself_is_no_good(mailed: Mailed) -> None:
    token_id = mailed.reset.partition(".")[0]

    for text in (token_id, f"reset_password.{token_id}", f"mail.{token_id}"):
        mailed.refuses(f"{token_id}.{hs256(text)}")


def test_a_mailed_token_is_no_jwt(mailed: Mailed) -> None:
    assert_problem(mailed.api.me(mailed.reset), 401, "JWT decoding failed")
    assert_problem(mailed.api.refresh(mailed.reset), 401)


def test_somebody_elses_token_changes_somebody_elses_account(
    service: Service, api: Api
) -> None:
    hers, his = Mailed(service, api), Mailed(service, api)

    assert 200 == hers.set_password(hers.reset).status_code

    assert 200 == api.log_in(his.person).status_code
    changed = Person(hers.person.email, hers.person.username, NEW_PASSWORD)
    assert 200 == api.log_in(changed).status_code
