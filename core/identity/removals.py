"""Removing a user, and whatever names them."""

from dataclasses import dataclass

from core import errors
from core.event_factory import EventFactory
from core.identity.user_changes import actor_of
from core.model import Caller, User
from core.model.events import EventKind
from core.ports import Clock, RateLimiter, UserRepository
from core.refusals import tell_refusal


@dataclass(frozen=True, slots=True)
class Removals:
    """What is removed is told once more by mail, and then forgotten."""

    users: UserRepository
    limiter: RateLimiter
    clock: Clock
    events: EventFactory

    async def remove(self, user: User, by: Caller, *, stamp: int | None) -> bool:
        """Tell whether the user was there, with this stamp; raises LastAdmin."""
        actor = actor_of(by)
        event = self.events.make(
            EventKind.USER_DELETED,
            self.clock.now(),
            actor,
            # The caller's own address would name who is removed.
            None if actor == user.id else by.client,
            user_id=user.id,
            data={
                "email": user.email,
                "email_key": user.email_key,
                "name": user.full_name or user.username,
                "username": user.username,
                "verified": str(user.is_verified).lower(),
                **({"locale": user.locale} if user.locale else {}),
            },
        )
        try:
            removed = await self.users.remove(user.id, stamp=stamp, events=[event])
        except errors.LastAdmin as refusal:
            tell_refusal("Deletion refused", refusal.code, user.id)
            raise
        if removed:
            await self.limiter.forget(user.email_key)
        return removed
