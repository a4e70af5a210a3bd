"""Accepting an invitation, by the API and by the page of the mailed link."""

from html import escape

import pytest

from core.model import Purpose
from tests.http.api import OTHER_PASSWORD, PASSWORD, Person, assert_problem
from tests.http.house import House, Member

HOSTILE = "<script>alert('Eve')</script>"


@pytest.fixture(scope="module")
def admin(inside: House) -> Member:
    return inside.admin()


def invited(home: House, by: Member, person: Person) -> tuple[int, str]:
    """Invite somebody; return their id, and what the mail carries."""
    body = {
        "email": person.email, "username": person.username, "full_name": person.full_name,
    }  # fmt: skip
    user_id = home.ask("POST", "/admin/users", by, body).json()["id"]
    return user_id, home.mailed(user_id, Purpose.INVITATION)


def test_who_accepts_has_a_password_and_a_verified_address(
    inside: House, admin: Member
) -> None:
    person = Person.new()
    _, token = invited(inside, admin, person)
    body = {"token": token, "new_password": PASSWORD}

    weak = inside.api.post("/auth/invitation/accept", body | {"new_password": "weak"})
    good = inside.api.post("/auth/invitation/accept", body)
    again = inside.api.post("/auth/invitation/accept", body)

    assert [422, 200] == [weak.status_code, good.status_code]
    assert "invalid_mail_token" == assert_problem(again, 400)["code"]
    me = inside.ask("GET", "/auth/me", inside.logged_in(person)).json()
    assert (True, person.full_name) == (me["is_verified"], me["full_name"])


def test_an_invitation_sent_again_voids_the_one_before(
    inside: House, admin: Member
) -> None:
    person = Person.new()
    user_id, first = invited(inside, admin, person)

    sent = inside.ask("POST", f"/admin/users/{user_id}/invitation", admin)

    second = inside.mailed(user_id, Purpose.INVITATION)
    statuses = [
        inside.api.post(
            "/auth/invitation/accept", {"token": it, "new_password": PASSWORD}
        ).status_code
        for it in (first, second)
    ]
    assert (202, [400, 200]) == (sent.status_code, statuses)
    late = inside.ask("POST", f"/admin/users/{user_id}/invitation", admin)
    assert "password reset" in assert_problem(late, 409)["detail"]


def test_the_page_asks_until_the_password_keeps_the_rules(
    inside: House, admin: Member
) -> None:
    person = Person(*(getattr(Person.new(), it) for it in ("email", "username")))
    _, token = invited(inside, admin, person)

    pages = [
        inside.client.get("/invitation", params={"token": token}) for _ in range(2)
    ]
    assert 401 == inside.api.log_in(person).status_code
    form = {"token": token, "new_password": "weakling"}
    weak = inside.client.post("/invitation", data=form)
    done = inside.client.post(
        "/invitation", data=form | {"new_password": OTHER_PASSWORD}
    )

    for page in (*pages, weak):
        assert f"<dd>{person.email}</dd>" in page.text
        assert f'name="token" value="{token}"' in page.text
        assert 'action="invitation"' in page.text
        assert "Special characters" in page.text
    assert [200, 200, 422, 200] == [it.status_code for it in (*pages, weak, done)]
    assert weak.text.count("uppercase") >= 2
    assert "weakling" not in weak.text
    assert 200 == inside.api.log_in(person, OTHER_PASSWORD).status_code
    late = inside.client.get("/invitation", params={"token": token})
    assert (400, False) == (late.status_code, "<form" in late.text)


def test_other_mails_are_no_invitations(inside: House) -> None:
    user_id = inside.api.register(Person.new()).json()["id"]
    token = inside.mailed(user_id, Purpose.VERIFY_EMAIL)
    body = {"token": token, "new_password": PASSWORD}

    assert 400 == inside.api.post("/auth/invitation/accept", body).status_code
    assert 400 == inside.client.get("/invitation", params={"token": token}).status_code


def test_names_are_text_on_every_page(inside: House, admin: Member) -> None:
    hostile = Person("o'x&y@example.com", Person.new().username, full_name=HOSTILE)
    _, token = invited(inside, admin, hostile)

    page = inside.client.get("/invitation", params={"token": token})

    assert 200 == page.status_code
    assert "<script" not in page.text
    assert "o'x&y" not in page.text
    assert escape("x&y") in page.text
