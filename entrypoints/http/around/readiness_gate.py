"""The gate that stays shut until the storage is ready, and revoked keys are known."""

from dataclasses import dataclass
from typing import Any

from falcon.asgi import Request, Response

from core import errors
from core.operations.readiness import Readiness
from entrypoints.http.declaration import Declaration


@dataclass(frozen=True, slots=True)
class ReadinessGate:
    """Refuses at once, while the storage is being prepared, what would need it."""

    readiness: Readiness

    async def process_resource(
        self, req: Request, resp: Response, resource: object, params: dict[str, Any]
    ) -> None:
        declaration: Declaration | None = req.context.declaration
        if declaration is None or not declaration.needs_storage:
            return
        if self.readiness.problem is not None:
            raise errors.Unavailable
