"""What the form of the reset page may carry."""

import pytest

from tests.http.api import Api, Person
from tests.http.test_passwords import reset_token
from tests.servers.databases import ON_MEMORY
from tests.servers.service import Service

pytestmark = ON_MEMORY  # a form that is refused never gets as far as the storage

LONGEST = 1024
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def person(api: Api) -> Person:
    return api.newcomer()


def test_no_page_sets_a_password_that_nobody_can_log_in_with(
    service: Service, api: Api, person: Person
) -> None:
    token = reset_token(service, api, person)
    longest = "Aa1!".ljust(LONGEST, "x")

    for too_long in (f"{longest}x", "Aa1!" * 5000):
        form = {"token": token, "new_password": too_long}
        page = api.client.post("/reset-password", data=form)
        assert 422 == page.status_code
        assert "at most 1024 characters" in page.text
        assert too_long not in page.text

    form = {"token": token, "new_password": longest}
    assert 200 == api.client.post("/reset-password", data=form).status_code
    assert 200 == api.log_in(person, longest).status_code


@pytest.mark.parametrize(
    "password",
    [
        b"Passw%F6rd1!",
        "Passw\u00f6rd1!".encode(),
        b"Password1!%ED%A0%80",
        b"P%ff1!aaaa",
    ],
)
def test_a_password_is_never_guessed_from_what_is_not_utf_8(
    service: Service, api: Api, person: Person, password: bytes
) -> None:
    token = reset_token(service, api, person)
    form = b"token=" + token.encode() + b"&new_password=" + password

    page = api.client.post("/reset-password", content=form, headers=FORM)

    assert 400 == page.status_code
    assert "UTF-8" in page.text
    assert 200 == api.log_in(person).status_code
