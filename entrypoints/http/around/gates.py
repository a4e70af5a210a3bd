"""What may refuse a request by what its operation declares."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from falcon.asgi import Request, Response

from entrypoints.http.declaration import Declaration


class Gate(Protocol):
    """A reason to refuse requests, or to let them wait."""

    @abstractmethod
    def concerns(self, declaration: Declaration) -> bool:
        """Tell whether any request of this operation could be refused, or made to wait."""

    @abstractmethod
    async def enter(
        self, req: Request, resp: Response, declaration: Declaration
    ) -> None:
        """Let a request through, now or later; raises its refusal."""


@dataclass(frozen=True, slots=True)
class Gates:
    """All of them, outermost first; for an operation, those that concern it."""

    gates: Sequence[Gate]
    _concerned: dict[Declaration, Sequence[Gate]] = field(
        default_factory=dict, init=False
    )

    async def process_resource(
        self, req: Request, resp: Response, resource: object, params: dict[str, Any]
    ) -> None:
        declaration: Declaration | None = req.context.declaration
        if declaration is None:
            return
        for gate in self._of(declaration):
            await gate.enter(req, resp, declaration)

    def _of(self, declaration: Declaration) -> Sequence[Gate]:
        found = self._concerned.get(declaration)
        if found is None:
            found = [it for it in self.gates if it.concerns(declaration)]
            self._concerned[declaration] = found
        return found
