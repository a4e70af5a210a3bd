import pytest

from tests.http.api import (
    WRONG_PASSWORD,
    Api,
    Person,
    assert_problem,
    bearer,
    decoded,
)
from tests.http.conftest import Serve
from tests.http.records import activate, deactivate
from tests.servers.databases import ON_MEMORY, ON_WHAT_LASTS
from tests.servers.service import Service, wait_for


def test_a_log_in_answers_as_the_guide_shows(api: Api) -> None:
    person = Person.new()
    user_id = api.register(person).json()["id"]

    answer = api.log_in(person)

    assert 200 == answer.status_code
    tokens = answer.json()
    assert "bearer" == tokens["token_type"]
    assert 1800 == tokens["expires_in"]
    assert {
        "id": user_id,
        "email": person.email,
        "username": person.username,
        "full_name": "Ada Lovelace",
        "role": "user",
    } == tokens["user"]
    keys = {"access_token", "refresh_token", "token_type", "expires_in", "user"}
    assert keys == tokens.keys()


def test_an_access_token_says_who_and_for_how_long(api: Api) -> None:
    tokens = api.session()

    header, claims = decoded(tokens["access_token"])

    assert ("HS256", "at+jwt") == (header["alg"], header["typ"])
    assert str(tokens["user"]["id"]) == claims["sub"]
    assert "user" == claims["role"]
    assert 1800 == claims["exp"] - claims["iat"]


def test_a_refresh_token_lasts_seven_days(api: Api) -> None:
    header, claims = decoded(api.session()["refresh_token"])

    assert ("HS256", "rt+jwt") == (header["alg"], header["typ"])
    week = 7 * 24 * 60 * 60
    assert week == claims["exp"] - claims["iat"]


def test_an_unknown_email_and_a_wrong_password_look_alike(api: Api) -> None:
    person = api.newcomer()

    wrong = assert_problem(api.log_in(person, WRONG_PASSWORD), 401)
    unknown = assert_problem(api.log_in(Person.new()), 401, "Invalid credentials")

    del wrong["request_id"], unknown["request_id"]
    assert wrong == unknown


def test_the_email_of_a_log_in_may_be_typed_in_any_case(api: Api) -> None:
    person = api.newcomer()

    answer = api.post(
        "/auth/login",
        {"email": f" {person.email.upper()} ", "password": person.password},
    )

    assert 200 == answer.status_code


def test_a_refresh_answers_with_new_tokens(api: Api) -> None:
    tokens = api.session()

    answer = api.refresh(tokens["refresh_token"])

    assert 200 == answer.status_code
    fresh = answer.json()
    keys = {"access_token", "refresh_token", "token_type", "expires_in"}
    assert keys == fresh.keys()
    assert ("bearer", 1800) == (fresh["token_type"], fresh["expires_in"])
    assert fresh["access_token"] != tokens["access_token"]
    assert fresh["refresh_token"] != tokens["refresh_token"]
    assert 200 == api.me(fresh["access_token"]).status_code


@pytest.mark.parametrize("authorization", ["null", "Bearer null", "Basic x", ""])
def test_a_refresh_ignores_authorization(api: Api, authorization: str) -> None:
    tokens = api.session()

    answer = api.client.post(
        "/auth/refresh",
        json={"refresh_token": tokens["refresh_token"]},
        headers={"Authorization": authorization},
    )

    assert 200 == answer.status_code


def test_only_a_refresh_token_refreshes(api: Api) -> None:
    tokens = api.session()
    tampered = tokens["refresh_token"][:-4] + "AAAA"

    for token in ("x", "a.b.c", "é", tokens["access_token"], tampered):
        problem = assert_problem(api.refresh(token), 401)

        assert "Invalid or expired refresh token" == problem["detail"]
    assert 200 == api.refresh(tokens["refresh_token"]).status_code


def test_a_log_out_ends_the_session_at_once(api: Api) -> None:
    tokens = api.session()

    answer = api.post("/auth/logout", token=tokens["access_token"])

    assert 200 == answer.status_code
    assert ["message"] == list(answer.json())
    me = api.me(tokens["access_token"])
    assert_problem(me, 401, "Session has ended")
    assert 'error="invalid_token"' in me.headers["WWW-Authenticate"]
    again = api.refresh(tokens["refresh_token"])
    assert_problem(again, 401, "Invalid or expired refresh token")
    assert_problem(api.post("/auth/logout", token=tokens["access_token"]), 401)


def test_a_log_out_takes_an_empty_json_body_too(api: Api) -> None:
    for body in ({}, {"refresh_token": None}, {"refresh_token": "nonsense"}):
        token = api.session()["access_token"]

        answer = api.post("/auth/logout", body, token=token)

        assert 200 == answer.status_code
        assert 401 == api.me(token).status_code


def test_a_log_out_ends_the_other_session_whose_refresh_token_it_brings(
    api: Api,
) -> None:
    person = api.newcomer()
    here, there, elsewhere = (api.session(person) for _ in range(3))

    body = {"refresh_token": there["refresh_token"]}
    answer = api.post("/auth/logout", body, token=here["access_token"])

    assert 200 == answer.status_code
    seen = [api.me(one["access_token"]).status_code for one in (here, there, elsewhere)]
    assert [401, 401, 200] == seen


def test_a_refresh_token_suffices_to_log_out(api: Api) -> None:
    for access_token in (None, "x", api.session()["refresh_token"]):
        tokens = api.session()
        body = {"refresh_token": tokens["refresh_token"]}

        answer = api.post("/auth/logout", body, token=access_token)

        assert 200 == answer.status_code
        assert_problem(api.me(tokens["access_token"]), 401, "Session has ended")
        assert_problem(api.refresh(tokens["refresh_token"]), 401)
        assert_problem(api.post("/auth/logout", body, token=access_token), 401)


@ON_MEMORY  # when a token expires is no matter of the storage
def test_an_expired_access_token_does_not_keep_its_session_from_its_end(
    serve: Serve,
) -> None:
    with serve(JWT_ACCESS_TOKEN_EXPIRE_SECONDS="1").client() as client:
        api = Api(client)
        tokens = api.session()
        wait_for(
            lambda: api.me(tokens["access_token"]).status_code == 401, "the expiry"
        )
        body = {"refresh_token": tokens["refresh_token"]}

        alone = api.post("/auth/logout", {}, token=tokens["access_token"])
        answer = api.post("/auth/logout", body, token=tokens["access_token"])

    assert_problem(alone, 401, "Token has expired")
    assert 200 == answer.status_code


def test_a_log_out_never_ends_somebody_elses_session(api: Api) -> None:
    mine, theirs = api.session(), api.session()

    body = {"refresh_token": theirs["refresh_token"]}
    answer = api.post("/auth/logout", body, token=mine["access_token"])

    assert 200 == answer.status_code
    assert 401 == api.me(mine["access_token"]).status_code
    assert 200 == api.me(theirs["access_token"]).status_code
    assert 200 == api.refresh(theirs["refresh_token"]).status_code


def test_logging_out_everywhere_ends_all_my_sessions_and_nobody_elses(
    api: Api,
) -> None:
    person = api.newcomer()
    mine, theirs = [api.session(person) for _ in range(3)], api.session()

    answer = api.post("/auth/logout-all", token=mine[0]["access_token"])

    assert 200 == answer.status_code
    assert "3 sessions" in answer.json()["message"]
    assert {401} == {api.me(one["access_token"]).status_code for one in mine}
    assert {401} == {api.refresh(one["refresh_token"]).status_code for one in mine}
    assert 200 == api.me(theirs["access_token"]).status_code


@pytest.mark.parametrize("path", ["logout", "logout-all", "change-password"])
def test_who_is_not_logged_in_has_nothing_to_end(api: Api, path: str) -> None:
    body = {"current_password": "a", "new_password": "SecurePass123!"}
    for token, detail in (("x", "JWT decoding failed"), (None, "Not authenticated")):
        answer = api.client.post(f"/auth/{path}", json=body, headers=bearer(token))

        assert_problem(answer, 401, detail)


@ON_WHAT_LASTS
async def test_sessions_do_not_come_back_with_a_user_who_was_met_inactive(
    service: Service, api: Api
) -> None:
    person = api.newcomer()
    met, other = api.session(person), api.session(person)

    await deactivate(service, person)
    assert_problem(api.me(met["access_token"]), 401, "Session has ended")
    await activate(service, person)

    for one in (met, other):
        assert_problem(api.me(one["access_token"]), 401, "Session has ended")
        assert_problem(api.refresh(one["refresh_token"]), 401)
    assert 200 == api.log_in(person).status_code
