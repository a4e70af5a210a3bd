"""What keeps passwords from being guessed, mailboxes from being flooded, sessions from spinning."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from core import errors
from core.client_networks import subject_of
from core.model import (
    Attempt,
    Backoff,
    Client,
    Limit,
    Purpose,
    SessionId,
    Trial,
    UserId,
)
from core.ports import Metrics, RateLimiter
from core.refusals import tell_over_limit

ACCOUNT = "account"
"""The name that operators see for failures in a row."""

WRONG = (errors.InvalidCredentials, errors.WrongCurrentPassword)
RIGHT = (errors.AccountInactive, errors.EmailNotVerified)
"""Refusals that only the right password gets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """
    Limits by account, recipient and session; those by address are the door's.

    Accounts and recipients are normalised e-mail addresses, whether known to us or not:
    what is counted must not tell. Without ``backoff`` nobody waits, where there are no
    limits nothing is counted.
    """

    limiter: RateLimiter
    metrics: Metrics
    backoff: Backoff | None
    mails: Sequence[Limit]
    refreshes: Sequence[Limit]

    @asynccontextmanager
    async def trial(
        self, account: str, client: Client, user_id: UserId | None = None
    ) -> AsyncIterator[None]:
        """
        Surround the check of a password; raises TooManyAttempts before there is one.

        It is counted as failed from its beginning, so that those at one moment count,
        too. What ends it says how it went: a refusal, or nothing, if the password was
        right. Whatever else goes wrong tells the client nothing, and does not count.
        """
        if self.backoff is None:
            yield
            return
        trial = Trial(account, subject_of(client.address))
        wait = await self.limiter.begin(trial, self.backoff)
        if wait:
            refusal = errors.TooManyAttempts(wait)
            tell_over_limit(self.metrics, ACCOUNT, refusal, user_id)
            raise refusal
        try:
            yield
        except WRONG:
            raise
        except RIGHT:
            await self.limiter.settle(trial, self.backoff, proven=True)
            raise
        except Exception:
            await self.limiter.settle(trial, self.backoff, proven=False)
            raise
        await self.limiter.settle(trial, self.backoff, proven=True)

    async def trust(self, account: str, client: Client) -> None:
        """Let the account know the client's address: whoever is there proved it theirs."""
        if self.backoff is not None:
            trial = Trial(account, subject_of(client.address))
            await self.limiter.settle(trial, self.backoff, proven=True)

    async def may_mail(self, recipient: str, purpose: Purpose) -> bool:
        """Count a mail that was asked for, unless the recipient has had enough."""
        limits = self.mails
        if purpose is not Purpose.RESET_PASSWORD:
            # The last of the budget is kept for a reset: who uses it up has seen to it
            # that the owner has a mail to get in by.
            limits = (*limits, *map(_all_but_one, limits))
        return await self._refusal(limits, recipient) is None

    async def may_tell(self, recipient: str, what: str) -> bool:
        """
        Count a mail that tells of something, unless the recipient has had enough.

        One of each kind in a window is let through whatever was mailed before: nobody can
        use the budget up to keep the owner from being told, or a newcomer out.
        """
        limits = (*self.mails, *map(_all_but_one, self.mails))
        if await self._refusal(limits, recipient) is None:
            return True
        first = [_only_one(limit, what) for limit in self.mails]
        return await self._refusal(first, recipient) is None

    async def count_refresh(self, session_id: SessionId, user_id: UserId) -> None:
        """Count a refresh; raises TooManyAttempts."""
        if refusal := await self._refusal(self.refreshes, session_id, user_id):
            raise refusal

    async def _refusal(
        self, limits: Sequence[Limit], subject: str, user_id: UserId | None = None
    ) -> errors.TooManyAttempts | None:
        if not limits:
            return None
        quotas = await self.limiter.hit([Attempt(limit, subject) for limit in limits])
        refusal = errors.TooManyAttempts.unless_allowed(quotas)
        if refusal is not None:
            for name in refusal.limits:
                tell_over_limit(self.metrics, name, refusal, user_id)
        return refusal


def _all_but_one(limit: Limit) -> Limit:
    name = f"{limit.name}/but-one"
    return replace(limit, name=name, quota=max(1, limit.quota - 1))


def _only_one(limit: Limit, what: str) -> Limit:
    return replace(limit, name=f"{limit.name}/{what}", quota=1)
