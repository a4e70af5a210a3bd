"""Figures, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from adapters.storage.memory.tables import Tables
from core.model import Role, Tally, UserCounts
from core.ports import Statistics


@dataclass(frozen=True, slots=True)
class MemoryStatistics(Statistics):
    tables: Tables

    async def users(self) -> UserCounts:
        users = self.tables.users.values()
        active = [user for user in users if user.is_active]
        return UserCounts(
            total=len(users),
            active=len(active),
            verified=sum(user.is_verified for user in users),
            admins=sum(user.role is Role.ADMIN for user in active),
        )

    async def live_sessions(self, at: datetime) -> int:
        return sum(session.is_live(at) for session in self.tables.sessions.values())

    async def add(self, tallies: Sequence[Tally]) -> None:
        for tally in tallies:
            before = self.tables.tallies.get(tally.id, replace(tally, amount=0))
            after = replace(tally, amount=before.amount + tally.amount)
            self.tables.tallies[tally.id] = after

    async def tallies(self, since: date) -> Sequence[Tally]:
        tallies = self.tables.tallies.values()
        return sorted((it for it in tallies if it.day >= since), key=lambda it: it.id)
