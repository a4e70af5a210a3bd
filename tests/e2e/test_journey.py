from collections.abc import Callable

from tests.http.api import OTHER_PASSWORD, Api, Person, assert_problem
from tests.http.conftest import Serve
from tests.servers.databases import ON_EVERY_STORAGE
from tests.servers.service import Service, wait_for


@ON_EVERY_STORAGE
def test_a_whole_life_of_an_account(
    serve: Serve, connect: Callable[[Service], Api]
) -> None:
    service = serve()
    api = connect(service)
    person = Person.new()

    assert 201 == api.register(person).status_code
    verification = {"token": service.mailed_token(person.email, "confirm")}
    assert 200 == api.post("/auth/verify-email", verification).status_code

    first = api.session(person)
    me = api.me(first["access_token"]).json()
    assert (person.email, True) == (me["email"], me["is_verified"])
    second = api.refresh(first["refresh_token"]).json()
    third = api.refresh(second["refresh_token"]).json()
    refresh_tokens = {one["refresh_token"] for one in (first, second, third)}
    assert 3 == len(refresh_tokens)
    assert 200 == api.post("/auth/logout", token=third["access_token"]).status_code
    for tokens in (first, second, third):
        assert_problem(api.me(tokens["access_token"]), 401, "Session has ended")

    old = [api.session(person) for _ in range(2)]
    request = {"email": person.email}
    assert 200 == api.post("/auth/password-reset/request", request).status_code
    reset = {
        "token": service.mailed_token(person.email, "reset"),
        "new_password": OTHER_PASSWORD,
    }
    assert 200 == api.post("/auth/password-reset/confirm", reset).status_code
    assert 400 == api.post("/auth/password-reset/confirm", reset).status_code
    assert 401 == api.log_in(person).status_code
    for tokens in old:
        assert 401 == api.me(tokens["access_token"]).status_code
        assert 401 == api.refresh(tokens["refresh_token"]).status_code

    new = api.log_in(person, OTHER_PASSWORD).json()
    assert 200 == api.me(new["access_token"]).status_code
    wait_for(lambda: len(service.mails(person.email)) == 3, "the last mail")
    assert {"Confirm", "Reset", "Your"} == {
        mail["Subject"].split()[0] for mail in service.mails(person.email)
    }
