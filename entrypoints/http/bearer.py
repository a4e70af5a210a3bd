"""Whose access token came with a request (RFC 6750: the header, and nowhere else)."""

from collections.abc import Collection, Iterable

from falcon.asgi import Request

from core import errors
from core.model import Identity, Role, SignedIn
from core.ports.driving import Identification
from core.refusals import tell_refusal

NO_TOKEN = "-"  # noqa: S105 - it is none
"""What counts as a token where something came that is none; no JWT looks like it."""


async def identify(req: Request, roles: Collection[Role]) -> Identity:
    """Return who is calling; raises one of ``NO_IDENTITY``, and Forbidden."""
    identification: Identification = req.context.identification
    identity = await identification.identify(access_token(req))
    demand_roles(identity, [roles])
    return identity


def caller(req: Request) -> SignedIn:
    """Return on whose behalf an identified request is."""
    return SignedIn(req.context.identity, req.context.client)


def demand_roles(identity: Identity, demands: Iterable[Collection[Role]]) -> None:
    """Raise Forbidden unless the user's role is among those of every demand."""
    user = identity.user
    for roles in demands:
        if user.role not in roles:
            wanted = " or ".join(sorted(roles))
            tell_refusal("Role refused", f"is {user.role}, and not {wanted}", user.id)
            raise errors.Forbidden


def access_token(req: Request) -> str | None:
    """Return what came as an access token, None if nothing did."""
    scheme, _, token = (req.auth or "").strip().partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    if scheme and not token and scheme.lower() != "bearer":
        return NO_TOKEN  # a token without its scheme: the guide tells of it
    return None
