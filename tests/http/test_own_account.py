"""One's own account: changed, exported, removed, and its log-ins."""

import re

import pytest

from core.model import Purpose
from tests.http.api import (
    OTHER_PASSWORD,
    PASSWORD,
    WRONG_PASSWORD,
    Person,
    assert_problem,
)
from tests.http.house import OPERATOR, House, Member

HOSTILE = '"><script>alert(1)</script>\'; filename="evil.html'


@pytest.fixture
def user(inside: House) -> Member:
    return inside.member()


def test_names_and_language_are_ones_own_to_change(inside: House, user: Member) -> None:
    before = inside.ask("GET", "/auth/me", user).json()
    person = Person.new()

    renamed = inside.ask("PATCH", "/auth/me", user, {"username": person.username})
    cleared = inside.ask("PATCH", "/auth/me", user, {"full_name": "", "locale": "de"})
    same = inside.ask("PATCH", "/auth/me", user, {})

    assert before | {"username": person.username} == renamed.json()
    assert renamed.json() | {"full_name": None} == cleared.json() == same.json()
    assert cleared.json() == inside.ask("GET", "/auth/me", user).json()


def test_all_else_is_not(inside: House, user: Member) -> None:
    before = inside.ask("GET", "/auth/me", user).json()
    more = {
        "email": Person.new().email, "role": "admin", "is_active": False,
        "is_verified": False, "id": 1, "stamp": 0, "password": OTHER_PASSWORD,
    }  # fmt: skip

    answer = inside.ask("PATCH", "/auth/me", user, more)

    assert (200, before) == (answer.status_code, answer.json())


def test_a_username_that_is_taken_is_refused(inside: House, user: Member) -> None:
    taken = {"username": inside.member().person.username.upper()}

    answer = inside.ask("PATCH", "/auth/me", user, taken)

    assert "username_taken" == assert_problem(answer, 400)["code"]
    wrong = inside.ask("PATCH", "/auth/me", user, {"username": None, "locale": "xx"})
    problems = assert_problem(wrong, 422)["errors"]
    assert {"username", "locale"} == {it["field"] for it in problems}


def test_removing_oneself_asks_for_the_password(inside: House, user: Member) -> None:
    wrong = inside.ask("DELETE", "/auth/me", user, {"password": WRONG_PASSWORD})
    missing = inside.ask("DELETE", "/auth/me", user, {})
    no_json = inside.ask("DELETE", "/auth/me", user)
    still_there = inside.ask("GET", "/auth/me", user).status_code

    done = inside.ask("DELETE", "/auth/me", user, {"password": PASSWORD})

    assert "wrong_current_password" == assert_problem(wrong, 400)["code"]
    assert [422, 415, 200] == [missing.status_code, no_json.status_code, still_there]
    assert (204, b"") == (done.status_code, done.content)
    assert 401 == inside.ask("GET", "/auth/me", user).status_code
    assert 401 == inside.api.refresh(user.tokens["refresh_token"]).status_code
    assert 401 == inside.api.log_in(user.person).status_code
    assert 201 == inside.api.register(user.person).status_code


def test_an_export_has_all_that_is_held_and_nothing_that_lets_others_in(
    inside: House,
) -> None:
    admin, person = inside.admin(), Person.new()
    inside.api.register(person)
    user = inside.logged_in(person)
    hostile = {"full_name": HOSTILE}
    assert 200 == inside.ask("PATCH", "/auth/me", user, hostile).status_code
    inside.change(user, admin, role="admin")

    answer = inside.ask("GET", "/auth/me/export", user)

    held = answer.json()
    assert {"user", "devices", "sessions", "tokens", "events"} == held.keys()
    assert (user.id, HOSTILE) == (held["user"]["id"], held["user"]["full_name"])
    assert [user.session_id] == [it["id"] for it in held["sessions"]]
    assert [True] == [it["current"] for it in held["sessions"]]
    assert ["verify_email"] == [it["purpose"] for it in held["tokens"]]
    kinds = {it["kind"] for it in held["events"]}
    assert {
        "user.registered",
        "session.opened",
        "user.changed",
        "role.changed",
    } == kinds
    assert {user.id} == {it["user_id"] for it in held["events"]}
    secret = inside.mailed(user.id, Purpose.VERIFY_EMAIL).partition(".")[0]
    assert secret not in answer.text
    assert PASSWORD not in answer.text


def test_where_administrators_were_is_not_in_a_users_export(inside: House) -> None:
    admin, user = inside.admin(), inside.member()
    inside.change(user, admin, locale="de")
    inside.run(inside.container.user_administration().unlock(OPERATOR, user.id))

    events = inside.ask("GET", "/auth/me/export", user).json()["events"]

    by_actor = {it["actor_id"] or it["actor"]: it for it in events}
    assert by_actor[user.id]["address"]
    for other in (admin.id, "operator"):
        told = by_actor[other]
        assert [None] * 3 == [told[it] for it in ("address", "label", "user_agent")]


def test_an_export_is_saved_as_a_file_whose_name_nobody_chooses(inside: House) -> None:
    user = inside.member()
    inside.ask("PATCH", "/auth/me", user, {"full_name": HOSTILE})

    headers = inside.ask("GET", "/auth/me/export", user).headers

    disposition = headers["Content-Disposition"]
    assert re.fullmatch(r'attachment; filename="account-\d+\.json"', disposition)
    assert str(user.id) in disposition
    assert "no-store" == headers["Cache-Control"]
    assert headers["Content-Type"].startswith("application/json")
    assert "nosniff" == headers["X-Content-Type-Options"]


def test_one_ends_ones_own_log_ins_and_nobody_elses(
    inside: House, user: Member
) -> None:
    second, third = (inside.logged_in(user.person) for _ in range(2))
    other = inside.member()

    foreign = inside.ask("DELETE", f"/auth/sessions/{other.session_id}", user)
    ended = inside.ask("DELETE", f"/auth/sessions/{second.session_id}", user)
    again = inside.ask("DELETE", f"/auth/sessions/{second.session_id}", user)
    rest = inside.ask("DELETE", "/auth/sessions", user)

    for refused in (foreign, again):
        assert "session_not_found" == assert_problem(refused, 404)["code"]
    assert [204, 204] == [ended.status_code, rest.status_code]
    states = [
        inside.ask("GET", "/auth/me", it).status_code
        for it in (user, second, third, other)
    ]
    assert [200, 401, 401, 200] == states
    listed = inside.ask("GET", "/auth/sessions", user).json()
    assert [user.session_id] == [it["id"] for it in listed["items"]]


def test_ending_the_log_in_that_asks_is_a_log_out(inside: House, user: Member) -> None:
    answer = inside.ask("DELETE", f"/auth/sessions/{user.session_id}", user)

    assert 204 == answer.status_code
    assert 401 == inside.ask("GET", "/auth/me", user).status_code
