"""Where log-ins are kept."""

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from core.model import (
    Client,
    EndReason,
    Found,
    Identity,
    Place,
    Session,
    SessionId,
    UserId,
)
from core.model.events import Event


class SessionRepository(Protocol):
    """The log-ins."""

    @abstractmethod
    async def open(
        self,
        session: Session,
        *,
        stamp: int,
        devices: Sequence[str],
        events: Sequence[Event],
    ) -> bool:
        """
        Store a new session; its beginning is the user's ``last_login_at``.

        ``devices`` takes the place of those in the ``Account``. The stamp stays.

        False, and no change, unless the user's stored stamp is ``stamp`` and the user is
        active: a log-in that was checked against what was changed meanwhile opens nothing.
        """

    @abstractmethod
    async def identities(
        self, session_ids: Collection[SessionId]
    ) -> Mapping[SessionId, Identity]:
        """Return the sessions that exist, ended ones too, each with its user; one look."""

    @abstractmethod
    async def of_user(
        self,
        user_id: UserId,
        *,
        at: datetime,
        after: Place | None,
        limit: int,
        count_to: int,
    ) -> Found[Session]:
        """
        Return up to ``limit`` sessions that are live at ``at``, the newest first.

        The place of one is its ``created_at``, and its id; ``count_to`` is as for users.
        """

    @abstractmethod
    async def advance(self, session: Session, *, events: Sequence[Event]) -> bool:
        """
        Store ``generation``, ``rotations``, ``last_used_at``, ``expires_at``, ``client``.

        False, and no change (nor events), unless the stored session is one generation
        behind and has not ended: of any number of callers with one generation, one
        succeeds.
        """

    @abstractmethod
    async def note_client(
        self,
        session_id: SessionId,
        *,
        old: Client,
        new: Client,
        events: Sequence[Event],
    ) -> bool:
        """
        Replace the client ``old`` by ``new``, who came with a token used before.

        False, and no change (nor events), unless the stored client is ``old`` and the
        session has not ended: of any number of callers with one ``old``, one succeeds.
        """

    @abstractmethod
    async def end(
        self,
        session_id: SessionId,
        *,
        at: datetime,
        reason: EndReason,
        events: Sequence[Event],
    ) -> bool:
        """
        End a session.

        False, and no change (nor events), if there is none or it has ended: of any
        number of callers, one gets True.
        """

    @abstractmethod
    async def end_all(
        self,
        user_id: UserId,
        *,
        keep: SessionId | None = None,
        at: datetime,
        reason: EndReason,
        events: Sequence[Event],
    ) -> int:
        """
        End all the user's sessions that have not ended, but ``keep``; return how many.

        Also the one that a change of password puts in the place of others meanwhile,
        unless the change finds them ended.
        """

    @abstractmethod
    async def end_of_inactive(
        self, user_id: UserId, *, at: datetime, events: Sequence[Event]
    ) -> int:
        """
        End the sessions of a user who was met inactive at ``at``; return how many.

        Those are all that were created by then and have not ended, even if the user is
        active again by now; what was opened since stays. They end with reason
        ``USER_INACTIVE``. 0, and no change (nor events), if there are none: of any number
        of callers, one ends a session, and tells of it.
        """
