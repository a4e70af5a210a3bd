"""Limits that are not by address; those by address are wide open here."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial

import httpx
import pytest

from tests.http.api import OTHER_PASSWORD, WRONG_PASSWORD, Api, Person, assert_problem
from tests.http.conftest import Serve
from tests.servers.databases import ON_MEMORY, Settings
from tests.servers.service import NO_TLS, Service

pytestmark = ON_MEMORY  # attempts are not counted in the storage

OPEN = {
    "RATE_LIMIT_ENABLED": "true",
    "RATE_LIMIT_LOGIN": "1000/second",
    "RATE_LIMIT_REGISTER": "1000/second",
    "RATE_LIMIT_CHANGE_PASSWORD": "1000/second",
    "RATE_LIMIT_PASSWORD_RESET": "1000/second",
    "RATE_LIMIT_RESEND_VERIFICATION": "1000/second",
}
HOME, ELSEWHERE = "127.0.0.2", "127.0.0.3"


@pytest.fixture(scope="module")
def guarded(serve: Serve, counted: Settings) -> Service:
    return serve(**OPEN, **counted, RATE_LIMIT_REFRESH="4/minute;100/hour")


@pytest.fixture
def at(guarded: Service) -> Iterator[Callable[[str], Api]]:
    """Make clients that call from an address of their own."""
    with ExitStack() as clients:

        def client(address: str) -> Api:
            transport = httpx.HTTPTransport(local_address=address, verify=NO_TLS)
            one = httpx.Client(
                base_url=guarded.url, transport=transport, timeout=30, verify=NO_TLS
            )
            return Api(clients.enter_context(one))

        yield client


def guess(ask: Callable[[], httpx.Response]) -> list[httpx.Response]:
    """Ask until one must wait: each time that goes wrong, it is for twice as long."""
    answers = [ask()]
    while answers[-1].status_code != 429:
        answers.append(ask())
    return answers


def test_who_guesses_must_wait_and_the_owner_need_not(
    at: Callable[[str], Api],
) -> None:
    owner, thief = at(HOME), at(ELSEWHERE)
    person = owner.newcomer()
    owner.session(person)

    *wrong, refused = guess(lambda: thief.log_in(person, WRONG_PASSWORD))

    assert {401} == {answer.status_code for answer in wrong}
    assert 6 <= len(wrong)
    seconds = int(refused.headers["Retry-After"])
    detail = f"Too many requests, try again in {seconds} seconds"
    problem = assert_problem(refused, 429, detail)
    assert ("about:blank", "too_many_attempts") == (problem["type"], problem["code"])
    # The limits by address have nothing to do with it, and would name another time.
    assert "RateLimit" not in refused.headers
    assert 429 == thief.log_in(person).status_code
    assert 200 == owner.log_in(person).status_code


def test_nobody_learns_from_a_wait_whether_an_account_exists(
    at: Callable[[str], Api],
) -> None:
    thief = at(ELSEWHERE)
    told = []

    for person in (thief.newcomer(), Person.new()):
        refused = guess(partial(thief.log_in, person, WRONG_PASSWORD))[-1]
        seconds = refused.headers["Retry-After"]
        problem = assert_problem(refused, 429)
        assert seconds in problem["detail"]
        named = {*refused.headers} - {"content-length"}
        del problem["request_id"], problem["detail"]
        told.append((named, problem))

    assert told[0] == told[1]


def test_a_stolen_access_token_does_not_let_anybody_guess_the_password(
    at: Callable[[str], Api],
) -> None:
    owner, thief = at(HOME), at(ELSEWHERE)
    person = owner.newcomer()
    token = owner.session(person)["access_token"]

    def change(api: Api, current: str) -> httpx.Response:
        body = {"current_password": current, "new_password": OTHER_PASSWORD}
        return api.post("/auth/change-password", body, token=token)

    *wrong, refused = guess(lambda: change(thief, WRONG_PASSWORD))

    assert {400} == {answer.status_code for answer in wrong}
    assert_problem(refused, 429)
    assert_problem(change(thief, person.password), 429)
    assert 200 == change(owner, person.password).status_code


def test_who_resets_the_password_can_log_in_at_once(
    guarded: Service, at: Callable[[str], Api]
) -> None:
    owner, thief = at(HOME), at(ELSEWHERE)
    person = owner.newcomer()
    guess(lambda: thief.log_in(person, WRONG_PASSWORD))
    assert 429 == owner.log_in(person).status_code
    owner.post("/auth/password-reset/request", {"email": person.email})
    mailed = guarded.mailed_token(person.email, "reset")

    reset = {"token": mailed, "new_password": OTHER_PASSWORD}
    assert 200 == owner.post("/auth/password-reset/confirm", reset).status_code

    guess(lambda: thief.log_in(person, WRONG_PASSWORD))
    assert 200 == owner.log_in(person, OTHER_PASSWORD).status_code


def test_a_recipient_gets_five_mails_an_hour_and_every_asker_the_same_answer(
    guarded: Service, at: Callable[[str], Api]
) -> None:
    api = at(HOME)
    flooded, other = api.newcomer(), api.newcomer()

    def ask(email: str, path: str = "password-reset/request") -> tuple[int, str]:
        answer = api.post(f"/auth/{path}", {"email": email})
        return answer.status_code, answer.text

    asked, tokens = [], list[str]()
    for _ in range(4):
        asked.append(ask(flooded.email))
        # One that is voided before it goes out is not sent at all.
        tokens.append(guarded.mailed_token(flooded.email, "reset", but=tokens))
    asked += [ask(flooded.email) for _ in range(4)]
    asked += [ask("nobody@example.com") for _ in range(9)]
    resent = [
        ask(person.email, "resend-verification") for person in (flooded, Person.new())
    ]

    assert 1 == len({*asked})
    assert 1 == len({*resent})
    assert (200, 200) == (asked[0][0], resent[0][0])
    # Mails go out in order: once this one is there, so is all that was before it.
    ask(other.email)
    guarded.mailed_token(other.email, "reset")
    assert 1 + 4 == len(guarded.mails(flooded.email))
    last = {"token": tokens[-1], "new_password": OTHER_PASSWORD}
    assert 200 == api.post("/auth/password-reset/confirm", last).status_code


def test_a_refresh_too_many_ends_no_session(at: Callable[[str], Api]) -> None:
    api = at(HOME)
    person = api.newcomer()
    tokens, other = api.session(person), api.session(person)

    answers = [api.refresh(tokens["refresh_token"]) for _ in range(5)]

    assert [200] * 4 + [429] == [answer.status_code for answer in answers]
    problem = assert_problem(answers[-1], 429)
    assert ["refresh/minute"] == problem["violated-policies"]
    policy = '"refresh/minute";q=4;w=60, "refresh/hour";q=100;w=3600'
    assert policy == answers[-1].headers["RateLimit-Policy"]
    assert 200 == api.me(answers[0].json()["access_token"]).status_code
    assert 200 == api.refresh(other["refresh_token"]).status_code
