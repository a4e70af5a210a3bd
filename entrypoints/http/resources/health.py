"""Resources for whoever looks after the service: is it alive, ready, well, and its figures."""

import asyncio
from dataclasses import dataclass
from typing import Literal

from falcon.asgi import Request, Response

from adapters.metrics.prometheus import CONTENT_TYPE, PrometheusMetrics
from core import errors
from core.operations.mail_watch import MailWatch
from core.operations.readiness import Readiness
from core.operations.secret_watch import SecretWatch
from core.ports import Clock, RateLimiter, Storage
from entrypoints.http.answers import Alive, Health, MailHealth, Ready
from entrypoints.http.declaration import ANYBODY, Declaration
from entrypoints.http.operation import Operation

ALIVE = Alive()


@dataclass(frozen=True, slots=True)
class Livez:
    """Asks nothing of anybody: a database outage must not get every replica killed."""

    @Operation(
        "Is the process alive?",
        id="isAlive",
        description="Asks nothing of anybody: for a liveness probe.",
        allows=ANYBODY,
        needs_storage=False,
        quiet=True,
        answers=Alive,
    )
    async def on_get(self, req: Request) -> Alive:
        return ALIVE


@dataclass(frozen=True, slots=True)
class Readyz:
    """Stays 200 without Redis, secrets or mail: restarts bring none of them back."""

    readiness: Readiness
    limiter: RateLimiter
    secrets: SecretWatch
    mails: MailWatch

    @Operation(
        "Can requests be served?",
        id="isReady",
        description="For a readiness probe. `missing` is what is away, and can be done"
        " without.",
        refuses=(errors.Unavailable,),
        allows=ANYBODY,
        needs_storage=False,
        quiet=True,
        answers=Ready,
    )
    async def on_get(self, req: Request) -> Ready:
        await self.readiness.demand()
        missing = [
            name
            for name, is_missing in (
                ("redis", self.limiter.counts_together is False),
                ("secrets", bool(self.secrets.problems)),
                ("mail", self.mails.is_delayed),
            )
            if is_missing
        ]
        return Ready(status="degraded" if missing else "ready", missing=missing)


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """Always 200: the guide probes liveness here, and a restart mends no database."""

    storage: Storage
    limiter: RateLimiter
    mails: MailWatch
    clock: Clock

    @Operation(
        "How are the service and what it needs?",
        id="getHealth",
        description="Always 200: `status` tells how things are.",
        allows=ANYBODY,
        needs_storage=False,
        quiet=True,
        answers=Health,
    )
    async def on_get(self, req: Request) -> Health:
        stores, redis = await _answers(self.storage), _redis(self.limiter)
        lacks = redis == "disconnected" or self.mails.is_delayed
        status = "degraded" if lacks else "healthy"
        return Health(
            status=status if stores else "unhealthy",
            database="connected" if stores else "disconnected",
            redis=redis,
            mail=_mail(self.mails),
            timestamp=self.clock.now(),
        )


@dataclass(frozen=True, slots=True)
class Figures:
    """For Prometheus; asks nothing of anybody, and is not limited."""

    metrics: PrometheusMetrics

    @Declaration("Tell figures", allows=ANYBODY, needs_storage=False, quiet=True)
    async def on_get(self, req: Request, resp: Response) -> None:
        resp.content_type = CONTENT_TYPE
        # In a thread: it may wait for another worker's file.
        resp.data = await asyncio.to_thread(self.metrics.page)


def _redis(
    limiter: RateLimiter,
) -> Literal["connected", "disconnected", "not configured"]:
    if limiter.counts_together is None:
        return "not configured"
    return "connected" if limiter.counts_together else "disconnected"


def _mail(mails: MailWatch) -> MailHealth:
    return MailHealth(
        status="delayed" if mails.is_delayed else "delivering",
        waiting=mails.backlog.waiting,
        oldest_seconds=int(mails.age.total_seconds()),
        failures=mails.deliveries.failures,
    )


async def _answers(storage: Storage) -> bool:
    try:
        await storage.ping()
    except errors.Unavailable:
        return False
    return True
