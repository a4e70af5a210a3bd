"""Changing an address and undoing it, by the API and by the pages of the mailed links."""

import re
from html import unescape

import httpx
import pytest

from core.model import Purpose
from tests.http.api import (
    OTHER_PASSWORD,
    PASSWORD,
    WRONG_PASSWORD,
    Person,
    assert_problem,
)
from tests.http.house import House, Member

HIDDEN = re.compile(r'<input type="hidden" name="token" value="([^"]*)">')
CHANGE, UNDO = "/change-email", "/change-email/undo"
HOSTILE = "\"><script>alert(1)</script>&'<img src=x onerror=alert(1)>"


@pytest.fixture
def user(inside: House) -> Member:
    return inside.member()


def asked(
    home: House, by: Member, email: str, password: str = PASSWORD
) -> httpx.Response:
    body = {"password": password, "new_email": email}
    return home.ask("POST", "/auth/change-email", by, body)


def moved(home: House, user: Member) -> tuple[str, str]:
    """Change somebody's address; return the new one, and what undoes it."""
    email = Person.new().email
    assert 202 == asked(home, user, email).status_code
    token = home.mailed(user.id, Purpose.CHANGE_EMAIL)
    assert 200 == confirmed(home, token).status_code
    return email, home.mailed(user.id, Purpose.UNDO_EMAIL)


def confirmed(home: House, token: str) -> httpx.Response:
    return home.api.post("/auth/change-email/confirm", {"token": token})


def undone(home: House, token: str) -> httpx.Response:
    return home.api.post("/auth/change-email/undo", {"token": token})


def log_in(home: House, email: str, password: str = PASSWORD) -> int:
    body = {"email": email, "password": password}
    return home.api.post("/auth/login", body).status_code


def opened(home: House, path: str, token: str) -> httpx.Response:
    return home.client.get(path, params={"token": token})


def pressed(home: House, path: str, token: str, **headers: str) -> httpx.Response:
    return home.client.post(path, data={"token": token}, headers=headers)


def test_the_new_address_counts_once_it_is_confirmed(
    inside: House, user: Member
) -> None:
    email = Person.new().email

    answer = asked(inside, user, email)
    before = inside.ask("GET", "/auth/me", user).json()["email"]
    done = confirmed(inside, inside.mailed(user.id, Purpose.CHANGE_EMAIL))

    assert [202, 200] == [answer.status_code, done.status_code]
    assert user.person.email == before
    assert 401 == inside.ask("GET", "/auth/me", user).status_code
    assert [401, 200] == [log_in(inside, it) for it in (user.person.email, email)]


def test_nobody_learns_whether_an_address_is_taken(inside: House, user: Member) -> None:
    taken = inside.member().person.email

    answers = [asked(inside, user, it) for it in (taken, Person.new().email)]

    assert [202, 202] == [it.status_code for it in answers]
    assert answers[0].json() == answers[1].json()


def test_the_password_is_asked_for_and_the_address_has_to_be_one(
    inside: House, user: Member
) -> None:
    wrong = asked(inside, user, Person.new().email, WRONG_PASSWORD)
    no_address = asked(inside, user, "nobody")
    nothing = inside.ask("POST", "/auth/change-email", user, {})

    assert "wrong_current_password" == assert_problem(wrong, 400)["code"]
    assert ["new_email"] == [
        it["field"] for it in assert_problem(no_address, 422)["errors"]
    ]
    assert 2 == len(assert_problem(nothing, 422)["errors"])


def test_an_undo_gives_the_address_back_and_wants_a_new_password(
    inside: House, user: Member
) -> None:
    email, undo = moved(inside, user)
    thief = inside.api.session(Person(email, user.person.username))

    assert 200 == undone(inside, undo).status_code

    assert 401 == inside.api.me(thief["access_token"]).status_code
    assert 401 == log_in(inside, email)
    reset = inside.mailed(user.id, Purpose.RESET_PASSWORD)
    body = {"token": reset, "new_password": OTHER_PASSWORD}
    assert 200 == inside.api.post("/auth/password-reset/confirm", body).status_code
    assert 200 == log_in(inside, user.person.email, OTHER_PASSWORD)


def test_each_token_is_good_once_and_for_one_thing(inside: House, user: Member) -> None:
    email = Person.new().email
    asked(inside, user, email)
    change = inside.mailed(user.id, Purpose.CHANGE_EMAIL)

    assert 400 == undone(inside, change).status_code
    assert 400 == pressed(inside, UNDO, change).status_code
    assert 200 == confirmed(inside, change).status_code
    assert (
        "invalid_mail_token" == assert_problem(confirmed(inside, change), 400)["code"]
    )
    undo = inside.mailed(user.id, Purpose.UNDO_EMAIL)
    assert 400 == confirmed(inside, undo).status_code
    assert [200, 400] == [undone(inside, undo).status_code for _ in range(2)]


def test_an_address_that_was_taken_meanwhile_is_not_taken_away(
    inside: House, user: Member
) -> None:
    person = Person.new()
    asked(inside, user, person.email)
    token = inside.mailed(user.id, Purpose.CHANGE_EMAIL)
    inside.api.register(person)

    answer, page = confirmed(inside, token), pressed(inside, CHANGE, token)

    assert "email_taken" == assert_problem(answer, 400)["code"]
    assert (400, True) == (page.status_code, "Email already registered" in page.text)
    assert user.person.email == inside.ask("GET", "/auth/me", user).json()["email"]


def test_the_pages_do_what_the_api_does_and_opening_them_does_nothing(
    inside: House, user: Member
) -> None:
    person = Person.new()
    asked(inside, user, person.email)
    change = inside.mailed(user.id, Purpose.CHANGE_EMAIL)

    pages = [opened(inside, CHANGE, change) for _ in range(2)]
    assert user.person.email == inside.ask("GET", "/auth/me", user).json()["email"]
    done = pressed(inside, CHANGE, change)
    assert 200 == log_in(inside, person.email)
    undo = inside.mailed(user.id, Purpose.UNDO_EMAIL)
    pages += [opened(inside, UNDO, undo) for _ in range(2)]
    assert 200 == log_in(inside, person.email)
    undone_page = pressed(inside, UNDO, undo)

    for page in pages:
        assert 200 == page.status_code
        for name in (user.person.email, person.email, user.person.username):
            assert f"<dd>{name}</dd>" in page.text
        (token,) = HIDDEN.findall(page.text)
        assert unescape(token) in {change, undo}
    assert person.email in done.text
    assert "set a new one by the mail" in undone_page.text
    assert [401, 200] == [
        log_in(inside, it) for it in (person.email, user.person.email)
    ]
    for path, token in ((CHANGE, change), (UNDO, undo)):
        for late in (opened(inside, path, token), pressed(inside, path, token)):
            assert 400 == late.status_code
            assert "This link is no longer good" in late.text


@pytest.mark.parametrize("path", [CHANGE, UNDO, "/invitation"])
def test_what_a_link_carries_is_text_whatever_it_says(inside: House, path: str) -> None:
    answers = [opened(inside, path, HOSTILE), pressed(inside, path, HOSTILE)]
    answers += [inside.client.get(path), inside.client.post(path)]

    for page in answers:
        assert 400 == page.status_code
        assert "<script" not in page.text
        assert "<img" not in page.text
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", [CHANGE, UNDO, "/invitation"])
def test_a_form_of_another_site_is_refused(inside: House, path: str) -> None:
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "https://x.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ):
        answer = pressed(inside, path, "x", **headers)

        assert 403 == answer.status_code
        assert "another site" in answer.text


def test_no_new_address_is_confirmed_after_a_new_password(
    inside: House, user: Member
) -> None:
    asked(inside, user, Person.new().email)
    before = inside.mailed(user.id, Purpose.CHANGE_EMAIL)
    body = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}

    changed = inside.ask("POST", "/auth/change-password", user, body)

    assert 200 == changed.status_code
    assert (
        "invalid_mail_token" == assert_problem(confirmed(inside, before), 400)["code"]
    )
