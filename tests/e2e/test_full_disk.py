import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.http.api import Api, Person, assert_problem
from tests.http.conftest import Serve
from tests.servers.databases import ON_SQLITE
from tests.servers.service import Service


@contextmanager
def full_disk(service: Service) -> Iterator[None]:
    """Let no file of the service grow: what it has room for, its log has."""
    assert service.process
    pid = service.process.pid
    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    log = service.directory / "var" / "scribes.db-wal"
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (log.stat().st_size, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))


@ON_SQLITE
def test_a_service_that_cant_write_is_not_ready(
    serve: Serve, connect: Callable[[Service], Api]
) -> None:
    service = serve()
    api = connect(service)
    ada = api.newcomer()
    token = api.session(ada)["access_token"]

    with full_disk(service):
        assert_problem(api.register(Person.new()), 503)
        assert_problem(api.log_in(ada), 503)
        assert_problem(api.client.get("/readyz"), 503)
        assert "disconnected" == api.client.get("/health").json()["database"]
        assert 200 == api.client.get("/livez").status_code
        assert ada.email == api.me(token).json()["email"]

    assert 200 == api.client.get("/readyz").status_code
    assert 200 == api.log_in(ada).status_code
    assert "connected" == api.client.get("/health").json()["database"]
    api.newcomer()
