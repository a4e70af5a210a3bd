"""The gate that stays shut until the storage is ready, and revoked keys are known."""

from dataclasses import dataclass

from falcon.asgi import Request, Response

from core import errors
from core.operations.readiness import Readiness
from entrypoints.http.around.gates import Gate
from entrypoints.http.declaration import Declaration


@dataclass(frozen=True, slots=True)
class ReadinessGate(Gate):
    """Refuses at once, while the storage is being prepared, what would need it."""

    readiness: Readiness

    def concerns(self, declaration: Declaration) -> bool:
        return declaration.needs_storage

    async def enter(
        self, req: Request, resp: Response, declaration: Declaration
    ) -> None:
        if self.readiness.problem is not None:
            raise errors.Unavailable
