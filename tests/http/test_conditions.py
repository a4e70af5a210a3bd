"""`If-Match` as RFC 9110 has it, section 13.1.1: the strong comparison."""

import asyncio
from collections import Counter
from collections.abc import Iterator

import httpx
import pytest

from tests.http.api import Person, assert_problem, bearer
from tests.http.house import House, Member, house

RIVALS = 50


@pytest.fixture(scope="module")
def admin(inside: House) -> Member:
    return inside.admin()


@pytest.fixture
def user(inside: House) -> Member:
    return inside.member()


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Demand of every change that it says what it was decided on."""
    directory = tmp_path_factory.mktemp("strict")
    with house(directory, admin_require_if_match=True) as home:
        yield home


def etag(home: House, by: Member, user: Member) -> str:
    tag = home.ask("GET", user.path, by).headers["ETag"]
    assert tag[1:-1].isdecimal()
    assert tag == f'"{tag[1:-1]}"'
    return str(tag)


def test_a_tag_is_of_the_user_and_changes_with_them(
    inside: House, admin: Member, user: Member
) -> None:
    first = etag(inside, admin, user)
    assert first == etag(inside, admin, user)

    inside.change(user, admin, full_name="Grace Hopper")

    assert first != etag(inside, admin, user)


@pytest.mark.parametrize(
    "template", ["{0}", "*", ' "x", {0} ', '{0},"1"', 'W/"3", {0}', " * "]
)
def test_a_condition_that_holds_lets_a_change_pass(
    inside: House, admin: Member, user: Member, template: str
) -> None:
    condition = template.format(etag(inside, admin, user))

    answer = inside.ask("PATCH", user.path, admin, {"locale": "de"}, If_Match=condition)

    assert (200, "de") == (answer.status_code, answer.json()["locale"])


@pytest.mark.parametrize(
    "template",
    [
        "W/{0}", "{1}", "", ",", '"x"', '"*"', '"0{1}"', '"{1} "', "'{1}'",
        '"-1"', "*, *", '{0} "7"', 'W/{0}, "x", W/"1"', '"' + 9 * "9999" + '"',
    ],
)  # fmt: skip
def test_a_condition_that_does_not_hold_changes_nothing(
    inside: House, admin: Member, user: Member, template: str
) -> None:
    tag = etag(inside, admin, user)
    condition = template.format(tag, tag.strip('"'))

    answer = inside.ask("PATCH", user.path, admin, {"locale": "de"}, If_Match=condition)

    problem = assert_problem(answer, 412, "The user was changed meanwhile")
    assert "user_changed" == problem["code"]
    assert tag == etag(inside, admin, user)


def test_a_tag_of_before_a_change_holds_no_more_even_for_nothing(
    inside: House, admin: Member, user: Member
) -> None:
    before = etag(inside, admin, user)
    inside.change(user, admin, full_name="Grace Hopper")
    lists = (before, f'"x", {before}')

    for condition in lists:
        answer = inside.ask("PATCH", user.path, admin, {}, If_Match=condition)
        assert 412 == answer.status_code


def test_who_was_changed_meanwhile_is_not_removed(
    inside: House, admin: Member, user: Member
) -> None:
    before = etag(inside, admin, user)
    inside.change(user, admin, full_name="Grace Hopper")

    for condition in (before, f"W/{etag(inside, admin, user)}", f'"x", {before}', ""):
        answer = inside.ask("DELETE", user.path, admin, If_Match=condition)
        assert "user_changed" == assert_problem(answer, 412)["code"]
    now = etag(inside, admin, user)

    assert 204 == inside.ask("DELETE", user.path, admin, If_Match=now).status_code
    assert 404 == inside.ask("DELETE", user.path, admin, If_Match=now).status_code


def test_nobody_is_there_whatever_the_condition_says(
    inside: House, admin: Member
) -> None:
    for condition in ('"1"', "*", 'W/"1"', '"1", "2"'):
        answer = inside.ask(
            "PATCH", "/admin/users/9999999", admin, {}, If_Match=condition
        )
        assert 404 == answer.status_code


def test_where_a_condition_is_demanded_a_change_without_one_is_refused(
    strict: House,
) -> None:
    admin, user = strict.admin(), strict.member()

    without = strict.ask("PATCH", user.path, admin, {"locale": "de"})
    tag = etag(strict, admin, user)
    with_one = strict.ask("PATCH", user.path, admin, {"locale": "de"}, If_Match=tag)

    assert "if_match_required" == assert_problem(without, 428)["code"]
    assert 200 == with_one.status_code
    own = strict.ask("PATCH", "/auth/me", user, {"full_name": "Grace Hopper"})
    assert 200 == own.status_code
    assert 204 == strict.ask("DELETE", user.path, admin).status_code


def test_of_many_changes_with_one_tag_one_wins(
    inside: House, admin: Member, user: Member
) -> None:
    condition = {"If-Match": etag(inside, admin, user)} | bearer(admin.token)

    async def race() -> list[httpx.Response]:
        transport = httpx.ASGITransport(inside.app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://inside"
        ) as client:
            changes = (
                client.patch(
                    user.path,
                    json={"username": Person.new().username},
                    headers=condition,
                )
                for _ in range(RIVALS)
            )
            return await asyncio.gather(*changes)

    answers = inside.run(race())

    assert {200: 1, 412: RIVALS - 1} == Counter(it.status_code for it in answers)
    (winner,) = [it for it in answers if it.is_success]
    there = inside.ask("GET", user.path, admin)
    assert winner.headers["ETag"] == there.headers["ETag"]
    assert winner.json()["username"] == there.json()["username"]
