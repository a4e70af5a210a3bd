"""Limits by client address, or by who is calling; counted before a body is read."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from falcon.asgi import Request, Response

from core import errors
from core.client_networks import subject_of
from core.model import Attempt, Limit, Quota
from core.ports import Metrics, RateLimiter
from core.refusals import tell_over_limit
from entrypoints.http.around.fair_queue import FairQueue
from entrypoints.http.around.gates import Gate
from entrypoints.http.declaration import Bucket, Declaration

PAUSE = 0.005
"""Seconds from one refusal to the next, if another waits."""


@dataclass(frozen=True, slots=True)
class RateLimits(Gate):
    """
    Counts what comes to limited operations, and refuses what is over a limit.

    Refusals are given one by one, in fairness to each address: who asks again as soon as
    it is answered does not get all of the processor. Nobody else waits for them; but each
    holds a connection, so ``most_waiting`` do, and what is beyond is refused at once.
    """

    limiter: RateLimiter
    limits: Mapping[Bucket, Sequence[Limit]]
    metrics: Metrics
    most_waiting: int
    _refused: FairQueue = field(default_factory=lambda: FairQueue(PAUSE), init=False)

    def concerns(self, declaration: Declaration) -> bool:
        return declaration.limit is not None or declaration.limit_by_user is not None

    async def enter(
        self, req: Request, resp: Response, declaration: Declaration
    ) -> None:
        req.context.limits = self  # who is calling is known later
        if declaration.limit is not None:
            subject = subject_of(req.context.client.address)
            await self.count(resp, declaration.limit, subject)

    async def count(self, resp: Response, bucket: Bucket, subject: str) -> None:
        """Count a request of this subject, and tell where it stands; raises TooManyAttempts."""
        limits = self.limits[bucket]
        quotas = await self.limiter.hit([Attempt(limit, subject) for limit in limits])
        tell(resp, quotas)
        if refusal := errors.TooManyAttempts.unless_allowed(quotas):
            for name in refusal.limits:
                tell_over_limit(self.metrics, name, refusal)
            if len(self._refused) < self.most_waiting:
                await self._refused.turn(subject)
            raise refusal


def tell(resp: Response, quotas: Sequence[Quota]) -> None:
    """
    Tell where the client stands.

    As draft-ietf-httpapi-ratelimit-headers-11 has it, sections 3 and 4: lists of Strings
    (RFC 9651). ``t`` is how long no more than ``r`` will be allowed.
    """
    policies, states = [], []
    for quota in quotas:
        name, limit = f'"{quota.limit.name}"', quota.limit
        policies.append(f"{name};q={limit.quota};w={_seconds(limit.window)}")
        states.append(f"{name};r={quota.remaining};t={_seconds(quota.reset)}")
    resp.set_header("RateLimit-Policy", ", ".join(policies))
    resp.set_header("RateLimit", ", ".join(states))


def _seconds(duration: timedelta) -> int:
    return math.ceil(duration.total_seconds())
