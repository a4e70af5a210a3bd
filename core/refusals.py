"""What is logged and counted of refusals: a guess leaves a trace (ASVS 5, 16.3)."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import AuthError, TooManyAttempts
from core.model import UserId
from core.ports import Metrics

log = logging.getLogger(__name__)


def tell_refusal(
    message: str,
    reason: str,
    user_id: UserId | None = None,
    *,
    routine: bool = False,
    **more: object,
) -> None:
    """
    Log a refusal, and what its client is not told; ``user_id`` where it is known.

    The door has bound the client's address to every line of a request. ``routine`` is
    what honest clients meet each day, too.
    """
    level = logging.INFO if routine else logging.WARNING
    log.log(level, message, extra={"reason": reason, "user_id": user_id, **more})


def tell_over_limit(
    metrics: Metrics,
    limit: str,
    refusal: TooManyAttempts,
    user_id: UserId | None = None,
) -> None:
    """Log and count the refusal of who is over a limit."""
    wait = refusal.retry_after
    tell_refusal("Over a limit", "over a limit", user_id, limit=limit, retry_after=wait)
    metrics.count("rate_limit_refusals", limit=limit)


@contextmanager
def counted(metrics: Metrics, what: str) -> Iterator[None]:
    """Count what becomes of an attempt: success, or the code of its refusal."""
    try:
        yield
    except AuthError as refusal:
        metrics.count(what, outcome=refusal.code)
        raise
    metrics.count(what, outcome="success")
