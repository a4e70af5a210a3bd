"""The gate that stays shut until the storage is ready, and revoked keys are known."""

from dataclasses import dataclass

from falcon.asgi import Request, Response

from core import errors
from core.readiness import Readiness

NEEDS_STORAGE = ("/auth/", "/verify-email", "/reset-password", "/.well-known/")


@dataclass(frozen=True, slots=True)
class Gate:
    """Refuses at once, while the storage is being prepared, what would need it."""

    readiness: Readiness

    async def process_request(self, req: Request, resp: Response) -> None:
        if self.readiness.problem is not None and req.path.startswith(NEEDS_STORAGE):
            raise errors.Unavailable
