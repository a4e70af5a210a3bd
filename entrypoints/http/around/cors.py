"""Which pages of other origins may read our answers (Fetch, section 3.2)."""

from collections.abc import Collection
from dataclasses import dataclass

import falcon
from falcon.asgi import Request, Response

EXPOSED = (
    "Content-Disposition, ETag, Location, RateLimit, RateLimit-Policy, Retry-After,"
    " WWW-Authenticate, X-Request-ID"
)
METHODS = "DELETE, GET, HEAD, PATCH, POST, PUT"
PREFLIGHT_SECONDS = 86400


@dataclass(frozen=True, slots=True)
class Cors:
    """
    Lets pages of ``origins``, or of all where that is `*`, read what we answer.

    Refusals, too: a preflight is granted whatever path and method it asks for, so that
    the page sees the 404 or 405 itself.
    """

    origins: Collection[str]

    async def process_response(
        self, req: Request, resp: Response, resource: object, req_succeeded: bool
    ) -> None:
        # Without an `Origin`, too: a cache has to know that with one it is another answer.
        resp.append_header("Vary", "Origin")
        origin = req.get_header("Origin")
        anybody = "*" in self.origins
        if origin is None or not (anybody or origin in self.origins):
            return
        resp.set_header("Access-Control-Allow-Origin", "*" if anybody else origin)
        resp.set_header("Access-Control-Expose-Headers", EXPOSED)
        if _is_preflight(req):
            _grant(req, resp)


def _is_preflight(req: Request) -> bool:
    """Tell whether a browser asks for itself: what we pass on has a declaration."""
    return (
        req.method == "OPTIONS"
        and req.get_header("Access-Control-Request-Method") is not None
        and req.context.declaration is None
    )


def _grant(req: Request, resp: Response) -> None:
    headers = req.get_header("Access-Control-Request-Headers") or "*"
    resp.status = falcon.HTTP_204
    resp.text = None
    resp.delete_header("Content-Type")
    resp.set_header("Access-Control-Allow-Methods", METHODS)
    resp.set_header("Access-Control-Allow-Headers", headers)
    resp.set_header("Access-Control-Max-Age", str(PREFLIGHT_SECONDS))
