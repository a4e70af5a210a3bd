"""Lists of users, log-ins and events: filters, order, pages and cursors."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from core.model import Role
from tests.http.api import WRONG_PASSWORD, assert_problem
from tests.http.house import House, Member, house

CROWD = 7
LISTS = ("/admin/users", "/admin/events", "/auth/sessions")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Serve users whom other tests do not add to."""
    with house(tmp_path_factory.mktemp("lists")) as serving:
        yield serving


@pytest.fixture(scope="module")
def admin(home: House) -> Member:
    return home.admin()


@pytest.fixture(scope="module")
def crowd(home: House, admin: Member) -> list[Member]:
    members = [home.member() for _ in range(CROWD)]
    home.change(members[0], admin, is_active=False)
    home.change(members[1], admin, full_name="100%_Straße Ünï\\")
    home.change(members[2], admin, role="admin")
    return members


def walked(home: House, by: Member, path: str) -> list[dict[str, Any]]:
    """Return all items of a list, page by page."""
    found, cursor = [], ""
    while True:
        answer = home.ask("GET", path + cursor, by)
        assert 200 == answer.status_code
        page = answer.json()
        assert {"items", "next_cursor", "total"} == page.keys()
        found += page["items"]
        if page["next_cursor"] is None:
            assert len(found) == page["total"]
            return found
        cursor = f"&cursor={page['next_cursor']}"


@pytest.mark.parametrize(
    "sort", ["id", "email", "username", "created_at", "last_login_at"]
)
def test_every_order_has_everybody_once_and_backwards_is_the_reverse(
    home: House, admin: Member, crowd: list[Member], sort: str
) -> None:
    up, down = (
        [it["id"] for it in walked(home, admin, f"/admin/users?limit=3&sort={order}")]
        for order in (sort, f"-{sort}")
    )

    assert {admin.id, *(it.id for it in crowd)} == set(up)
    assert up == down[::-1]
    assert len(set(up)) == len(up)


def test_filters_hold_together(home: House, admin: Member, crowd: list[Member]) -> None:
    def ids(query: str) -> set[int]:
        items = home.ask("GET", f"/admin/users?{query}", admin).json()["items"]
        return {it["id"] for it in items}

    everybody = {admin.id, *(it.id for it in crowd)}
    assert everybody == ids("q=")
    assert everybody == ids("q=EXAMPLE.com&verified=true")
    assert {crowd[0].id} == ids("active=false")
    assert {admin.id, crowd[2].id} == ids("role=admin")
    assert {admin.id, crowd[2].id} == ids("role=admin&active=true&sort=-email")
    assert set() == ids("verified=false")
    assert {crowd[1].id} == ids(f"q={quote('straße ÜNÏ')}")
    assert {crowd[1].id} == ids(f"q={quote('%_')}")
    assert {crowd[1].id} == ids("q=%5C")
    assert set() == ids(f"q={quote('.*')}")
    assert everybody == ids("created_after=2020-01-01T00:00:00%2B02:00")
    assert set() == ids("created_after=2999-01-01T00:00:00.5Z")


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("limit=0", {"limit"}),
        ("limit=201", {"limit"}),
        ("limit=-1", {"limit"}),
        ("limit=1.0", {"limit"}),
        ("limit=%2B1", {"limit"}),
        ("limit=", {"limit"}),
        ("limit=" + "9" * 5000, {"limit"}),
        ("limit=1&limit=2", {"limit"}),
        ("q=a&q=a", {"q"}),
        ("cursor=&cursor=", {"cursor"}),
        ("cursor=", {"cursor"}),
        ("cursor=x", {"cursor"}),
        ("cursor=" + "x" * 2001, {"cursor"}),
        ("q=" + "x" * 201, {"q"}),
        ("q=%00", {"q"}),
        ("q=%C2%85", {"q"}),
        ("q=a%0Ab", {"q"}),
        ("role=root", {"role"}),
        ("role=Admin", {"role"}),
        ("active=1", {"active"}),
        ("active=True", {"active"}),
        ("verified=", {"verified"}),
        ("created_after=2025-01-01T00:00:00", {"created_after"}),
        ("created_after=2025-01-01", {"created_after"}),
        ("created_after=1735689600", {"created_after"}),
        ("created_after=2025-02-30T00:00:00Z", {"created_after"}),
        ("created_after=2025-01-01T00:00:00+02:00", {"created_after"}),
        ("created_after=9999-12-31T23:59:59-23:59", {"created_after"}),
        ("sort=password_hash", {"sort"}),
        ("sort=--id", {"sort"}),
        ("sort=+id", {"sort"}),
        ("page=2", {""}),
        ("Q=x", {""}),
        (
            "limit=0&role=x&sort=x&active=x&page=2",
            {"limit", "role", "sort", "active", ""},
        ),
    ],
)
def test_every_parameter_that_is_wrong_is_named_and_not_repeated(
    home: House, admin: Member, query: str, wrong: set[str]
) -> None:
    answer = home.ask("GET", f"/admin/users?{query}", admin)

    problem = assert_problem(answer, 422)
    assert wrong == {it["field"] for it in problem["errors"]}
    assert "password_hash" not in answer.text
    assert "2001" not in answer.text


@pytest.mark.parametrize(
    "query",
    [
        "user_id=0", "user_id=x", "actor_id=9007199254740992", "kind=user", "address=%00",
        "after=2025-01-01T00:00:00", "before=now", "user_id=1&user_id=1", "q=x",
    ],
)  # fmt: skip
def test_parameters_of_events_are_checked_alike(
    home: House, admin: Member, query: str
) -> None:
    assert_problem(home.ask("GET", f"/admin/events?{query}", admin), 422)


@pytest.mark.parametrize("path", LISTS)
def test_a_cursor_is_worthless_elsewhere(
    home: House, admin: Member, crowd: list[Member], path: str
) -> None:
    home.logged_in(admin.person)
    cursor = home.ask("GET", f"{path}?limit=1", admin).json()["next_cursor"]
    assert cursor
    elsewhere = [it for it in LISTS if it != path]
    others = [f"{it}?limit=1&cursor={cursor}" for it in elsewhere]
    tampered = [
        f"{path}?cursor={it}" for it in (cursor[1:], f"A{cursor[1:]}", f"{cursor}!")
    ]
    filtered = {
        "/admin/users": ["q=x", "role=user", "sort=-id", "sort=email", "active=true"],
        "/admin/events": [
            "user_id=1",
            "kind=user.changed",
            "before=2999-01-01T00:00:00Z",
        ],
        "/auth/sessions": [],
    }[path]
    others += [f"{path}?{it}&cursor={cursor}" for it in filtered]
    others.append(f"{crowd[3].path}/sessions?cursor={cursor}")

    assert 200 == home.ask("GET", f"{path}?limit=2&cursor={cursor}", admin).status_code
    for url in (*others, *tampered):
        problem = assert_problem(home.ask("GET", url, admin), 422)
        assert "invalid_cursor" == problem["code"], url
        assert ["cursor"] == [it["field"] for it in problem["errors"]]


def test_a_cursor_of_anothers_sessions_leads_nowhere(
    home: House, crowd: list[Member]
) -> None:
    mine, other = crowd[4], crowd[5]
    home.logged_in(mine.person)
    cursor = home.ask("GET", "/auth/sessions?limit=1", mine).json()["next_cursor"]

    assert 422 == home.ask("GET", f"/auth/sessions?cursor={cursor}", other).status_code


def test_a_log_in_is_told_with_its_device_and_which_one_asks(
    home: House, admin: Member
) -> None:
    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
    user = home.member()
    credentials = user.person.credentials
    home.client.post("/auth/login", json=credentials, headers={"User-Agent": agent})

    own = home.ask("GET", "/auth/sessions", user).json()
    seen = home.ask("GET", f"{user.path}/sessions", admin).json()

    newest, first = own["items"]
    assert ("Firefox on Windows", agent) == (newest["label"], newest["user_agent"])
    assert [False, True] == [newest["current"], first["current"]]
    assert user.session_id == first["id"]
    assert {
        "id", "created_at", "last_used_at", "expires_at", "address", "label", "user_agent",
        "current",
    } == first.keys()  # fmt: skip
    assert (2, None) == (own["total"], own["next_cursor"])
    assert [it | {"current": False} for it in own["items"]] == seen["items"]


def test_an_admin_ends_anybodys_log_ins(home: House, admin: Member) -> None:
    user = home.member()
    second, third = (home.logged_in(user.person) for _ in range(2))

    one = home.ask("DELETE", f"/admin/sessions/{second.session_id}", admin)
    again = home.ask("DELETE", f"/admin/sessions/{second.session_id}", admin)
    states = [
        home.ask("GET", "/auth/me", it).status_code for it in (user, second, third)
    ]
    every = home.ask("DELETE", f"{user.path}/sessions", admin)
    left = [home.ask("GET", "/auth/me", it).status_code for it in (user, second, third)]

    assert (204, 204) == (one.status_code, every.status_code)
    assert "session_not_found" == assert_problem(again, 404)["code"]
    assert [200, 401, 200] == states
    assert [401, 401, 401] == left
    unknown = home.ask("DELETE", "/admin/sessions/x", admin)
    assert "session_not_found" == assert_problem(unknown, 404)["code"]
    for made_up in ("%00", "x" * 300, "..", "a%2Fb"):
        assert (
            404 == home.ask("DELETE", f"/admin/sessions/{made_up}", admin).status_code
        )


def test_events_tell_who_did_what_to_whom_and_what_was_before(
    home: House, admin: Member
) -> None:
    user = home.member()
    home.change(user, admin, role="admin", full_name="Grace Hopper")
    home.api.log_in(user.person, WRONG_PASSWORD)

    page = home.ask(
        "GET", f"/admin/events?user_id={user.id}&actor_id={admin.id}", admin
    )

    items = page.json()["items"]
    by_kind = {it["kind"]: it for it in items}
    assert {"role.changed", "user.changed"} == by_kind.keys()
    changed = by_kind["role.changed"]
    assert {"old_role": "user", "role": "admin"} == changed["data"]
    assert ("user", admin.id, user.id) == (
        changed["actor"],
        changed["actor_id"],
        changed["user_id"],
    )
    assert changed["user_agent"].startswith("python-httpx/")
    assert {"id", "at", "address", "label", "session_id"} <= changed.keys()
    assert "Grace Hopper" == by_kind["user.changed"]["data"]["full_name"]
    mine = home.ask("GET", f"/admin/events?user_id={user.id}", admin).json()["items"]
    assert {"user", "operator"} == {it["actor"] for it in mine}
    assert "session.opened" == mine[-1]["kind"] or "user.created" == mine[-1]["kind"]
    address = changed["address"]
    found = home.ask("GET", f"/admin/events?kind=role.changed&address={address}", admin)
    assert found.json()["total"] >= 1
    none = home.ask("GET", "/admin/events?address=198.51.100.7", admin).json()
    assert ([], 0) == (none["items"], none["total"])


def test_figures_are_of_everybody_and_of_thirty_days(
    home: House, admin: Member
) -> None:
    told = home.ask("GET", "/admin/stats", admin).json()

    assert {"users", "sessions", "mails", "days"} == told.keys()
    users = told["users"]
    assert users["total"] == users["active"] + users["inactive"]
    assert {"total", "active", "inactive", "verified", "admins"} == users.keys()
    assert {"live"} == told["sessions"].keys()
    assert {"waiting", "oldest_seconds"} == told["mails"].keys()
    dates = [day.pop("date") for day in told["days"]]
    assert (30, sorted(set(dates))) == (len(dates), dates)
    assert {"registrations", "logins", "failures", "resets"} == told["days"][-1].keys()
    assert Role.ADMIN == home.ask("GET", "/auth/me", admin).json()["role"]
