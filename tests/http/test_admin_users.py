"""Users, as administrators see and change them."""

import pytest

from core.model import Role
from tests.http.api import OTHER_PASSWORD, PASSWORD, Person, assert_problem
from tests.http.house import House, Member

DETAILS = {
    "id", "email", "username", "full_name", "role", "is_active", "is_verified",
    "created_at",
}  # fmt: skip
IN_FULL = DETAILS | {"updated_at", "last_login_at", "locale"}
NOWHERE = ("0", "-1", "007", "+1", "1.0", "1e0", "x", str(2**53), "9" * 300, "%31", "")


@pytest.fixture(scope="module")
def admin(inside: House) -> Member:
    return inside.admin()


@pytest.fixture
def user(inside: House) -> Member:
    return inside.member()


def test_a_user_is_told_with_how_they_stand(
    inside: House, admin: Member, user: Member
) -> None:
    told = inside.ask("GET", user.path, admin)

    body = told.json()
    assert IN_FULL | {"locked_until", "live_sessions"} == body.keys()
    assert (user.id, user.person.email) == (body["id"], body["email"])
    assert (1, None) == (body["live_sessions"], body["locked_until"])
    assert body["last_login_at"] is not None
    assert "no-store" == told.headers["Cache-Control"]


def test_a_list_has_what_registration_answered(inside: House, admin: Member) -> None:
    made = inside.api.register(Person.new()).json()

    found = inside.ask("GET", f"/admin/users?q={made['email']}", admin).json()

    assert DETAILS == made.keys()
    assert {"items": [made], "next_cursor": None, "total": 1} == found


@pytest.mark.parametrize(
    ("header", "locale"), [("de-AT,en;q=0.5", "de"), ("fr, en;q=0.1", "en"), ("", None)]
)
def test_the_language_of_mails_is_that_of_the_registration(
    inside: House, admin: Member, header: str, locale: str | None
) -> None:
    wanted = {"Accept-Language": header}
    body = Person.new().details

    made = inside.client.post("/auth/register", json=body, headers=wanted).json()

    there = inside.ask("GET", f"/admin/users/{made['id']}", admin).json()
    assert locale == there["locale"]


def test_an_invited_user_is_where_location_says_and_has_no_password(
    inside: House, admin: Member
) -> None:
    person = Person.new()
    body = {"email": person.email, "username": person.username, "role": "admin"}

    made = inside.ask("POST", "/admin/users", admin, body)

    assert 201 == made.status_code
    assert f"/admin/users/{made.json()['id']}" == made.headers["Location"]
    there = inside.ask("GET", made.headers["Location"], admin).json()
    assert made.json().items() <= there.items()
    assert ("admin", False, 0) == (
        there["role"],
        there["is_verified"],
        there["live_sessions"],
    )
    assert 401 == inside.api.log_in(person).status_code


@pytest.mark.parametrize(
    ("field", "code"), [("email", "email_taken"), ("username", "username_taken")]
)
def test_a_name_that_is_taken_is_refused_as_at_registration(
    inside: House, admin: Member, user: Member, field: str, code: str
) -> None:
    taken = getattr(user.person, field).upper()
    person = Person.new()
    body = {"email": person.email, "username": person.username} | {field: taken}

    answers = [
        inside.ask("POST", "/admin/users", admin, body),
        inside.ask("PATCH", inside.member().path, admin, {field: taken}),
    ]

    for answer in answers:
        assert code == assert_problem(answer, 400)["code"]


def test_what_is_not_sent_stays_and_nothing_changes_nothing(
    inside: House, admin: Member, user: Member
) -> None:
    before = inside.ask("GET", user.path, admin)

    same = inside.ask("PATCH", user.path, admin, {})
    renamed = inside.ask("PATCH", user.path, admin, {"full_name": None, "locale": "de"})

    assert (200, before.headers["ETag"]) == (same.status_code, same.headers["ETag"])
    assert same.json().items() <= before.json().items()
    assert IN_FULL == renamed.json().keys()
    changed = {"full_name": None, "locale": "de"}
    assert renamed.json() == same.json() | changed | {
        "updated_at": renamed.json()["updated_at"]
    }
    assert renamed.headers["ETag"] != before.headers["ETag"]
    assert (
        renamed.headers["ETag"] == inside.ask("GET", user.path, admin).headers["ETag"]
    )


def test_what_is_no_field_is_ignored_and_sets_nothing(
    inside: House, admin: Member, user: Member
) -> None:
    other = inside.member()
    before = inside.ask("GET", user.path, admin)
    stolen = {
        "id": other.id, "stamp": 99, "password": OTHER_PASSWORD, "password_hash": "x",
        "email_key": "x", "created_at": "2000-01-01T00:00:00Z", "last_login_at": None,
    }  # fmt: skip

    after = inside.ask("PATCH", user.path, admin, stolen)
    own = inside.ask("PATCH", "/auth/me", user, stolen | {"role": "admin"})

    assert before.headers["ETag"] == after.headers["ETag"]
    assert [200, 200] == [after.status_code, own.status_code]
    assert "user" == own.json()["role"]
    assert 401 == inside.api.log_in(user.person, OTHER_PASSWORD).status_code
    assert 200 == inside.api.log_in(user.person, PASSWORD).status_code


def test_every_wrong_field_is_named_and_nothing_changes(
    inside: House, admin: Member, user: Member
) -> None:
    wrong = {
        "email": None, "username": "a b", "role": "root", "is_active": "yes",
        "is_verified": None, "locale": "fr", "full_name": "\u202e",
    }  # fmt: skip
    before = inside.ask("GET", user.path, admin).headers["ETag"]

    problem = assert_problem(inside.ask("PATCH", user.path, admin, wrong), 422)

    assert {
        "email": "null", "username": "username", "role": "invalid",
        "is_active": "invalid", "is_verified": "null", "locale": "invalid",
        "full_name": "invisible_characters",
    } == {it["field"]: it["code"] for it in problem["errors"]}  # fmt: skip
    assert before == inside.ask("GET", user.path, admin).headers["ETag"]


def test_role_and_activity_count_at_the_next_request(
    inside: House, admin: Member
) -> None:
    member, session = inside.member(), "/auth/sessions"

    inside.change(member, admin, role="admin")
    as_admin = inside.ask("GET", "/admin/stats", member).status_code
    inside.change(member, admin, role="user")
    demoted = inside.ask("GET", "/admin/stats", member)
    still_in = inside.ask("GET", session, member).status_code
    inside.change(member, admin, is_active=False)
    out = inside.ask("GET", session, member).status_code
    inside.change(member, admin, is_active=True)
    still_out = inside.ask("GET", session, member).status_code

    problem = assert_problem(demoted, 403, "Not enough permissions")
    assert "forbidden" == problem["code"]
    assert [200, 200, 401, 401] == [as_admin, still_in, out, still_out]
    assert 200 == inside.api.log_in(member.person).status_code


@pytest.mark.parametrize("change", [{"role": "user"}, {"is_active": False}])
def test_nobody_changes_their_own_role_or_activity(
    inside: House, admin: Member, change: dict[str, object]
) -> None:
    answer = inside.ask("PATCH", admin.path, admin, change)

    assert "own_account" == assert_problem(answer, 409)["code"]
    assert 200 == inside.ask("PATCH", admin.path, admin, {"role": "admin"}).status_code
    assert 200 == inside.ask("PATCH", admin.path, admin, {"locale": "de"}).status_code


def test_who_is_deleted_is_nowhere_any_more(inside: House, admin: Member) -> None:
    user = inside.member()

    first = inside.ask("DELETE", user.path, admin)

    assert (204, b"") == (first.status_code, first.content)
    assert "Content-Type" not in first.headers
    for method, path, body in (
        ("GET", user.path, None),
        ("PATCH", user.path, {"role": "admin"}),
        ("DELETE", user.path, None),
        ("GET", f"{user.path}/sessions", None),
        ("DELETE", f"{user.path}/sessions", None),
        *(
            ("POST", f"{user.path}/{it}", None)
            for it in ("invitation", "password-reset", "verification", "unlock")
        ),
    ):
        answer = inside.ask(method, path, admin, body)
        assert "user_not_found" == assert_problem(answer, 404)["code"], path
    assert 401 == inside.ask("GET", "/auth/me", user).status_code
    again = inside.api.register(user.person)
    assert (201, True) == (again.status_code, again.json()["id"] > user.id)


@pytest.mark.parametrize("number", NOWHERE)
def test_an_id_has_one_spelling(inside: House, admin: Member, number: str) -> None:
    for method in ("GET", "PATCH", "DELETE"):
        answer = inside.ask(method, f"/admin/users/{number}", admin, {})

        assert "not_found" == assert_problem(answer, 404)["code"]


def test_mails_are_sent_to_whom_they_can_help(inside: House, admin: Member) -> None:
    person, active, inactive = Person.new(), inside.member(), inside.member()
    newcomer = inside.api.register(Person.new()).json()["id"]
    inside.change(inactive, admin, is_active=False)
    names = {"email": person.email, "username": person.username}
    invited = inside.ask("POST", "/admin/users", admin, names).json()["id"]

    def outcomes(mail: str, *ids: int) -> list[int]:
        paths = (f"/admin/users/{user_id}/{mail}" for user_id in ids)
        return [inside.ask("POST", path, admin).status_code for path in paths]

    assert [202, 409] == outcomes("invitation", invited, active.id)
    assert [202, 409] == outcomes("password-reset", active.id, inactive.id)
    assert [202, 409] == outcomes("verification", newcomer, active.id)
    assert [204, 204] == outcomes("unlock", active.id, inactive.id)


def test_methods_are_told_and_head_is_answered_as_get(
    inside: House, admin: Member, user: Member
) -> None:
    wrong = inside.ask("PUT", user.path, admin, {})
    head = inside.ask("HEAD", user.path, admin)

    assert 405 == wrong.status_code
    assert {"GET", "PATCH", "DELETE"} <= set(wrong.headers["Allow"].split(", "))
    assert (200, '"') == (head.status_code, head.headers["ETag"][:1])


def test_who_may_is_asked_before_what_is_sent_is_read(
    inside: House, user: Member
) -> None:
    stranger = inside.client.patch("/admin/users/1", content=b"{")
    member = inside.client.patch(
        "/admin/users/1",
        content=b"{",
        headers={"Authorization": f"Bearer {user.token}"},
    )

    assert [401, 403] == [stranger.status_code, member.status_code]


def test_no_answer_has_a_secret_in_it(
    inside: House, admin: Member, user: Member
) -> None:
    texts = [
        inside.ask("GET", path, admin).text
        for path in (
            user.path,
            "/admin/users",
            "/admin/events?limit=200",
            "/admin/stats",
        )
    ]
    texts.append(inside.ask("GET", "/auth/me/export", user).text)

    for text in texts:
        assert "token_id" not in text
        assert "$2" not in text
        assert "hash" not in text


def test_the_last_admin_stays(inside_alone: House) -> None:
    first, second = inside_alone.admin(), inside_alone.admin()
    inside_alone.change(second, first, is_active=False)

    gone = inside_alone.ask("DELETE", first.path, first)
    left = inside_alone.ask("DELETE", "/auth/me", first, {"password": PASSWORD})

    for answer in (gone, left):
        problem = assert_problem(answer, 409, "The last administrator must stay")
        assert "last_admin" == problem["code"]
    assert Role.ADMIN == inside_alone.ask("GET", "/auth/me", first).json()["role"]
