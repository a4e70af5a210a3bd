"""Faults of mailed tokens."""

from asyncio import sleep
from dataclasses import replace
from datetime import timedelta

from adapters.storage.memory.tokens import MemoryTokens
from core.model import OneTimeToken, Purpose, TokenId
from tests.adapters.broken_storage import Rest, breaks


@breaks(
    "a change spends its token which is gone then",
    "a newer token voids a spent one too",
    "a purge compares times as instants",
    "a removal touches nobody else",
    "a spent verification token stays until it expires",
    "a time of another offset is compared as an instant",
    "a token comes back as it was issued",
    "a verification token is good until it expires",
    "all tokens of a user are listed by their purpose",
    "an expired token is returned too",
    "any text comes back unchanged",
    "no administrator is removed as unverified",
    "no verified user is removed",
    "nobody else is removed",
    "times come back in utc",
    "tokens that expired are purged",
    "what is no good verification token removes nobody",
    "what is no reset token resets nothing",
    "what is no verification token verifies nothing",
)
class ShortensLives(MemoryTokens):
    async def issue(self, token: OneTimeToken, **rest: Rest) -> None:
        shorter = replace(token, expires_at=token.expires_at - timedelta(minutes=1))
        await super().issue(shorter, **rest)


@breaks(
    "a newer token voids a spent one too",
    "a newer token voids the users older of its purpose",
    "of tokens issued at once one is good",
)
class KeepsOlderTokens(MemoryTokens):
    async def issue(self, token: OneTimeToken, **rest: Rest) -> None:
        before = dict(self.tables.tokens)
        await super().issue(token, **rest)
        self.tables.tokens.update(before)


@breaks(
    "a change spends its token which is gone then",
    "a change voids the tokens of the purposes it names",
    "a newer token voids no other purpose",
    "a reset replaces the hash proves the address and nothing else",
    "a reset voids an invitation too",
    "a token of another purpose sets no password",
    "all tokens of a user are listed by their purpose",
    "an invitation sets a first password",
    "mailed tokens stay good through a change but not a new address",
    "nobody is changed without the token that is to be spent",
    "what is no good verification token removes nobody",
    "what is no reset token resets nothing",
)
class VoidsEveryPurpose(MemoryTokens):
    async def issue(self, token: OneTimeToken, **rest: Rest) -> None:
        for purpose in Purpose:
            self.tables.void(token.user_id, purpose)
        await super().issue(token, **rest)


@breaks(
    "a newer token voids nobody elses",
    "a purge ends after so many of each kind",
    "all tokens of a user are listed by their purpose",
    "many purge at once and count each record once",
    "nobody else is removed",
    "nothing begins for who is being removed",
    "tokens that expired are purged",
    "what is no good verification token removes nobody",
)
class VoidsEverybodysTokens(MemoryTokens):
    async def issue(self, token: OneTimeToken, **rest: Rest) -> None:
        for user_id in self.tables.users:
            self.tables.void(user_id, token.purpose)
        await super().issue(token, **rest)


@breaks("of tokens issued at once one is good")
class VoidsBeforeItStores(MemoryTokens):
    async def issue(self, token: OneTimeToken, **rest: Rest) -> None:
        self.tables.void(token.user_id, token.purpose)
        others = dict(self.tables.tokens)
        await sleep(0)
        others |= self.tables.tokens
        await super().issue(token, **rest)
        self.tables.tokens.update(others)


@breaks("an expired token is returned too")
class HidesOldTokens(MemoryTokens):
    async def get(self, token_id: TokenId) -> OneTimeToken | None:
        token = await super().get(token_id)
        return token if token and token.expires_at.year > 2000 else None
