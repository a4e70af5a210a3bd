"""Where the service listens, with one process and with several; and what keeps it from it."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.servers import LOOPBACK
from tests.servers.service import NO_TLS, Service

WORKERS = pytest.mark.parametrize("workers", ["1", "2"])
IPV6_LOOPBACK = "::1"


@WORKERS
@pytest.mark.parametrize(
    ("host", "reached"),
    [
        ("::", {LOOPBACK, IPV6_LOOPBACK}),
        ("0.0.0.0", {LOOPBACK}),  # noqa: S104 - it is what is tested
        (LOOPBACK, {LOOPBACK}),
        (IPV6_LOOPBACK, {IPV6_LOOPBACK}),
    ],
)
def test_a_host_means_the_same_for_any_number_of_workers(
    tmp_path: Path, host: str, reached: set[str], workers: str
) -> None:
    with listening(tmp_path, HOST=host, WORKERS=workers) as service:
        found = {
            it for it in (LOOPBACK, IPV6_LOOPBACK) if answers(service, at=url_of(it))
        }

        assert reached == found


@WORKERS
def test_a_name_means_all_its_addresses(tmp_path: Path, workers: str) -> None:
    infos = socket.getaddrinfo("localhost", 80, type=socket.SOCK_STREAM)
    addresses = {address[0] for *_, address in infos}

    with listening(tmp_path, HOST="localhost", WORKERS=workers) as service:
        for address in addresses:
            assert answers(service, at=url_of(str(address)))


def test_clients_over_both_versions_are_told_apart_by_their_addresses(
    tmp_path: Path,
) -> None:
    with listening(tmp_path, HOST="::", RATE_LIMIT_ENABLED="true") as service:
        for address in (LOOPBACK, IPV6_LOOPBACK):
            answers(service, at=url_of(address), path="/nowhere")

        assert "client=127.0.0.1 " in service.output
        assert "client=::1 " in service.output


@WORKERS
def test_a_busy_port_is_told_in_one_line_before_anything_starts(
    tmp_path: Path, workers: str
) -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        port = other.getsockname()[1]

        said = refusal(tmp_path, PORT=str(port), WORKERS=workers)

    assert f"PORT: {port} is in use on 127.0.0.1" in said
    assert not (tmp_path / "var" / "scribes.db").exists()


@pytest.mark.parametrize(
    ("host", "advice"),
    [
        ("nowhere.invalid", "'nowhere.invalid' is no address"),
        ("http://127.0.0.1", "write the address alone"),
        ("127.0.0.1:8000", "write the address alone"),
        ("a" * 70, "write 127.0.0.1 for this machine only"),
        ("192.0.2.1", "192.0.2.1 is no address of this machine"),
    ],
)
def test_a_host_that_can_not_be_listened_on_is_told(
    tmp_path: Path, host: str, advice: str
) -> None:
    said = refusal(tmp_path, HOST=host)

    assert "HOST: " in said
    assert advice in said


@contextmanager
def listening(directory: Path, **settings: str) -> Iterator[Service]:
    """Start a service that need not be reached where others are."""
    with ExitStack() as ends:
        service = Service(directory, **settings)
        service.url = url_of(settings["HOST"]).format(service.port)
        ends.callback(service.stop)
        service.launch()
        service.await_ready()
        yield service


def refusal(directory: Path, **settings: str) -> str:
    service = Service(directory, **settings)
    process = service.launch()
    assert process.wait(30) != 0
    assert "Traceback" not in service.output
    assert "startup" not in service.output
    told = [it for it in service.output.splitlines() if "[warning" not in it]
    (line,) = [it for it in told if not it.startswith("The configuration")]
    return line


def answers(service: Service, *, at: str, path: str = "/livez") -> bool:
    try:
        httpx.get(at.format(service.port) + path, verify=NO_TLS)
    except httpx.TransportError:
        return False
    return True


def url_of(host: str) -> str:
    ours = {"::": IPV6_LOOPBACK, "0.0.0.0": LOOPBACK}.get(host, host)  # noqa: S104
    return f"http://[{ours}]:{{}}" if ":" in ours else f"http://{ours}:{{}}"
