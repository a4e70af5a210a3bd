"""How long sessions last, and what a refresh token is worth that was used before."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import dropwhile

from core.model import Session

LONGEST_GRACE = timedelta(minutes=5)
ROTATIONS_KEPT = 64
"""More than an honest client can use within the longest grace."""


class Rotation(StrEnum):
    """
    When a refresh token is spent.

    PATIENT: when its successor is used. So a client that never saw the answer, or
    keeps only its first token, stays logged in. The price is that a thief who refreshes
    in step with the owner is not noticed: both use tokens that are not spent. STRICT: when
    it is used itself; without any grace, honest clients that repeat themselves are thieves.
    """

    PATIENT = "patient"
    STRICT = "strict"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRules:
    """
    The rules for sessions.

    A spent refresh token is still tolerated for ``grace`` after the moment that spent
    it, not at all if that is zero. A session ends ``refresh_life`` after its latest
    rotation, and ``session_life`` after its log-in at the latest.
    """

    access_life: timedelta
    refresh_life: timedelta
    session_life: timedelta
    rotation: Rotation
    grace: timedelta
    require_verified_email: bool
    notify_new_sign_in: bool = True

    def expiry(self, *, opened: datetime, used: datetime) -> datetime:
        """Return when a session ends that is used no more."""
        return min(used + self.refresh_life, opened + self.session_life)

    def rotated(self, session: Session, now: datetime) -> Session:
        """Return the session with its next generation."""
        # What was longer ago than any grace tells nothing, and is read at every request.
        recent = dropwhile(lambda at: now - at > LONGEST_GRACE, session.rotations)
        return replace(
            session,
            generation=session.generation + 1,
            rotations=(*recent, now)[-ROTATIONS_KEPT:],
            last_used_at=now,
            expires_at=self.expiry(opened=session.created_at, used=now),
        )

    def tolerate(self, session: Session, generation: int, now: datetime) -> bool:
        """Tell whether a token of an earlier generation is taken; else it was stolen."""
        patient = self.rotation is Rotation.PATIENT
        # The generation whose beginning spent this token.
        spent_by = generation + (2 if patient else 1)
        if spent_by > session.generation:
            return True
        spent_at = session.began_at(spent_by)
        return bool(self.grace and spent_at and now - spent_at <= self.grace)
