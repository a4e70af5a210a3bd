"""Whose access token came with a request (RFC 6750: the header, and nowhere else)."""

from collections.abc import Collection, Iterable

from falcon.asgi import Request

from core import errors
from core.model import Identity, Role
from core.sessions import Sessions

BEARER_REFUSALS = (
    errors.NotAuthenticated,
    errors.InvalidToken,
    errors.ExpiredToken,
    errors.SessionEnded,
)


async def identify(req: Request, roles: Collection[Role]) -> Identity:
    """Return who is calling; raises one of ``BEARER_REFUSALS``, and Forbidden."""
    sessions: Sessions = req.context.sessions
    identity = await sessions.identify(_token(req.auth or ""))
    demand_roles(identity, [roles])
    return identity


def demand_roles(identity: Identity, demands: Iterable[Collection[Role]]) -> None:
    """Raise Forbidden unless the user's role is among those of every demand."""
    if not all(identity.user.role in roles for roles in demands):
        raise errors.Forbidden


def _token(authorization: str) -> str:
    scheme, _, token = authorization.strip().partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    if scheme and not token and scheme.lower() != "bearer":
        raise errors.InvalidToken  # a token without its scheme: the guide tells of it
    raise errors.NotAuthenticated
