"""Calls to a Redis server that are answered at once, or given up."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from hashlib import sha1
from typing import Any, Self, TypeVar

from redis.asyncio import BlockingConnectionPool, Connection, Redis, SSLConnection
from redis.exceptions import MovedError, NoScriptError, RedisError

from adapters.rate_limit.redis.rights import SCRIPTS, told
from adapters.rate_limit.redis.url import Node, RedisUrl
from core.errors import Unavailable

T = TypeVar("T")

CONNECTIONS = 50
AT_ONCE = 0.1
"""Seconds that a call may take, all in all."""
OPENING_SECONDS = 2.0
ROUND_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Script:
    """A script, and the name by which servers keep it."""

    text: str
    digest: str

    @classmethod
    def named(cls, *parts: str) -> Self:
        files = (SCRIPTS / f"{part}.lua" for part in parts)
        text = "".join(file.read_text(encoding="ascii") for file in files)
        return cls(text, sha1(text.encode(), usedforsecurity=False).hexdigest())


PROBE = Script.named("keep", "probe")


class Server:
    """
    The server at an url, or of a Redis Cluster the one that has our keys.

    Nothing is tried again: a reply that was lost may have been that of work done, and a
    retry would count twice. The exceptions are a script that the server does not have,
    and keys that another one has: neither did anything.
    """

    def __init__(self, url: RedisUrl) -> None:
        self._url = url
        self._nodes: dict[Node, Redis] = {}
        self._redis = self._at(url.node)
        self._turns = asyncio.Semaphore(CONNECTIONS)
        self._failures = 0

    async def run(
        self, script: Script, keys: Sequence[str], arguments: Sequence[int]
    ) -> Any:  # noqa: ANN401 - what the script returns
        """Return what the script returns; raises ``Unavailable``."""
        failures = self._failures
        async with self._turns:
            if failures != self._failures:
                # Don't wait in vain one after another.
                raise Unavailable("redis: gave others no answer")
            return await self._answered(
                _in_time(
                    self._where(lambda redis: _run(redis, script, keys, arguments))
                )
            )

    async def write(self, key: str) -> None:
        """Raise ``Unavailable`` unless all that scripts do can be done to the key at once."""
        # First to have a connection: to open one may take longer.
        call = self._where(lambda redis: _write(redis, key))
        await self._answered(_in_time(call, OPENING_SECONDS))
        await self.run(PROBE, [key], [])

    async def aclose(self) -> None:
        for redis in self._nodes.values():
            await redis.connection_pool.disconnect()

    async def _answered(self, call: Awaitable[T]) -> T:
        try:
            return await call
        except (RedisError, OSError) as error:
            self._failures += 1
            # In a cluster it may be another's turn now, which this one knows.
            self._redis = self._at(self._url.node)
            raise Unavailable from told(error, self._url)

    async def _where(self, call: Callable[[Redis], Awaitable[T]]) -> T:
        """Call the server that has the keys, which in a cluster another may know."""
        try:
            return await call(self._redis)
        except MovedError as moved:
            host = moved.host or self._url.node.host
            self._redis = self._at(Node(host, moved.port))
            return await call(self._redis)

    def _at(self, node: Node) -> Redis:
        if node not in self._nodes:
            url = self._url
            pool = BlockingConnectionPool(
                max_connections=CONNECTIONS,
                timeout=OPENING_SECONDS,
                connection_class=_connection_class(url),
                socket_timeout=OPENING_SECONDS,
                socket_connect_timeout=OPENING_SECONDS,
                protocol=2,
                driver_info=None,
                **url.options(node),
            )
            self._nodes[node] = Redis(connection_pool=pool)
        return self._nodes[node]


class _OwnAuthority(SSLConnection):
    """Trusts the authority of one server, and no other: whom it certifies is that server."""

    def __init__(self, *, authority: str, **options: Any) -> None:  # noqa: ANN401
        super().__init__(**options)
        context = ssl.create_default_context(cafile=authority)
        context.check_hostname = False
        self.ssl_context.context = context


def _connection_class(url: RedisUrl) -> type[Connection]:
    if url.authority:
        return _OwnAuthority
    return SSLConnection if url.tls else Connection


async def _run(
    redis: Redis, script: Script, keys: Sequence[str], arguments: Sequence[int]
) -> Any:  # noqa: ANN401 - what the script returns
    try:
        return await redis.evalsha(script.digest, len(keys), *keys, *arguments)
    except NoScriptError:
        # EVAL keeps it as well: a server that lost it costs one more round trip, once.
        return await redis.eval(script.text, len(keys), *keys, *arguments)


async def _write(redis: Redis, key: str) -> None:
    await redis.set(key, 1, px=1000)


async def _in_time(call: Awaitable[T], seconds: float = AT_ONCE) -> T:
    """
    Return the answer, or raise TimeoutError.

    The time is taken in small rounds: if this process itself is late, for a crowd of
    requests, a round is longer, and its server's answer is not taken for missing.
    """
    asked = asyncio.ensure_future(call)
    try:
        for _ in range(round(seconds / ROUND_SECONDS)):
            await asyncio.wait([asked], timeout=ROUND_SECONDS)
            if asked.done():
                return asked.result()
    finally:
        asked.cancel()
    raise TimeoutError(f"redis: no answer within {seconds * 1000:g} milliseconds")
