"""Whose access token came with a request (RFC 6750: the header, and nowhere else)."""

from falcon.asgi import Request

from core import errors
from core.model import Identity
from core.sessions import Sessions

BEARER_REFUSALS = (
    errors.NotAuthenticated,
    errors.InvalidToken,
    errors.ExpiredToken,
    errors.SessionEnded,
)


async def identify(req: Request, sessions: Sessions) -> Identity:
    """Return who is calling; raises one of ``BEARER_REFUSALS``."""
    return await sessions.identify(_token(req.auth or ""))


def _token(authorization: str) -> str:
    scheme, _, token = authorization.strip().partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    if scheme and not token and scheme.lower() != "bearer":
        raise errors.InvalidToken  # a token without its scheme: the guide tells of it
    raise errors.NotAuthenticated
