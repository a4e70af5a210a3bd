"""What can't be done with whoever keeps the users here."""

from collections.abc import Collection
from dataclasses import dataclass

from falcon.asgi import Request, Response

from core import errors
from entrypoints.http.around.gates import Gate
from entrypoints.http.declaration import Declaration
from entrypoints.http.operation import Operation


@dataclass(frozen=True, slots=True)
class NotOffered(Gate):
    """Refuses operations by their ids, before anything else is looked at."""

    missing: Collection[str]

    def concerns(self, declaration: Declaration) -> bool:
        return isinstance(declaration, Operation) and declaration.id in self.missing

    async def enter(
        self, req: Request, resp: Response, declaration: Declaration
    ) -> None:
        raise errors.NotWithCognito
