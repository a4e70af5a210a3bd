"""Who is behind a session: many who ask at one moment share one look at the storage."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from core import errors
from core.model import Identity, SessionId
from core.ports import SessionRepository

LOOKS = 2
"""At once; while so many are under way, those who ask wait and go together: fewer looks
for all, and hardly longer for anybody."""

PATIENCE = 1.2
"""Seconds that anybody waits."""

Answer: TypeAlias = asyncio.Future[Identity | None]
Asked: TypeAlias = dict[SessionId, list[Answer]]


@dataclass(slots=True)
class BatchedLookups:
    """
    Coalesces look-ups.

    Nothing is remembered: an answer is from a look that began after the question.
    """

    sessions: SessionRepository
    _asked: Asked = field(default_factory=dict, init=False)
    _until: float = field(default=0.0, init=False)
    """When who asked first gives up, and those who asked after it with it."""
    _looks: int = field(default=0, init=False)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set, init=False)

    async def get(self, session_id: SessionId) -> Identity | None:
        """Return the session and its user, ended or not; None if there is none."""
        loop = asyncio.get_running_loop()
        if not self._asked:
            self._until = loop.time() + PATIENCE
        # Of each one's own: who gives up does not take the answer from the others.
        answer: Answer = loop.create_future()
        self._asked.setdefault(session_id, []).append(answer)
        if self._looks < LOOKS:
            self._start_looking()
        return await answer

    def _start_looking(self) -> None:
        self._looks += 1
        look = asyncio.create_task(self._look_while_asked())
        self._tasks.add(look)  # which nobody else would keep
        look.add_done_callback(self._tasks.discard)

    async def _look_while_asked(self) -> None:
        try:
            while self._asked:
                await self._look()
        finally:
            # At once, and not when the task is seen to be done: who asks in between
            # would rely on a look that has ended.
            self._looks -= 1

    async def _look(self) -> None:
        asked, self._asked = self._asked, {}
        try:
            async with asyncio.timeout_at(self._until):
                found = await self.sessions.identities(asked.keys())
        except TimeoutError:
            _fail(asked, errors.Unavailable())
        except Exception as error:  # noqa: BLE001 - whatever it is, they asked for it
            _fail(asked, error)
        else:
            _tell(asked, found)


def _tell(asked: Asked, found: Mapping[SessionId, Identity]) -> None:
    for session_id, answers in asked.items():
        for answer in answers:
            if not answer.done():
                answer.set_result(found.get(session_id))


def _fail(asked: Asked, error: Exception) -> None:
    for answers in asked.values():
        for answer in answers:
            if not answer.done():
                answer.set_exception(error)
