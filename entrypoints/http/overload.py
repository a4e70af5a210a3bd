"""What lets everybody else through while a flood of log-ins is on."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from falcon.asgi import Request, Response

from core import errors
from core.ports import PasswordHasher
from entrypoints.http.limits import BUCKETS

HASHING = {
    "/auth/login",
    "/auth/register",
    "/auth/password-reset/confirm",
    "/reset-password",
    "/auth/change-password",
}
"""POSTs to these need a password hashed."""


PAUSE = 0.002
"""Seconds from one to the next, if another waits: no machine hashes so many passwords."""

ROOM = 1000
"""How many may wait for their turn, which is then two or three seconds away."""


@dataclass(slots=True)
class Turnstile:
    """
    Lets requests to limited paths through one by one.

    So what comes amid a flood waits for one of its requests and not for all of them, and
    whatever the flood is made of, it does not get all of the processor. One that needs a
    password hashed is refused here, before it has cost anything, while it would have to
    wait too long for that.
    """

    hasher: PasswordHasher
    _waiting: deque[asyncio.Future[None]] = field(default_factory=deque, init=False)

    async def process_resource(
        self, req: Request, resp: Response, resource: object, params: dict[str, Any]
    ) -> None:
        if req.method != "POST" or req.path not in BUCKETS:
            return
        await self._turn()
        if req.path in HASHING:
            self.hasher.demand_room()

    async def _turn(self) -> None:
        if len(self._waiting) >= ROOM:
            raise errors.Overloaded
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._let_one_through)
        turn = loop.create_future()
        self._waiting.append(turn)
        await turn

    def _let_one_through(self) -> None:
        # It stays in the queue until the pause is over: whoever comes meanwhile waits.
        turn = self._waiting[0]
        if not turn.done():  # else whoever it was has gone
            turn.set_result(None)
        asyncio.get_running_loop().call_later(PAUSE, self._call_the_next)

    def _call_the_next(self) -> None:
        self._waiting.popleft()
        if self._waiting:
            self._let_one_through()
