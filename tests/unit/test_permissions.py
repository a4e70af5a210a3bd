"""Nobody may do anything that a use case does not declare."""

from collections.abc import Awaitable, Callable

import pytest

from core.errors import Forbidden
from core.identity.user_changes import actor_of
from core.model import Client, Operator, Role, SignedIn
from core.permissions import Guarded, allowed, for_anybody
from tests.unit.world import World

CONSOLE = Client(address="server", label="root")


class Gate(Guarded):
    @allowed(Role.ADMIN)
    async def administer(self, by: SignedIn | Operator) -> str:
        return actor_of(by).__class__.__name__

    @allowed()
    async def operate(self, by: SignedIn | Operator) -> str:
        return actor_of(by).__class__.__name__

    @for_anybody
    async def look(self, text: str) -> str:
        return text

    async def _inner(self) -> str:
        return "ours"

    def plain(self) -> str:
        return "no use case"


def test_a_use_case_without_a_declaration_does_not_start() -> None:
    with pytest.raises(TypeError, match=r"Open\.enter does not declare who may do it"):

        class Open(Guarded):
            async def enter(self) -> str:
                return "in"


async def test_roles_are_demanded_and_operators_have_them_all() -> None:
    world, gate = World(), Gate()
    admin, user = await world.admin(), await world.signed_in(await world.newcomer())
    operator = Operator(CONSOLE)

    assert await gate.administer(admin)
    assert await gate.administer(operator)
    assert await gate.operate(operator)
    assert "x" == await gate.look("x")
    for use_case, caller in (
        (gate.administer, user),
        (gate.operate, user),
        (gate.operate, admin),
    ):
        await _refused(use_case, caller)


async def _refused(
    use_case: Callable[[SignedIn | Operator], Awaitable[str]], by: SignedIn
) -> None:
    with pytest.raises(Forbidden, match="Not enough permissions"):
        await use_case(by)
