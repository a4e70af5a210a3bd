"""Mailed tokens, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.storage.memory.tables import Tables, owned
from core.model import OneTimeToken, TokenId, UserId
from core.model.events import Event
from core.ports import OneTimeTokens


@dataclass(frozen=True, slots=True)
class MemoryTokens(OneTimeTokens):
    tables: Tables

    async def issue(self, token: OneTimeToken, *, events: Sequence[Event]) -> None:
        if token.user_id not in self.tables.users:
            return
        self.tables.void(token.user_id, token.purpose)
        self.tables.tokens[token.id] = owned(token)
        self.tables.record(events)

    async def get(self, token_id: TokenId) -> OneTimeToken | None:
        return self.tables.tokens.get(token_id)

    async def of_user(self, user_id: UserId) -> Sequence[OneTimeToken]:
        tokens = (it for it in self.tables.tokens.values() if it.user_id == user_id)
        return sorted(tokens, key=lambda it: it.purpose)
