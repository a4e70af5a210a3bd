import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import httpx
import pytest

from tests.http.api import OTHER_PASSWORD, PASSWORD, Api, Person, bearer, decoded
from tests.http.conftest import Serve
from tests.servers.databases import ON_EVERY_STORAGE
from tests.servers.service import Service

pytestmark = ON_EVERY_STORAGE

RACERS = 50


@pytest.fixture(scope="module")
def service(serve: Serve) -> Service:
    return serve()


@pytest.fixture
def api(service: Service, connect: Callable[[Service], Api]) -> Api:
    return connect(service)


async def race(
    service: Service, path: str, bodies: Sequence[object], token: str | None = None
) -> list[httpx.Response]:
    """Send all of them at the same moment, each over a connection of its own."""
    async with service.crowd() as crowd:
        calls = (crowd.post(path, json=body, headers=bearer(token)) for body in bodies)
        return await asyncio.gather(*calls)


def statuses(answers: Sequence[httpx.Response]) -> dict[int, int]:
    return Counter(answer.status_code for answer in answers)


async def test_refreshes_at_the_same_moment_agree_on_one_new_token(
    service: Service, api: Api
) -> None:
    tokens = api.session()

    for generation in (1, 2):
        body = {"refresh_token": tokens["refresh_token"]}
        answers = await race(service, "/auth/refresh", [body] * RACERS)

        assert {200: RACERS} == statuses(answers)
        fresh = {answer.json()["refresh_token"] for answer in answers}
        assert 1 == len(fresh - {tokens["refresh_token"]}) == len(fresh)
        _, claims = decoded(fresh.pop())
        assert generation == claims["gen"]
        access_tokens = {answer.json()["access_token"] for answer in answers}
        assert RACERS == len(access_tokens)
        assert 200 == api.me(access_tokens.pop()).status_code
        tokens = answers[0].json() | {"user": tokens["user"]}


async def test_an_email_registers_once_whoever_races(service: Service) -> None:
    person = Person.new()
    racers = [replace(Person.new(), email=person.email) for _ in range(RACERS)]

    answers = await race(service, "/auth/register", [one.details for one in racers])

    assert {201: 1, 400: RACERS - 1} == statuses(answers)
    refusals = {a.json()["detail"] for a in answers if a.status_code == 400}
    assert {"Email already registered"} == refusals
    assert service.mailed_token(person.email, "confirm")
    assert 1 == len(service.mails(person.email))
    # Who lost left nothing behind: their usernames are free.
    losers = [one for one, a in zip(racers, answers, strict=True) if a.is_error]
    again = [replace(Person.new(), username=one.username).details for one in losers]
    for start in range(0, len(again), 10):
        some = again[start : start + 10]
        registered = await race(service, "/auth/register", some)
        assert {201: len(some)} == statuses(registered)


async def test_a_username_registers_once_whoever_races(service: Service) -> None:
    person = Person.new()
    racers = [replace(Person.new(), username=person.username) for _ in range(RACERS)]

    answers = await race(service, "/auth/register", [one.details for one in racers])

    assert {201: 1, 400: RACERS - 1} == statuses(answers)
    refusals = {a.json()["detail"] for a in answers if a.status_code == 400}
    assert {"Username already taken"} == refusals


async def test_log_ins_at_the_same_moment_are_sessions_of_their_own(
    service: Service, api: Api
) -> None:
    person = api.newcomer()

    answers = await race(service, "/auth/login", [person.credentials] * RACERS)

    assert {200: RACERS} == statuses(answers)
    for kind in ("access_token", "refresh_token"):
        assert RACERS == len({answer.json()[kind] for answer in answers})
    ended = api.post("/auth/logout-all", token=answers[0].json()["access_token"])
    assert f"{RACERS} sessions" in ended.json()["message"]


async def test_mailed_tokens_are_spent_once_whoever_races(
    service: Service, api: Api
) -> None:
    person = api.newcomer()
    verification = {"token": service.mailed_token(person.email, "confirm")}
    api.post("/auth/password-reset/request", {"email": person.email})
    reset_token = service.mailed_token(person.email, "reset")
    resets = [
        {"token": reset_token, "new_password": f"{OTHER_PASSWORD}{number}"}
        for number in range(RACERS)
    ]

    verified = await race(service, "/auth/verify-email", [verification] * RACERS)
    reset = await race(service, "/auth/password-reset/confirm", resets)

    assert {200: 1, 400: RACERS - 1} == statuses(verified)
    assert {200: 1, 400: RACERS - 1} == statuses(reset)
    (winner,) = [n for n, answer in enumerate(reset) if answer.is_success]
    password = resets[winner]["new_password"]
    assert 200 == api.log_in(person, password).status_code


async def test_of_all_who_verify_or_remove_an_account_one_succeeds(
    service: Service, api: Api
) -> None:
    person = api.newcomer()
    access = api.session(person)["access_token"]
    token = {"token": service.mailed_token(person.email, "confirm")}

    answers = await asyncio.gather(
        *(
            race(service, f"/auth/verify-email{path}", [token] * (RACERS // 2))
            for path in ("", "/reject")
        )
    )

    verified, removed = (statuses(of_one) for of_one in answers)
    assert 1 == verified.get(200, 0) + removed.get(200, 0)
    assert RACERS - 1 == verified.get(400, 0) + removed.get(400, 0)
    expected = (401, 401) if removed.get(200) else (200, 200)
    assert expected == (api.me(access).status_code, api.log_in(person).status_code)


async def test_a_password_changes_once_whoever_races(
    service: Service, api: Api
) -> None:
    person = api.newcomer()
    token = api.session(person)["access_token"]
    changes = [
        {"current_password": PASSWORD, "new_password": f"{OTHER_PASSWORD}{number}"}
        for number in range(RACERS)
    ]

    answers = await race(service, "/auth/change-password", changes, token)

    # The others' session has ended, or their password is no longer the current one.
    counts = statuses(answers)
    assert {200, 400, 401} >= counts.keys()
    assert 1 == counts[200]
    (winner,) = [n for n, answer in enumerate(answers) if answer.is_success]
    assert 200 == api.log_in(person, changes[winner]["new_password"]).status_code
    assert 401 == api.me(token).status_code
    assert 200 == api.me(answers[winner].json()["access_token"]).status_code


async def test_a_log_out_during_refreshes_stays_a_log_out(
    service: Service, api: Api
) -> None:
    tokens = api.session()
    body = {"refresh_token": tokens["refresh_token"]}
    async with service.crowd() as crowd:
        refreshes = [crowd.post("/auth/refresh", json=body) for _ in range(RACERS)]
        headers = bearer(tokens["access_token"])
        log_out = crowd.post("/auth/logout", headers=headers)

        *answers, logged_out = await asyncio.gather(*refreshes, log_out)

    assert 200 == logged_out.status_code
    assert statuses(answers).keys() <= {200, 401}
    assert 401 == api.refresh(tokens["refresh_token"]).status_code
    for answer in answers:
        if answer.is_success:
            assert 401 == api.me(answer.json()["access_token"]).status_code
