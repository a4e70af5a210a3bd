"""Calls that many share: who asks while one is under way waits, and goes with all who do."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar

from core import errors

Q = TypeVar("Q")
A = TypeVar("A")

MOST = 500
"""Questions in one call, which has to be answered in time."""

Together: TypeAlias = Callable[[Sequence[Q]], Awaitable[Sequence[A]]]
"""Answers questions, in their order."""


@dataclass(slots=True)
class Coalesced(Generic[Q, A]):
    """
    Asks ``together`` for all who ask at one moment, once at a time.

    Two at a time would be half as many questions each: to wait for a call that is under
    way takes less than to make so many more. Nothing is remembered: an answer is from a
    call that began after the question. Nobody waits longer than ``patience``, in seconds,
    and then for Unavailable.
    """

    together: Together[Q, A]
    patience: Callable[[], float]
    _asked: list[tuple[Q, asyncio.Future[A]]] = field(default_factory=list, init=False)
    _until: float = field(default=0.0, init=False)
    """When who asked first gives up, and those who asked after it with it."""
    _calls: asyncio.Task[None] | None = field(default=None, init=False)

    async def ask(self, question: Q) -> A:
        """Return the answer; raises what the call for it raised."""
        loop = asyncio.get_running_loop()
        if not self._asked:
            self._until = loop.time() + self.patience()
        # Of each one's own: who gives up does not take the answer from the others.
        answer: asyncio.Future[A] = loop.create_future()
        self._asked.append((question, answer))
        if self._calls is None:
            self._calls = asyncio.create_task(self._call_while_asked())
        return await answer

    async def _call_while_asked(self) -> None:
        try:
            while self._asked:
                await self._call()
        finally:
            # At once, and not when the task is seen to be done: who asks in between
            # would rely on a call that has ended.
            self._calls = None

    async def _call(self) -> None:
        asked, self._asked = self._asked[:MOST], self._asked[MOST:]
        waiting = [answer for _, answer in asked]
        try:
            async with asyncio.timeout_at(self._until):
                answers = await self.together([question for question, _ in asked])
        except TimeoutError:
            _fail(waiting, errors.Unavailable())
        except Exception as error:  # noqa: BLE001 - whatever it is, they asked for it
            _fail(waiting, error)
        else:
            for each, answer in zip(waiting, answers, strict=True):
                if not each.done():
                    each.set_result(answer)


def _fail(waiting: Sequence[asyncio.Future[A]], error: Exception) -> None:
    for each in waiting:
        if not each.done():
            each.set_exception(error)
