"""Answers that caches may keep (RFC 9111), and ask whether they still hold (RFC 9110)."""

import hashlib
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

import falcon
from falcon.asgi import Request, Response

Responder = Callable[..., Awaitable[None]]


def kept(responder: Responder) -> Responder:
    """
    Let caches keep what a responder answers for the resource's ``max_age`` seconds.

    The ``ETag`` is strong: the same exactly as long as the body is, on every replica.
    """

    @wraps(responder)
    async def on_method(self: Any, req: Request, resp: Response) -> None:  # noqa: ANN401
        await responder(self, req, resp)
        digest = hashlib.sha256((resp.text or "").encode()).hexdigest()
        resp.etag = digest[:32]
        resp.cache_control = ["public", f"max-age={self.max_age}"]
        if _has(req, digest[:32]):
            resp.status = falcon.HTTP_304
            resp.text = None

    return on_method


def _has(req: Request, etag: str) -> bool:
    # Weak comparison, as GET wants it (RFC 9110, section 13.1.2).
    known = req.if_none_match or []
    return any(it == "*" or str(it) == etag for it in known)
