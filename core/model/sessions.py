"""Log-ins that last."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from core.model.users import Client, User, UserId

SessionId: TypeAlias = str


class EndReason(StrEnum):
    """Why a session ended before its time."""

    LOGGED_OUT = "logged_out"
    LOGGED_OUT_EVERYWHERE = "logged_out_everywhere"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a reason, not a password
    PASSWORD_RESET = "password_reset"  # noqa: S105
    REUSE_DETECTED = "reuse_detected"
    USER_INACTIVE = "user_inactive"
    EMAIL_CHANGED = "email_changed"
    ENDED_BY_ADMIN = "ended_by_admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """
    A log-in that lasts.

    ``generation`` counts the refresh tokens, from 0; the current token is derived
    from it. ``rotations`` are the times at which the latest generations began, the
    current one's last; generation 0 began at ``created_at`` and is not among them.
    ``client`` is who came last: at the log-in, or with a refresh token.
    """

    id: SessionId
    user_id: UserId
    generation: int = 0
    rotations: tuple[datetime, ...] = ()
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    end_reason: EndReason | None = None
    client: Client

    def is_live(self, now: datetime) -> bool:
        """Tell whether its tokens still count."""
        return self.ended_at is None and now < self.expires_at

    def began_at(self, generation: int) -> datetime | None:
        """Return when ``generation`` began, None if that is forgotten or yet to come."""
        steps_back = self.generation - generation
        if not 0 <= steps_back < len(self.rotations):
            return None
        return self.rotations[-1 - steps_back]


@dataclass(frozen=True, slots=True)
class Identity:
    """A session and its user, read at one moment."""

    session: Session
    user: User
