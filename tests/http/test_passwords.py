from dataclasses import replace

from tests.http.api import (
    OTHER_PASSWORD,
    PASSWORD,
    WRONG_PASSWORD,
    Api,
    Person,
    assert_problem,
)
from tests.http.records import deactivate
from tests.servers.databases import ON_WHAT_LASTS
from tests.servers.service import Service

CHANGE = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}


def reset_token(service: Service, api: Api, person: Person) -> str:
    answer = api.post("/auth/password-reset/request", {"email": person.email})
    assert 200 == answer.status_code
    return service.mailed_token(person.email, "reset")


def test_a_change_of_password_renews_this_session_and_ends_the_others(
    api: Api,
) -> None:
    person = api.newcomer()
    here, there = api.session(person), api.session(person)

    answer = api.post("/auth/change-password", CHANGE, token=here["access_token"])

    assert 200 == answer.status_code
    renewed = answer.json()
    kept = {"access_token", "refresh_token", "token_type", "expires_in"}
    assert kept | {"message"} == renewed.keys()
    assert "Password changed successfully" == renewed["message"]
    assert ("bearer", 1800) == (renewed["token_type"], renewed["expires_in"])
    assert 200 == api.me(renewed["access_token"]).status_code
    assert 200 == api.refresh(renewed["refresh_token"]).status_code
    for old in (here, there):
        assert_problem(api.me(old["access_token"]), 401, "Session has ended")
        assert_problem(api.refresh(old["refresh_token"]), 401)
    assert_problem(api.log_in(person), 401, "Invalid credentials")
    assert 200 == api.log_in(person, OTHER_PASSWORD).status_code


def test_a_change_of_password_asks_for_the_current_one(api: Api) -> None:
    person = api.newcomer()
    token = api.session(person)["access_token"]

    body = CHANGE | {"current_password": WRONG_PASSWORD}
    answer = api.post("/auth/change-password", body, token=token)

    assert_problem(answer, 400, "Current password is incorrect")
    assert 200 == api.log_in(person).status_code


def test_a_new_password_keeps_the_rules(service: Service, api: Api) -> None:
    person = api.newcomer()
    token = api.session(person)["access_token"]
    mailed = reset_token(service, api, person)

    change = CHANGE | {"new_password": "weak"}
    reset = {"token": mailed, "new_password": "weak"}
    answers = [
        api.post("/auth/change-password", change, token=token),
        api.post("/auth/password-reset/confirm", reset),
    ]

    for answer in answers:
        problem = assert_problem(answer, 422)
        assert ["new_password"] == [field["field"] for field in problem["errors"]]
    # The refusal has not spent the token.
    good = {"token": mailed, "new_password": OTHER_PASSWORD}
    assert 200 == api.post("/auth/password-reset/confirm", good).status_code


def test_a_reset_ends_all_sessions_and_works_once(service: Service, api: Api) -> None:
    person = api.newcomer()
    sessions = [api.session(person) for _ in range(2)]
    body = {
        "token": reset_token(service, api, person),
        "new_password": OTHER_PASSWORD,
    }

    first = api.post("/auth/password-reset/confirm", body)
    second = api.post("/auth/password-reset/confirm", body)

    assert 200 == first.status_code
    assert ["message"] == list(first.json())
    assert_problem(second, 400, "Invalid or expired token")
    assert {401} == {api.me(one["access_token"]).status_code for one in sessions}
    assert {401} == {api.refresh(one["refresh_token"]).status_code for one in sessions}
    assert_problem(api.log_in(person), 401, "Invalid credentials")
    assert 200 == api.log_in(person, OTHER_PASSWORD).status_code


def test_a_newer_reset_mail_voids_the_older_one(service: Service, api: Api) -> None:
    person = api.newcomer()
    older = reset_token(service, api, person)
    api.post("/auth/password-reset/request", {"email": person.email})
    newer = service.mailed_token(person.email, "reset", but=[older])

    void, good = (
        api.post(
            "/auth/password-reset/confirm",
            {"token": token, "new_password": OTHER_PASSWORD},
        )
        for token in (older, newer)
    )

    assert_problem(void, 400, "Invalid or expired token")
    assert 200 == good.status_code


def test_a_mailed_reset_outlasts_a_change_of_password_and_proves_the_address(
    service: Service, api: Api
) -> None:
    person = api.newcomer()
    mailed = reset_token(service, api, person)
    token = api.session(person)["access_token"]
    assert 200 == api.post("/auth/change-password", CHANGE, token=token).status_code

    body = {"token": mailed, "new_password": PASSWORD}
    answer = api.post("/auth/password-reset/confirm", body)

    assert 200 == answer.status_code
    assert api.me(api.session(person)["access_token"]).json()["is_verified"]


def test_a_token_is_good_for_its_own_purpose_only(service: Service, api: Api) -> None:
    person = api.newcomer()
    verification = service.mailed_token(person.email, "confirm")
    reset = reset_token(service, api, person)

    wrong = [
        api.post(
            "/auth/password-reset/confirm",
            {"token": verification, "new_password": OTHER_PASSWORD},
        ),
        api.post("/auth/verify-email", {"token": reset}),
    ]

    for answer in wrong:
        assert_problem(answer, 400, "Invalid or expired token")
    assert 200 == api.log_in(person).status_code


@ON_WHAT_LASTS
async def test_a_reset_request_says_the_same_for_every_address(
    service: Service, api: Api
) -> None:
    known, inactive = api.newcomer(), api.newcomer()
    await deactivate(service, inactive)

    answers = [
        api.post("/auth/password-reset/request", {"email": email})
        for email in (inactive.email, "nobody@example.com", "nonsense", known.email)
    ]

    assert {200} == {answer.status_code for answer in answers}
    assert 1 == len({answer.text for answer in answers})
    assert service.mailed_token(known.email, "reset")
    subjects = [mail["Subject"] for mail in service.mails(inactive.email)]
    assert not [subject for subject in subjects if "Reset" in subject]


def test_a_long_password_counts_to_its_last_letter(api: Api) -> None:
    person = replace(Person.new(), password="Aa1!" + "ü" * 500)
    assert 201 == api.register(person).status_code

    cut = api.log_in(person, person.password[:-1])

    assert_problem(cut, 401, "Invalid credentials")
    assert 200 == api.log_in(person).status_code
