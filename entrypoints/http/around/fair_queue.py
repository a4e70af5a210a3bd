"""A queue in which nobody's crowd makes others wait."""

import asyncio
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import TypeAlias

Turn: TypeAlias = asyncio.Future[None]


@dataclass(slots=True)
class FairQueue:
    """
    Gives turns one after the other, ``pause`` seconds apart: to the subjects in rotation.

    So whoever comes waits for one of each other subject, however many those have waiting.
    It is as long as there are connections, each of which waits for one answer at a time.
    """

    pause: float
    _turns: OrderedDict[str, deque[Turn]] = field(default_factory=OrderedDict)
    _is_turning: bool = False
    _waiting: int = 0

    def __len__(self) -> int:
        """Return how many wait."""
        return self._waiting

    async def turn(self, subject: str) -> None:
        """Return when it is the subject's turn."""
        loop = asyncio.get_running_loop()
        turn: Turn = loop.create_future()
        self._turns.setdefault(subject, deque()).append(turn)
        if not self._is_turning:
            self._is_turning = True
            loop.call_soon(self._let_one_through)
        self._waiting += 1
        try:
            await turn
        finally:
            self._waiting -= 1

    def _let_one_through(self) -> None:
        while self._turns:
            turn = self._next()
            if not turn.done():  # else whoever it was has gone
                turn.set_result(None)
                # Whoever comes during the pause waits for its end.
                loop = asyncio.get_running_loop()
                loop.call_later(self.pause, self._let_one_through)
                return
        self._is_turning = False

    def _next(self) -> Turn:
        subject, turns = self._turns.popitem(last=False)
        turn = turns.popleft()
        if turns:
            self._turns[subject] = turns
        return turn
