"""Who is behind a session: many who ask at one moment share one look at the storage."""

from collections.abc import Sequence

from core.coalescing import Coalesced
from core.model import Identity, SessionId
from core.ports import SessionRepository

PATIENCE = 1.2
"""Seconds that anybody waits."""


class BatchedLookups:
    """
    Coalesces look-ups.

    Nothing is remembered: an answer is from a look that began after the question.
    """

    def __init__(self, sessions: SessionRepository) -> None:
        self._sessions = sessions
        self._looks = Coalesced(self._look, lambda: PATIENCE)

    async def get(self, session_id: SessionId) -> Identity | None:
        """Return the session and its user, ended or not; None if there is none."""
        return await self._looks.ask(session_id)

    async def _look(self, asked: Sequence[SessionId]) -> list[Identity | None]:
        found = await self._sessions.identities(set(asked))
        return [found.get(session_id) for session_id in asked]
