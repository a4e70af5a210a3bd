"""Who is behind a session: many who ask at one moment share one look at the storage."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from core import errors
from core.model import Identity, SessionId
from core.ports import SessionRepository

LOOKS = 4
"""At once; while so many are under way, those who ask wait and go together."""

PATIENCE = 1.2
"""Seconds that anybody waits."""

Answer: TypeAlias = asyncio.Future[Identity | None]


@dataclass(slots=True)
class BatchedLookups:
    """
    Coalesces look-ups.

    Nothing is remembered: an answer is from a look that began after the question.
    """

    sessions: SessionRepository
    _asked: dict[SessionId, Answer] = field(default_factory=dict, init=False)
    _looks: int = field(default=0, init=False)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set, init=False)

    async def get(self, session_id: SessionId) -> Identity | None:
        """Return the session and its user, ended or not; None if there is none."""
        answer = self._asked.get(session_id)
        if answer is None:
            answer = asyncio.get_running_loop().create_future()
            self._asked[session_id] = answer
        if self._looks < LOOKS:
            self._start_looking()
        try:
            # Shielded: who gives up must not take the answer from the others.
            return await asyncio.wait_for(asyncio.shield(answer), PATIENCE)
        except TimeoutError:
            raise errors.Unavailable from None

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
            found = await self.sessions.identities(asked.keys())
        except Exception as error:  # noqa: BLE001 - whatever it is, they asked for it
            _fail(asked, error)
        else:
            for session_id, answer in asked.items():
                _tell(answer, found.get(session_id))


def _tell(answer: Answer, identity: Identity | None) -> None:
    if not answer.done():
        answer.set_result(identity)


def _fail(asked: Mapping[SessionId, Answer], error: Exception) -> None:
    for answer in asked.values():
        if not answer.done():
            answer.set_exception(error)
            answer.exception()  # seen, even if everybody has gone
