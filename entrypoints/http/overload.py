"""What lets everybody else through while a flood of log-ins is on."""

import asyncio
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from falcon.asgi import Request, Response

from core import errors
from core.addresses import subject_of
from core.ports import PasswordHasher
from entrypoints.http.declaration import Declaration

PAUSE = 0.002
"""Seconds from one to the next, if another waits: no machine hashes so many passwords."""

ROOM = 1000
"""How many may wait for their turn, which is then two or three seconds away."""

Turn: TypeAlias = asyncio.Future[None]


@dataclass(slots=True)
class FairQueue:
    """
    Turns, one after the other: each subject's in order, the subjects in rotation.

    So whoever has one waiting waits for one of every other subject, however many those
    have. When it is full, whoever has most waiting gives way: the latest of theirs.
    """

    room: int
    _lanes: OrderedDict[str, deque[Turn]] = field(default_factory=OrderedDict)
    _length: int = 0

    def __len__(self) -> int:
        return self._length

    def join(self, subject: str, turn: Turn) -> None:
        """Take a place; raises Overloaded, here or in whose place it is."""
        if self._length >= self.room:
            self._make_room_for(subject)
        self._lanes.setdefault(subject, deque()).append(turn)
        self._length += 1

    def next(self) -> Turn | None:
        """Return whose turn it is, None if nobody waits."""
        if not self._lanes:
            return None
        subject, lane = self._lanes.popitem(last=False)
        turn = lane.popleft()
        self._length -= 1
        if lane:
            self._lanes[subject] = lane
        return turn

    def _make_room_for(self, subject: str) -> None:
        longest = max(self._lanes.values(), key=len)
        if len(self._lanes.get(subject, ())) + 1 >= len(longest):
            raise errors.Overloaded
        turn = longest.pop()
        self._length -= 1
        if not turn.done():
            turn.set_exception(errors.Overloaded())


@dataclass(slots=True)
class Turnstile:
    """
    Lets requests to limited operations through one by one, in fairness to each address.

    So what comes amid a flood waits for one of its requests and not for all of them, and
    whatever the flood is made of, it does not get all of the processor. One that needs a
    password hashed is refused here, before it has cost anything, while it would have to
    wait too long for that.
    """

    hasher: PasswordHasher
    _waiting: FairQueue = field(default_factory=lambda: FairQueue(ROOM), init=False)
    _is_turning: bool = field(default=False, init=False)

    async def process_resource(
        self, req: Request, resp: Response, resource: object, params: dict[str, Any]
    ) -> None:
        declaration: Declaration | None = req.context.declaration
        if declaration is None:
            return
        if declaration.limit is not None or declaration.hashes:
            await self._turn(subject_of(req.context.client.address))
        if declaration.hashes:
            self.hasher.demand_room()

    async def _turn(self, subject: str) -> None:
        loop = asyncio.get_running_loop()
        turn: Turn = loop.create_future()
        self._waiting.join(subject, turn)
        if not self._is_turning:
            self._is_turning = True
            loop.call_soon(self._let_one_through)
        await turn

    def _let_one_through(self) -> None:
        turn = self._waiting.next()
        if turn is None:
            self._is_turning = False
            return
        if not turn.done():  # else whoever it was has gone
            turn.set_result(None)
        # Whoever comes during the pause waits for its end.
        asyncio.get_running_loop().call_later(PAUSE, self._let_one_through)
