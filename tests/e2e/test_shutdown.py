import asyncio
import signal
import time

from tests.http.api import Api, bearer
from tests.http.conftest import Serve
from tests.http.wire import wire_to
from tests.servers.service import wait_for

LOGINS = 6


async def test_log_ins_under_way_are_answered_before_the_end(install: Serve) -> None:
    service = install(BCRYPT_ROUNDS="12").start()
    with service.client() as client:
        person = Api(client).newcomer()

    async with service.crowd() as crowd:
        # Connections first, so that each request arrives as soon as it is sent.
        await asyncio.gather(*(crowd.get("/livez") for _ in range(LOGINS)))
        log_ins = [
            asyncio.create_task(crowd.post("/auth/login", json=person.credentials))
            for _ in range(LOGINS)
        ]
        for _ in log_ins:  # whatever was sent before the last of these has been read
            await crowd.get("/livez")
        assert not all(task.done() for task in log_ins)
        code = await asyncio.to_thread(service.stop)
        answers = await asyncio.gather(*log_ins)

    assert 0 == code
    assert [200] * LOGINS == [answer.status_code for answer in answers]
    assert "Traceback" not in service.output
    files = service.directory.glob("var/scribes.db*")
    assert ["scribes.db"] == [file.name for file in files]
    assert [(LOGINS,)] == service.sql("SELECT count(*) FROM sessions")
    assert [("ok",)] == service.sql("PRAGMA integrity_check")
    service.start()
    with service.client() as client:
        for answer in answers:
            token = answer.json()["access_token"]
            assert 200 == client.get("/auth/me", headers=bearer(token)).status_code


def test_what_is_sent_as_it_stops_is_answered_and_told_that_it_was_the_last(
    install: Serve,
) -> None:
    service = install().start()
    assert service.process
    request = ("GET /livez HTTP/1.1", "Host: localhost")
    with wire_to(service) as fresh, wire_to(service) as kept:
        kept.send(*request)
        assert kept.next_answer().is_success

        service.process.send_signal(signal.SIGTERM)
        wait_for(lambda: "Shutting down" in service.output, "the stop")
        for wire in (kept, fresh):
            wire.send(*request)
        answers = [wire.answer() for wire in (kept, fresh)]

        assert 0 == service.process.wait(20)
    assert [200] * 2 == [it.status_code for it in answers]
    assert ["close"] * 2 == [it.headers["Connection"] for it in answers]


def test_a_request_that_does_not_end_holds_it_up_only_so_long(install: Serve) -> None:
    service = install(SHUTDOWN_TIMEOUT_SECONDS="1", READ_TIMEOUT_SECONDS="60").start()
    with wire_to(service) as wire, service.client() as client:
        length = "Content-Length: 100"
        wire.send("POST /auth/login HTTP/1.1", "Content-Type: application/json", length)
        client.get("/livez")
        begun = time.monotonic()

        assert 0 == service.stop()

    assert time.monotonic() - begun < 20


def test_ctrl_c_ends_it_as_well_and_idle_connections_do_not_hold_it_up(
    install: Serve,
) -> None:
    service = install(SHUTDOWN_TIMEOUT_SECONDS="60").start()
    assert service.process
    with service.client() as idle:
        idle.get("/livez")

        service.process.send_signal(signal.SIGINT)

        assert 0 == service.process.wait(20)
    assert "Traceback" not in service.output


def test_a_stop_before_the_start_is_done_does_no_harm(install: Serve) -> None:
    service = install()
    service.launch()
    wait_for(
        (service.directory / "var" / "jwt-secret").exists, "the first sign of life"
    )

    code = service.stop()

    assert code in {0, -signal.SIGTERM}
    assert "Traceback" not in service.output
    service.start()
