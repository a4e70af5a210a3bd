"""People who use several replicas all the time, while something else goes on."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import httpx

from tests.http.api import Person, bearer, decoded
from tests.servers.service import Service

USERS = 4
PACE = 0.03
"""Seconds between two requests of one user."""


@dataclass
class Traffic:
    """What was asked and answered; every request goes to the replica whose turn it is."""

    clients: Iterator[httpx.AsyncClient]
    failures: list[tuple[str, int, str]] = field(default_factory=list)
    answered: int = 0
    kids: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """The keys that each replica has signed with."""

    async def log_in(self, person: Person) -> dict[str, Any]:
        return await self._tokens("login", person.credentials)

    async def refresh(self, tokens: dict[str, Any]) -> dict[str, Any]:
        body = {"refresh_token": tokens["refresh_token"]}
        return tokens | await self._tokens("refresh", body)

    async def me(self, tokens: dict[str, Any]) -> None:
        await self._ask("GET", "me", headers=bearer(tokens["access_token"]))

    async def newcomer(self) -> Person:
        person = Person.new()
        await self._ask("POST", "register", json=person.details)
        return person

    async def until(self, look: Callable[[], bool], *, seconds: float = 30) -> None:
        async with asyncio.timeout(seconds):
            while not look():  # noqa: ASYNC110 - it looks at another process
                await asyncio.sleep(0.05)

    async def live(self) -> None:
        """Be somebody who registers, and then does nothing but use the service."""
        person = await self.newcomer()
        tokens = await self.log_in(person)
        while True:
            for _ in range(8):
                await self.me(tokens)
                tokens = await self.refresh(tokens)
                await asyncio.sleep(PACE)
            tokens = await self.log_in(person)

    async def _tokens(self, what: str, body: object) -> dict[str, Any]:
        answer = await self._ask("POST", what, json=body)
        tokens: dict[str, Any] = answer.json()
        if answer.is_success:
            header, _ = decoded(tokens["access_token"])
            self.kids[str(answer.request.url.port)].add(header["kid"])
        return tokens

    async def _ask(self, method: str, what: str, **rest: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own
        answer = await next(self.clients).request(method, f"/auth/{what}", **rest)
        self.answered += 1
        if answer.is_error:
            self.failures.append((what, answer.status_code, answer.text))
        return answer


@asynccontextmanager
async def traffic(replicas: Sequence[Service]) -> AsyncIterator[Traffic]:
    """Yield the traffic of some users, which goes on until the end of the block."""
    async with AsyncExitStack() as ends:
        clients = [await ends.enter_async_context(one.crowd()) for one in replicas]
        busy = Traffic(cycle(clients))
        lives = [asyncio.create_task(busy.live()) for _ in range(USERS)]
        yield busy
        ended = [life for life in lives if life.done()]
        for life in lives:
            life.cancel()
        await asyncio.gather(*lives, return_exceptions=True)
        assert [] == ended
