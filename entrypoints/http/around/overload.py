"""What lets everybody else through while a flood of log-ins is on."""

from dataclasses import dataclass, field

from falcon.asgi import Request, Response

from core.client_networks import subject_of
from core.ports import CALLER, PasswordHasher
from entrypoints.http.around.fair_queue import FairQueue
from entrypoints.http.around.gates import Gate
from entrypoints.http.declaration import Declaration

PAUSE = 0.002
"""Seconds from one to the next, if another waits: no machine hashes so many passwords."""


@dataclass(slots=True)
class AdmissionControl(Gate):
    """
    Lets requests to limited operations through one by one, in fairness to each address.

    So what comes amid a flood waits for one of its requests and not for all of them, and
    whatever the flood is made of, it does not get all of the processor. One that needs a
    password hashed is refused here, before it has cost anything, while it would have to
    wait too long for that; others of its address count for that, and of the rest one each.
    """

    hasher: PasswordHasher
    _waiting: FairQueue = field(default_factory=lambda: FairQueue(PAUSE), init=False)

    def concerns(self, declaration: Declaration) -> bool:
        return declaration.limit is not None or declaration.hashes

    async def enter(
        self, req: Request, resp: Response, declaration: Declaration
    ) -> None:
        subject = subject_of(req.context.client.address)
        await self._waiting.turn(subject)
        if declaration.hashes:
            CALLER.set(subject)
            self.hasher.demand_room()
