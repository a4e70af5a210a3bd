"""The pool's users, as they are now: found, read, and their groups."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adapters.identity.cognito import people
from adapters.identity.cognito.pool import Pool
from core import errors
from core.model import Role, User, UserId
from core.operations.cognito_files import FOUND_BY_ID, FOUND_BY_NAME

Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Directory:
    """Who there is; a user is named to the pool by address or by ``sub``."""

    pool: Pool

    async def read(self, name: str) -> User:
        """Return somebody by address or ``sub``; raises UserNotFound."""
        answer, role = await asyncio.gather(
            self.pool.of_admin("admin_get_user", Username=name), self.role(name)
        )
        return _known(people.user_of(answer, role))

    async def of_id(self, user_id: UserId) -> tuple[str, User]:
        """Return ``sub`` and user of a number; raises UserNotFound."""
        for answer in await self.found(FOUND_BY_ID, str(user_id)):
            sub = people.sub_of(answer)
            user = people.user_of(answer, await self.role(sub))
            if user is not None and user.id == user_id:
                return sub, user
        raise errors.UserNotFound

    async def of_username(self, username: str) -> list[Answer]:
        """Return all who have a username in any case; one, unless two raced for it."""
        return await self.found(FOUND_BY_NAME, username.lower())

    async def new_id(self) -> UserId:
        """Return a number that nobody has; to race for one of so many is no matter."""
        while await self.found(FOUND_BY_ID, str(user_id := people.new_id())):
            pass
        return user_id

    async def found(self, attribute: str, value: str) -> list[Answer]:
        """Return who has exactly this."""
        quoted = value.replace("\\", "\\\\").replace('"', '\\"')
        answer = await self.pool.of_admin(
            "list_users", Filter=f'{attribute} = "{quoted}"'
        )
        found: list[Answer] = answer["Users"]
        return found

    async def role(self, name: str) -> Role:
        """Return somebody's role as it is now; raises UserNotFound."""
        answer = await self.pool.of_admin("admin_list_groups_for_user", Username=name)
        return people.role_of(answer["Groups"])

    async def admins(self) -> list[Answer]:
        """Return all administrators."""
        found: list[Answer] = []
        more: dict[str, str] = {}
        while True:
            answer = await self.pool.of_admin(
                "list_users_in_group", GroupName=people.ADMINS, **more
            )
            found += answer["Users"]
            if not (token := answer.get("NextToken")):
                return found
            more = {"NextToken": token}

    async def demand_another_admin(self, sub: str) -> None:
        """
        Raise LastAdmin unless somebody else is an active administrator.

        The pool has no way to look and to change in one step: two who leave at the same
        moment may both be let go.
        """
        others = [it for it in await self.admins() if people.sub_of(it) != sub]
        if not any(map(_may_log_in, others)):
            raise errors.LastAdmin


def _may_log_in(answer: Answer) -> bool:
    # Who was invited has no password yet.
    is_enabled: bool = answer.get("Enabled", True)
    return is_enabled and answer["UserStatus"] == "CONFIRMED"


def _known(user: User | None) -> User:
    if user is None:
        raise errors.UserNotFound
    return user
