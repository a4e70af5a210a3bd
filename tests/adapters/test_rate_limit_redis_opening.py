import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from adapters.rate_limit.redis import RedisRateLimiter
from adapters.rate_limit.redis.rights import COMMANDS
from core.errors import BadConfiguration, Unavailable
from tests.adapters.redis_world import (
    LIMIT,
    limiter_at,
    use_all,
)
from tests.contract.rate_limiter import hit
from tests.servers.certificates import LocalAuthority
from tests.servers.processes import free_port
from tests.servers.service import wait_for
from tests.servers.tls_front import TlsFront
from tests.servers.valkey import ValkeyServer


@pytest.fixture
def cluster() -> Iterator[list[ValkeyServer]]:
    """Yield two nodes, each of which has half of the slots."""
    buses = [free_port(), free_port()]
    nodes = [
        ValkeyServer("--cluster-enabled", "yes", "--cluster-port", str(bus))
        for bus in buses
    ]
    try:
        for node, half in zip(nodes, ("0 8191", "8192 16383"), strict=True):
            node.start()
            assert "OK" in node.ask(f"CLUSTER ADDSLOTSRANGE {half}")
        one, other = nodes
        assert "OK" in one.ask(f"CLUSTER MEET {other.host} {other.port} {buses[1]}")
        wait_for(lambda: all("state:ok" in n.ask("CLUSTER INFO") for n in nodes), "it")
        yield nodes
    finally:
        for node in nodes:
            node.stop()


async def test_in_a_cluster_every_node_leads_to_the_one_that_counts(
    cluster: list[ValkeyServer],
) -> None:
    one, other = (node.url for node in cluster)

    async with limiter_at(one) as first, limiter_at(other) as second:
        calls = [hit(limiter, LIMIT) for limiter in (first, second) for _ in range(20)]
        quotas = await asyncio.gather(*calls)
        for limiter in (first, second):
            await limiter.ping()
            await use_all(limiter)

    assert 5 == sum(quota.allowed for quota in quotas)


@pytest.mark.parametrize("known", [True, False])
async def test_rediss_is_tls_with_a_certificate_of_somebody_known(
    own_redis: ValkeyServer,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    *,
    known: bool,
) -> None:
    authority = LocalAuthority()
    trusted = tmp_path / "authorities.pem"
    trusted.write_bytes((authority if known else LocalAuthority()).pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))

    async def forward(reader: StreamReader, writer: StreamWriter) -> None:
        ends = await asyncio.open_connection(own_redis.host, own_redis.port)
        await asyncio.gather(pass_on(reader, ends[1]), pass_on(ends[0], writer))

    certificate = authority.server_context("127.0.0.1")
    async with await asyncio.start_server(
        forward, "127.0.0.1", 0, ssl=certificate
    ) as listener:
        port = listener.sockets[0].getsockname()[1]
        async with limiter_at(f"rediss://127.0.0.1:{port}") as limiter:
            if known:
                await limiter.ping()
                assert (await hit(limiter, LIMIT)).allowed
            else:
                with pytest.raises(Unavailable) as refused:
                    await limiter.ping()
                assert "certificate verify failed" in refused.value.reason


async def pass_on(source: StreamReader, target: StreamWriter) -> None:
    while data := await source.read(65536):
        target.write(data)
    target.close()


async def test_a_password_is_used_as_the_url_spells_it() -> None:
    server = ValkeyServer(password="p@ss/w:rd?#%").start()
    try:
        async with limiter_at(server.url) as limiter:
            assert (await hit(limiter, LIMIT)).allowed
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("login", "reason"),
    [
        ("", "Authentication required"),
        (":wrong@", "invalid username-password pair"),
        ("weak:pass@", "no permissions"),
    ],
)
async def test_a_refusal_tells_the_operator_why(login: str, reason: str) -> None:
    server = ValkeyServer(
        *("--user", "weak", "on", ">pass", "+ping"), password="right"
    ).start()
    url = f"redis://{login}{server.host}:{server.port}"
    try:
        async with limiter_at(url) as limiter:
            with pytest.raises(Unavailable) as refused:
                await hit(limiter, LIMIT)
    finally:
        server.stop()

    assert reason in refused.value.reason
    assert "wrong" not in refused.value.reason


@pytest.mark.parametrize(
    ("rights", "missing"),
    [
        (("~{house}:*",), "set"),
        (("+@all", "~elsewhere:*"), "access a key"),
        (("~{house}:*", "+@all", "-eval", "-evalsha"), "evalsha"),
        *(
            (("~{house}:*", "+@all", f"-{command}"), command)
            for command in sorted(COMMANDS)
        ),
    ],
)
async def test_a_right_that_is_missing_is_named_at_once_with_what_to_grant(
    rights: tuple[str, ...], missing: str
) -> None:
    server = ValkeyServer("--user", "weak", "on", ">pass", *rights, password="right")
    server.start()
    url = f"redis://weak:pass@{server.host}:{server.port}/1?prefix=house"
    try:
        async with limiter_at(url) as limiter:
            with pytest.raises(Unavailable) as refused:
                await limiter.ping()
            granted = refused.value.reason.partition("grant it: ")[2]
            assert missing in refused.value.reason
            async with Redis(
                host=server.host, port=server.port, password="right"
            ) as it:
                await it.execute_command(*granted.split())  # type: ignore[no-untyped-call]

            await limiter.ping()
            await use_all(limiter)
    finally:
        server.stop()


@pytest.mark.parametrize(
    "url",
    [
        "redis://",
        "redis:///0",
        "redis://cache:port",
        "redis://cache/first",
        "redis://cache/-1",
        "redis://cache:99999",
        "redis://[::1",
        "redis://:s3cret@cache?ssl_cert_reqs=none",
        "redis://:s3cret@cache/0?timeout=1&prefix=x",
        "redis://:s3cret@cache/0?prefix=",
        "redis://:s3cret@cache/0?prefix={x}",
        "redis://:s3cret@cache/0#fragment",
        "redis://:s3/cret@cache",
    ],
)
def test_a_url_that_cannot_be_read_is_refused(url: str) -> None:
    with pytest.raises(BadConfiguration) as bad:
        RedisRateLimiter.from_url(url)

    assert "cret" not in str(bad.value)


@pytest.fixture
def own_authority(tmp_path: Path) -> tuple[LocalAuthority, Path]:
    authority, file = LocalAuthority(), tmp_path / "authority.pem"
    file.write_bytes(authority.pem)
    return authority, file


async def test_whom_the_servers_own_authority_certifies_is_the_server_by_any_name(
    own_redis: ValkeyServer, own_authority: tuple[LocalAuthority, Path]
) -> None:
    authority, file = own_authority
    certificate = authority.server_context("elsewhere.example.com")

    with TlsFront(own_redis.port, certificate) as front:
        url = f"rediss://127.0.0.1:{front.port}?authority={file}"
        async with limiter_at(url) as limiter:
            await limiter.ping()
            assert (await hit(limiter, LIMIT)).allowed


async def test_beside_the_servers_own_authority_no_other_is_trusted(
    own_redis: ValkeyServer,
    own_authority: tuple[LocalAuthority, Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    known, of_the_system = LocalAuthority(), tmp_path / "system.pem"
    of_the_system.write_bytes(known.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(of_the_system))

    with TlsFront(own_redis.port, known.server_context("127.0.0.1")) as front:
        url = f"rediss://127.0.0.1:{front.port}?authority={own_authority[1]}"
        async with limiter_at(url) as limiter:
            with pytest.raises(Unavailable) as refused:
                await limiter.ping()

    assert "certificate verify failed" in refused.value.reason


async def test_an_authority_whose_file_is_not_there_is_told() -> None:
    async with limiter_at("rediss://127.0.0.1:1?authority=/no/such/file") as limiter:
        with pytest.raises(Unavailable) as refused:
            await limiter.ping()

    assert "No such file" in refused.value.reason


def test_an_authority_without_tls_is_refused() -> None:
    with pytest.raises(BadConfiguration, match="unknown parameter authority"):
        RedisRateLimiter.from_url("redis://cache?authority=/a.pem")
