"""Faults of listing and ending the log-ins of a user, and of listing tokens."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from adapters.storage.memory.sessions import MemorySessions
from adapters.storage.memory.tokens import MemoryTokens
from core.model import Found, OneTimeToken, Place, Session, UserId
from tests.adapters.broken_storage import Rest, breaks
from tests.adapters.broken_storage_places import EVERY, counted, page_of


class Lists(MemorySessions):
    """Lists the log-ins of a user in some other way."""

    async def of_user(
        self,
        user_id: UserId,
        *,
        at: datetime,
        after: Place | None,
        limit: int,
        count_to: int,
    ) -> Found[Session]:
        found = await super().of_user(user_id, at=at, **EVERY)
        return page_of(
            found,
            self.rank,
            after=after,
            limit=limit,
            count_to=count_to,
            descending=True,
        )

    def rank(self, place: Place) -> tuple[Any, ...]:
        return (place.value, place.key)


@breaks(
    "a place among sessions holds whatever happens",
    "the live sessions of a user are listed the newest first",
)
class ListsTheOldestFirst(Lists):
    def rank(self, place: Place) -> tuple[Any, ...]:
        assert isinstance(place.value, datetime)
        return (-place.value.timestamp(), place.key)


@breaks("a place among sessions holds whatever happens")
class SkipsSessionsOfOneMoment(Lists):
    def rank(self, place: Place) -> tuple[Any, ...]:
        return (place.value,)


@breaks("a place among sessions holds whatever happens")
class SkipsSessionsByCount(MemorySessions):
    async def of_user(
        self,
        user_id: UserId,
        *,
        at: datetime,
        after: Place | None,
        limit: int,
        count_to: int,
    ) -> Found[Session]:
        found = await super().of_user(user_id, at=at, **EVERY)
        return counted(found, after, limit, count_to)


@breaks("the live sessions of a user are listed the newest first")
class ListsWhatExpired(MemorySessions):
    async def of_user(self, user_id: UserId, **rest: Rest) -> Found[Session]:
        rest["at"] = rest["at"].replace(year=2000)
        return await super().of_user(user_id, **rest)


@breaks("the live sessions of a user are listed the newest first")
class ListsByWallClocks(MemorySessions):
    async def of_user(self, user_id: UserId, **rest: Rest) -> Found[Session]:
        rest["at"] += rest["at"].utcoffset()
        return await super().of_user(user_id, **rest)


@breaks("the live sessions of a user are listed the newest first")
class ListsWhatEnded(MemorySessions):
    async def of_user(self, user_id: UserId, **rest: Rest) -> Found[Session]:
        before = dict(self.tables.sessions)
        for session in before.values():
            live = replace(session, ended_at=None, end_reason=None)
            self.tables.sessions[session.id] = live
        try:
            return await super().of_user(user_id, **rest)
        finally:
            self.tables.sessions = before


@breaks("sessions are counted as far as was asked")
class CountsSessionsOfThePage(MemorySessions):
    async def of_user(self, user_id: UserId, **rest: Rest) -> Found[Session]:
        found = await super().of_user(user_id, **rest)
        return Found(found.items, len(found.items))


@breaks("sessions are counted as far as was asked")
class CountsSessionsToTheEnd(MemorySessions):
    async def of_user(self, user_id: UserId, **rest: Rest) -> Found[Session]:
        return await super().of_user(user_id, **rest | {"count_to": 9999})


@breaks("all sessions end but the one that is kept")
class KeepsNoSession(MemorySessions):
    async def end_all(self, user_id: UserId, **rest: Rest) -> int:
        return await super().end_all(user_id, **rest | {"keep": None})


@breaks("all sessions end but the one that is kept")
class CountsTheKeptSession(MemorySessions):
    async def end_all(self, user_id: UserId, **rest: Rest) -> int:
        count = await super().end_all(user_id, **rest)
        return count + (rest.get("keep") in self.tables.sessions)


@breaks("all sessions end but the one that is kept")
class KeepsAllIfOneIsNamed(MemorySessions):
    async def end_all(self, user_id: UserId, **rest: Rest) -> int:
        kept = self.tables.sessions.get(rest.get("keep", ""))
        if kept and kept.user_id != user_id:
            return 0
        return await super().end_all(user_id, **rest)


@breaks("all tokens of a user are listed by their purpose")
class ListsTokensAsTheyWereIssued(MemoryTokens):
    async def of_user(self, user_id: UserId) -> list[OneTimeToken]:
        tokens = self.tables.tokens.values()
        return [token for token in tokens if token.user_id == user_id]


@breaks(
    "all tokens of a user are listed by their purpose",
    "nobody is changed without the token that is to be spent",
)
class ListsGoodTokensOnly(MemoryTokens):
    async def of_user(self, user_id: UserId) -> list[OneTimeToken]:
        tokens = await super().of_user(user_id)
        return [token for token in tokens if token.spent_at is None]
