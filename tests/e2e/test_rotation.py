import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.http.api import Api, Person, assert_problem
from tests.http.conftest import Serve
from tests.http.records import verified
from tests.servers.databases import ON_EVERY_STORAGE
from tests.servers.service import Service, wait_for

pytestmark = ON_EVERY_STORAGE

GRACE = 2.0


@pytest.fixture(scope="module")
def patient(serve: Serve) -> Service:
    return serve(REFRESH_GRACE_SECONDS="0")


@pytest.fixture(scope="module")
def strict(serve: Serve) -> Service:
    return serve(REFRESH_ROTATION="strict", REFRESH_GRACE_SECONDS="0")


def rotated(api: Api, tokens: dict[str, Any]) -> dict[str, Any]:
    answer = api.refresh(tokens["refresh_token"])
    assert 200 == answer.status_code
    fresh: dict[str, Any] = answer.json()
    return fresh


def assert_stolen(
    service: Service, api: Api, person: Person, *all_tokens: dict[str, Any]
) -> None:
    """Check that the session is dead in all its parts, and that its owner is told."""
    for tokens in all_tokens:
        assert_problem(api.me(tokens["access_token"]), 401, "Session has ended")
        refresh = api.refresh(tokens["refresh_token"])
        assert_problem(refresh, 401, "Invalid or expired refresh token")
    told = wait_for(
        lambda: [m for m in service.mails(person.email) if "ended" in m["Subject"]],
        "a mail about the session",
    )
    assert 1 == len(told)
    assert "reuse detected" in service.output


def test_patient_an_old_token_works_until_its_successor_was_used(
    patient: Service, connect: Callable[[Service], Api]
) -> None:
    api = connect(patient)
    person = verified(patient, api)
    first, other = api.session(person), api.session(person)

    second = rotated(api, first)
    again = rotated(api, first)
    third = rotated(api, second)
    stolen = api.refresh(first["refresh_token"])

    assert second["refresh_token"] == again["refresh_token"]
    assert_problem(stolen, 401, "Invalid or expired refresh token")
    assert_stolen(patient, api, person, first, second, third)
    assert 200 == api.me(other["access_token"]).status_code


def test_patient_a_lost_answer_logs_nobody_out(
    patient: Service, connect: Callable[[Service], Api]
) -> None:
    api = connect(patient)
    tokens = api.session()

    for _ in range(5):
        lost = rotated(api, tokens)
        tokens = rotated(api, tokens)

        assert lost["refresh_token"] == tokens["refresh_token"]
        assert 200 == api.me(tokens["access_token"]).status_code


def test_strict_the_second_use_kills(
    strict: Service, connect: Callable[[Service], Api]
) -> None:
    api = connect(strict)
    person = verified(strict, api)
    first = api.session(person)

    second = rotated(api, first)
    stolen = api.refresh(first["refresh_token"])

    assert_problem(stolen, 401, "Invalid or expired refresh token")
    assert_stolen(strict, api, person, first, second)


async def test_strict_racing_uses_kill_as_well(
    strict: Service, connect: Callable[[Service], Api]
) -> None:
    api = connect(strict)
    person = verified(strict, api)
    first = api.session(person)
    body = {"refresh_token": first["refresh_token"]}

    async with strict.crowd() as crowd:
        calls = (crowd.post("/auth/refresh", json=body) for _ in range(50))
        answers = await asyncio.gather(*calls)

    (winner,) = [answer.json() for answer in answers if answer.is_success]
    assert {200, 401} == {answer.status_code for answer in answers}
    assert_stolen(strict, api, person, first, winner)


def test_strict_a_client_that_keeps_up_stays(
    strict: Service, connect: Callable[[Service], Api]
) -> None:
    api = connect(strict)
    tokens = api.session()

    for _ in range(5):
        tokens = rotated(api, tokens)

    assert 200 == api.me(tokens["access_token"]).status_code


def test_a_spent_token_is_tolerated_for_the_grace_and_no_longer(
    serve: Serve, connect: Callable[[Service], Api]
) -> None:
    services = [
        serve(REFRESH_ROTATION=rotation, REFRESH_GRACE_SECONDS=f"{GRACE:g}")
        for rotation in ("patient", "strict")
    ]
    people = [verified(service, connect(service)) for service in services]
    pasts = [
        spent_within_the_grace(connect(service), person)
        for service, person in zip(services, people, strict=True)
    ]
    time.sleep(GRACE + 0.1)  # nothing else tells that it is over

    for service, person, past in zip(services, people, pasts, strict=True):
        api = connect(service)
        stolen = api.refresh(past[0]["refresh_token"])

        assert_problem(stolen, 401, "Invalid or expired refresh token")
        assert_stolen(service, api, person, *past)


def spent_within_the_grace(api: Api, person: Person) -> list[dict[str, Any]]:
    """Return the tokens of a session; its first one is spent, and still good."""
    first = api.session(person)
    second = rotated(api, first)
    last = rotated(api, second)

    tolerated = rotated(api, first)

    assert last["refresh_token"] == tolerated["refresh_token"]
    return [first, second, last, tolerated]


def test_garbage_never_ends_a_session(
    strict: Service, connect: Callable[[Service], Api]
) -> None:
    api = connect(strict)
    tokens = api.session()
    header, claims, signature = tokens["refresh_token"].split(".")

    for garbage in (
        f"{header}.{claims}.{signature[::-1]}",
        f"{header}.{claims}.",
        tokens["access_token"],
    ):
        assert_problem(api.refresh(garbage), 401)

    assert 200 == api.me(tokens["access_token"]).status_code
    assert 200 == api.refresh(tokens["refresh_token"]).status_code
