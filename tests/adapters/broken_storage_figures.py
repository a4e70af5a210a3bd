"""Faults of figures, and of invitations and removals that were told of."""

from asyncio import sleep
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from adapters.storage.memory.events import MemoryEvents
from adapters.storage.memory.statistics import MemoryStatistics
from adapters.storage.memory.users import MemoryUsers
from core.model import EventId, Purpose, Role, Tally, TokenId, User, UserCounts
from core.model.events import Delivery, EventKind
from tests.adapters.broken_storage import Rest, breaks


@breaks("users are counted by what they are now")
class CountsWhoWasEverThere(MemoryStatistics):
    async def users(self) -> UserCounts:
        return replace(await super().users(), total=self.tables.highest_user)


@breaks(
    "of fifty pairs of administrators at one moment one remains",
    "two administrators never part with each other",
    "users are counted by what they are now",
)
class CountsInactiveAdmins(MemoryStatistics):
    async def users(self) -> UserCounts:
        users = self.tables.users.values()
        admins = sum(user.role is Role.ADMIN for user in users)
        return replace(await super().users(), admins=admins)


@breaks("users are counted by what they are now")
class CountsAdminsWithAPassword(MemoryStatistics):
    async def users(self) -> UserCounts:
        counts, credentials = await super().users(), self.tables.credentials
        bare = [it for it in credentials.values() if it.password_hash is None]
        return replace(counts, admins=counts.admins - len(bare))


@breaks("users are counted by what they are now")
class CountsTheVerifiedWhoAreActive(MemoryStatistics):
    async def users(self) -> UserCounts:
        users = self.tables.users.values()
        verified = sum(user.is_verified and user.is_active for user in users)
        return replace(await super().users(), verified=verified)


@breaks("live sessions are counted at a moment")
class CountsExpiredSessions(MemoryStatistics):
    async def live_sessions(self, _: datetime) -> int:
        return sum(s.ended_at is None for s in self.tables.sessions.values())


@breaks("live sessions are counted at a moment")
class CountsSessionsToTheLastMoment(MemoryStatistics):
    async def live_sessions(self, at: datetime) -> int:
        return await super().live_sessions(at - timedelta(milliseconds=1))


@breaks("live sessions are counted at a moment")
class CountsWhatEnded(MemoryStatistics):
    async def live_sessions(self, at: datetime) -> int:
        return sum(s.expires_at > at for s in self.tables.sessions.values())


@breaks(
    "amounts are added to what is stored",
    "of what many add at once nothing is lost",
    "what is written to the archive works",
)
class ReplacesAmounts(MemoryStatistics):
    async def add(self, tallies: Sequence[Tally]) -> None:
        self.tables.tallies.update({tally.id: tally for tally in tallies})


@breaks("of what many add at once nothing is lost")
class ReadsAmountsFirst(MemoryStatistics):
    async def add(self, tallies: Sequence[Tally]) -> None:
        before = dict(self.tables.tallies)
        await sleep(0)
        self.tables.tallies = before
        await super().add(tallies)


@breaks("amounts are added to what is stored")
class CountsInThirtyTwoBits(MemoryStatistics):
    async def add(self, tallies: Sequence[Tally]) -> None:
        await super().add([replace(it, amount=it.amount % 2**32) for it in tallies])


@breaks(
    "amounts are added to what is stored",
    "of what many add at once nothing is lost",
    "tallies are listed from a day on",
    "what is written to the archive works",
)
class ListsTalliesOfLaterDays(MemoryStatistics):
    async def tallies(self, since: date) -> Sequence[Tally]:
        return await super().tallies(since + timedelta(days=1))


@breaks("tallies are listed from a day on")
class ListsTalliesAsTheyCame(MemoryStatistics):
    async def tallies(self, since: date) -> Sequence[Tally]:
        return [it for it in self.tables.tallies.values() if it.day >= since]


@breaks("what told of a removal names nobody when it was told")
class RemembersWhoIsGone(MemoryEvents):
    def _forget_who_is_gone(self, event_id: EventId) -> None:
        """Let the event name them."""


@breaks("what told of a removal names nobody when it was told")
class ForgetsEveryTold(MemoryEvents):
    async def delivered(self, event_id: EventId) -> None:
        await super().delivered(event_id)
        if event := self.tables.events.get(event_id):
            self.tables.events[event_id] = replace(event, data={})


@breaks("what told of a removal names nobody when it was told")
class RemembersWhoIsGivenUp(MemoryEvents):
    async def failed(self, delivery: Delivery, *, retry_at: datetime | None) -> None:
        await super().failed(delivery, retry_at=retry_at)
        if retry_at is None and delivery.event.kind is EventKind.USER_DELETED:
            self.tables.events[delivery.event.id] = delivery.event


@breaks("what told of a removal names nobody when it was told")
class ForgetsWhoIsTriedAgain(MemoryEvents):
    async def failed(self, delivery: Delivery, *, retry_at: datetime | None) -> None:
        await super().failed(delivery, retry_at=retry_at)
        self._forget_who_is_gone(delivery.event.id)


@breaks("a token of another purpose sets no password")
class TakesInvitationsForResets(MemoryUsers):
    async def reset_password(self, token_id: TokenId, **rest: Rest) -> User | None:
        token = self.tables.tokens.get(token_id)
        if token and token.purpose is Purpose.INVITATION:
            rest["purpose"] = Purpose.INVITATION
        return await super().reset_password(token_id, **rest)


@breaks("an invitation sets a first password")
class KnowsNoInvitations(MemoryUsers):
    async def reset_password(self, token_id: TokenId, **rest: Rest) -> User | None:
        if rest["purpose"] is Purpose.INVITATION:
            return None
        return await super().reset_password(token_id, **rest)


@breaks("a reset voids an invitation too", "an invitation sets a first password")
class VoidsWhatItSpendsOnly(MemoryUsers):
    async def reset_password(self, token_id: TokenId, **rest: Rest) -> User | None:
        before = dict(self.tables.tokens)
        user = await super().reset_password(token_id, **rest)
        if user:
            del before[token_id]
            self.tables.tokens = before
        return user


@breaks("a reset voids an invitation too")
class VoidsInvitationsOfEverybody(MemoryUsers):
    async def reset_password(self, token_id: TokenId, **rest: Rest) -> User | None:
        user = await super().reset_password(token_id, **rest)
        for user_id in self.tables.users if user else ():
            self.tables.void(user_id, Purpose.INVITATION)
        return user


@breaks("no administrator is removed as unverified")
class RemovesUnverifiedAdmins(MemoryUsers):
    async def remove_unverified(self, token_id: TokenId, **rest: Rest) -> bool:
        token = self.tables.tokens.get(token_id)
        user = self.tables.users.get(token.user_id) if token else None
        if user and user.role is Role.ADMIN:
            self.tables.update(user, role=Role.USER)
        return await super().remove_unverified(token_id, **rest)


@breaks("no administrator is removed as unverified")
class RemovesInactiveAdmins(MemoryUsers):
    async def remove_unverified(self, token_id: TokenId, **rest: Rest) -> bool:
        token = self.tables.tokens.get(token_id)
        user = self.tables.users.get(token.user_id) if token else None
        if user and not user.is_active:
            self.tables.update(user, role=Role.USER)
        return await super().remove_unverified(token_id, **rest)
