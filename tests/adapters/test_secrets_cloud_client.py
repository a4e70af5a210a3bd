import asyncio
from contextlib import AsyncExitStack

import pytest

from adapters.secrets import cloud as remote
from adapters.secrets.cloud import LoopBoundClient, VersionCache, retried_once
from adapters.system import SystemClock
from core.errors import SecretDenied, SecretsUnavailable
from core.model import SecretVersion

NOW = SystemClock().now()


class Network:
    """Counts what was opened and closed."""

    def __init__(self, failures: int = 0) -> None:
        self.opened = 0
        self.closed = 0
        self.failures = failures

    async def connect(self, stack: AsyncExitStack) -> str:
        self.opened += 1
        stack.callback(self.close)
        await asyncio.sleep(0)
        if self.failures:
            self.failures -= 1
            raise ConnectionError
        return f"client {self.opened}"

    def close(self) -> None:
        self.closed += 1


async def test_many_at_once_share_a_client() -> None:
    network, connection = Network(), LoopBoundClient[str]()

    found = await asyncio.gather(
        *(connection.client(network.connect) for _ in range(20))
    )

    assert {"client 1"} == {*found}
    await connection.aclose()
    assert (1, 1) == (network.opened, network.closed)


async def test_a_client_that_was_not_made_leaves_nothing_open() -> None:
    network, connection = Network(failures=1), LoopBoundClient[str]()

    with pytest.raises(ConnectionError):
        await connection.client(network.connect)

    assert (1, 1) == (network.opened, network.closed)
    assert "client 2" == await connection.client(network.connect)


async def test_another_loop_gets_a_client_of_its_own() -> None:
    network, connection = Network(), LoopBoundClient[str]()
    await connection.client(network.connect)

    async def elsewhere() -> str:
        return await connection.client(network.connect)

    assert "client 2" == await asyncio.to_thread(lambda: asyncio.run(elsewhere()))
    await connection.aclose()  # not that one: its loop is another
    assert 0 == network.closed
    assert "client 3" == await connection.client(network.connect)


async def test_closing_waits_for_a_client_that_is_being_made() -> None:
    network, connection = Network(), LoopBoundClient[str]()

    asking = asyncio.create_task(connection.client(network.connect))
    await asyncio.sleep(0)
    await connection.aclose()
    await asking

    assert (1, 1) == (network.opened, network.closed)


@pytest.mark.parametrize(
    ("error", "tries"), [(SecretDenied, 1), (SecretsUnavailable, 2)]
)
async def test_only_what_is_unavailable_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception], tries: int
) -> None:
    monkeypatch.setattr(remote, "PAUSE", 0.0)
    tried = []

    async def attempt() -> None:
        tried.append(error)
        raise error

    with pytest.raises(error):
        await retried_once(attempt)

    assert tries == len(tried)


async def test_the_first_error_ends_all_other_looks() -> None:
    ended = []

    async def read(number: int) -> SecretVersion:
        if number == 0:
            raise SecretDenied("no")
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(number)
        return SecretVersion("x", f"{number}", NOW)

    with pytest.raises(SecretDenied, match="no"):
        await VersionCache().all("jwt-secret", [1, 2, 0], read)

    assert [1, 2] == sorted(ended)


async def test_what_is_not_listed_any_more_is_forgotten() -> None:
    kept, reads = VersionCache(), []

    async def read(number: int) -> SecretVersion:
        reads.append(number)
        return SecretVersion("x", f"{number}", NOW)

    for listed in ([2, 1], [2, 1], [2], [2, 1]):
        found = await kept.all("jwt-secret", listed, read)
        assert [f"{number}" for number in listed] == [it.version for it in found]

    assert [2, 1, 1] == reads


async def test_secrets_are_kept_apart() -> None:
    kept = VersionCache()

    async def read(secret: str) -> SecretVersion:
        return SecretVersion(f"of {secret}", "1", NOW)

    for secret in ("a", "b"):

        async def first(_: int, secret: str = secret) -> SecretVersion:
            return await read(secret)

        (found,) = await kept.all(secret, [1], first)
        assert f"of {secret}" == found.value
