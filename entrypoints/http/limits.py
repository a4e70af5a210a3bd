"""Limits by client address, counted before a body is read."""

import ipaddress
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from falcon.asgi import Request, Response

from core import errors
from core.model import Attempt, Limit, Quota
from core.ports import RateLimiter

BUCKETS = {
    "/auth/login": ("login", "login"),
    "/auth/register": ("register", "register"),
    "/auth/resend-verification": ("resend_verification", "resend_verification"),
    "/auth/password-reset/request": ("password_reset_request", "password_reset"),
    "/auth/password-reset/confirm": ("password_reset_confirm", "password_reset"),
    "/reset-password": ("password_reset_confirm", "password_reset"),
    "/auth/change-password": ("change_password", "change_password"),
}
"""Path, the bucket that POSTs to it count in, and the setting (``RATE_LIMIT_...``)."""


def subject_of(address: str) -> str:
    """Return what a limit counts: an IPv4 address, or an IPv6 network of 64 bits."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Counts POSTs to limited paths, and refuses those over a limit."""

    limiter: RateLimiter
    limits: Mapping[str, Sequence[Limit]]

    async def process_request(self, req: Request, resp: Response) -> None:
        limits = self.limits.get(req.path, ()) if req.method == "POST" else ()
        if not limits:
            return
        subject = subject_of(req.context.client.address)
        quotas = await self.limiter.hit([Attempt(limit, subject) for limit in limits])
        _tell(resp, quotas)
        refusals = [quota.reset for quota in quotas if not quota.allowed]
        if refusals:
            raise errors.TooManyAttempts(max(1, _seconds(max(refusals))))


def _tell(resp: Response, quotas: Sequence[Quota]) -> None:
    """Set the headers of the IETF draft `ratelimit-headers` (structured fields)."""
    policies, states = [], []
    for quota in quotas:
        name, limit = f'"{quota.limit.name}"', quota.limit
        policies.append(f"{name};q={limit.quota};w={_seconds(limit.window)}")
        states.append(f"{name};r={quota.remaining};t={_seconds(quota.reset)}")
    resp.set_header("RateLimit-Policy", ", ".join(policies))
    resp.set_header("RateLimit", ", ".join(states))


def _seconds(duration: timedelta) -> int:
    return math.ceil(duration.total_seconds())
