import asyncio
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.http.api import Api, Person, bearer
from tests.http.conftest import Serve
from tests.http.wire import wire_to
from tests.servers.service import NO_TLS, Service, wait_for

WORKER = re.compile(r"Started server process \[(\d+)\]")
PEOPLE = 20


@pytest.fixture(scope="module")
def service(serve: Serve) -> Service:
    return serve(WORKERS="2", READ_TIMEOUT_SECONDS="2")  # a crowd needs some of it


@pytest.fixture(scope="module")
def workers(service: Service) -> list[int]:
    def started() -> list[int] | None:
        found = [int(pid) for pid in WORKER.findall(service.output)]
        up = service.output.count("Application startup complete")
        return found if len(found) == up == 2 else None

    return wait_for(started, "both workers")


@contextmanager
def suspended(pid: int) -> Iterator[None]:
    """Let somebody else do the work of a process that the service started."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_each_worker_serves_and_knows_every_session(
    service: Service, workers: list[int], connect: Callable[[Service], Api]
) -> None:
    token = connect(service).session()["access_token"]

    for worker in workers:
        with suspended(worker):
            # A connection of its own: the idle worker holds the older ones.
            answer = httpx.get(
                f"{service.url}/auth/me", headers=bearer(token), verify=NO_TLS
            )

        assert 200 == answer.status_code


def test_each_worker_has_the_timeouts(service: Service, workers: list[int]) -> None:
    for worker in workers:
        with suspended(worker), wire_to(service) as wire:
            wire.send_raw(b"GET /livez HTTP/1.1\r\n")
            begun = time.monotonic()

            assert b"" == wire.rest()

        assert time.monotonic() - begun < 9  # by default, ten


@pytest.mark.usefixtures("workers")
async def test_one_mail_is_sent_for_each_event(service: Service) -> None:
    people = [Person.new() for _ in range(PEOPLE)]

    async with service.crowd() as crowd:
        answers = await asyncio.gather(
            *(crowd.post("/auth/register", json=one.details) for one in people)
        )

    assert {201} == {answer.status_code for answer in answers}
    for person in people:
        assert service.mailed_token(person.email, "confirm")
    sent = [line for line in service.output.splitlines() if "Email sent" in line]
    about = [line.partition("event_id=")[2].split()[0] for line in sent]
    assert len(about) == len(set(about)) == len(service.mails())


async def test_workers_agree_on_one_new_refresh_token(
    service: Service, workers: list[int], connect: Callable[[Service], Api]
) -> None:
    tokens = connect(service).session()
    body = {"refresh_token": tokens["refresh_token"]}

    async with service.crowd() as crowd:
        answers = await asyncio.gather(
            *(crowd.post("/auth/refresh", json=body) for _ in range(50))
        )

    assert 2 == len(workers)
    assert {200} == {answer.status_code for answer in answers}
    assert 1 == len({answer.json()["refresh_token"] for answer in answers})


def test_all_workers_end_when_they_are_told_to(install: Serve) -> None:
    service = install(WORKERS="2").start()
    workers = [int(pid) for pid in WORKER.findall(service.output)]

    code = service.stop()

    assert 0 == code
    assert "Traceback" not in service.output
    for pid in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
