"""What users do with their own accounts."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from core import errors
from core.identity.reauthentication import Reauthentication
from core.identity.removals import Removals
from core.identity.user_changes import UserChanges
from core.model import (
    EventFilter,
    Found,
    Place,
    Role,
    SignedIn,
    User,
    UserEdit,
)
from core.permissions import Guarded, allowed
from core.ports import Storage
from core.ports.own_account import Export, OwnAccount

T = TypeVar("T")

BATCH = 500
"""Records of an export that are read at once."""

OWN = frozenset({"username", "full_name", "locale"})


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAccounts(OwnAccount, Guarded):
    """Use cases of who is signed in, about themselves."""

    storage: Storage
    reauthentication: Reauthentication
    changes: UserChanges
    removals: Removals

    @allowed(*Role)
    async def change(self, by: SignedIn, edit: UserEdit) -> User:
        if foreign := edit.keys() - OWN:
            raise TypeError(f"not one's own to change: {sorted(foreign)}")
        account = await self.storage.users.account(by.identity.user.id)
        if account is None:
            raise errors.SessionEnded
        planned = self.changes.plan(account, edit, by)
        if planned is None:
            return account.user
        change = self.storage.users.change(planned.change, events=planned.events)
        return await change or await self.change(by, edit)

    @allowed(*Role)
    async def delete(self, by: SignedIn, password: str) -> None:
        account = await self.reauthentication.demand(
            by.identity, password, by.client, "Deletion refused"
        )
        if not await self.removals.remove(account.user, by, stamp=account.user.stamp):
            # What we checked was changed meanwhile: all of it has to stand the new test.
            await self.delete(by, password)

    @allowed(*Role)
    async def export(self, by: SignedIn) -> Export:
        user_id = by.identity.user.id
        account = await self.storage.users.account(user_id)
        if account is None:
            raise errors.SessionEnded
        return Export(
            user=account.user,
            devices=account.devices,
            sessions=await _every(
                partial(
                    self.storage.sessions.of_user, user_id, at=account.user.created_at
                )
            ),
            tokens=[
                replace(it, id="") for it in await self.storage.tokens.of_user(user_id)
            ],
            events=await _every(
                partial(self.storage.events.find, EventFilter(user_id=user_id))
            ),
        )


async def _every(find: Callable[..., Awaitable[Found[T]]]) -> list[T]:
    """Return all that is found, page by page."""
    records: list[T] = []
    after: Place | None = None
    while True:
        found = await find(after=after, limit=BATCH, count_to=0)
        records += found.records
        if len(found.items) < BATCH:
            return records
        after = found.items[-1][0]
