"""`scribes-auth healthcheck`: what a container's engine learns of the service in it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from entrypoints.cli.healthcheck import EVERYWHERE
from tests.servers.black_hole import black_hole
from tests.servers.processes import free_port
from tests.servers.service import Service, wait_for

READY, NOT_READY, AWAY, CONFIGURATION = 0, 1, 69, 78


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("service")) as running:
        yield running


def ask(service: Service, *arguments: str, **settings: str) -> tuple[int, str, str]:
    """Ask with the service's settings but for these."""
    settings = service.settings | {"PORT": str(service.port)} | settings
    asks = Service(service.directory, **settings)
    ended = asks.run("healthcheck", *arguments)
    assert "Traceback" not in ended.stderr
    return ended.returncode, ended.stdout, ended.stderr


@pytest.mark.parametrize("host", [*sorted(EVERYWHERE), "[::]", "localhost"])
def test_a_service_that_is_ready_is_reached_wherever_it_listens(
    service: Service, host: str
) -> None:
    assert (READY, "Ready.\n", "") == ask(service, HOST=host)


def test_no_other_setting_counts_and_no_secret_is_fetched(service: Service) -> None:
    settings = {
        "SECRETS_URL": f"file://{service.directory}/nowhere",
        "DATABASE_URL": "secret:database",
        "BCRYPT_ROUNDS": "99",
        "APP_ENV": "production",
    }

    assert READY == ask(service, **settings)[0]


def test_where_to_ask_may_be_in_a_file_or_said(
    service: Service, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text(f"port={service.port}\n", encoding="utf-8-sig")
    elsewhere = Service(tmp_path, PORT="")

    assert READY == elsewhere.run("healthcheck").returncode
    assert READY == ask(service, "--port", str(service.port), PORT="0")[0]


@pytest.mark.parametrize("settings", [{"PORT": "0"}, {"PORT": "http"}, {"HOST": "*"}])
def test_a_place_that_is_none_is_a_configuration_that_cannot_work(
    service: Service, settings: dict[str, str]
) -> None:
    code, said, told = ask(service, **settings)

    assert (CONFIGURATION, "") == (code, said)
    assert told.startswith(("PORT", "HOST, PORT"))


def test_a_service_that_waits_for_its_storage_is_not_ready(tmp_path: Path) -> None:
    away = f"postgresql://u@127.0.0.1:{free_port()}/x"
    waiting = Service(tmp_path, DATABASE_URL=away)
    waiting.launch()
    try:
        wait_for(
            lambda: waiting.run("healthcheck").returncode == NOT_READY, "an answer"
        )

        code, said, told = ask(waiting)
    finally:
        waiting.kill()

    assert (NOT_READY, "") == (code, said)
    assert "database disconnected" in told


def test_a_port_where_nobody_listens_is_away(service: Service) -> None:
    code, said, told = ask(service, PORT=str(free_port()))

    assert (AWAY, "") == (code, said)
    assert "127.0.0.1" in told


@pytest.mark.parametrize("greeting", [b"", b"SSH-2.0-other\r\n"])
async def test_whoever_else_listens_there_is_no_service_of_ours(
    service: Service, greeting: bytes
) -> None:
    async with black_hole(greeting) as port:
        told = await asyncio.to_thread(
            ask, service, "--port", str(port), "--timeout", "0.2"
        )

    assert (AWAY, "") == told[:2]
