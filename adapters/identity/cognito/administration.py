"""Administrators' view of the pool: its users, and what may be changed of them."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from adapters.identity.cognito import people
from adapters.identity.cognito.directory import Directory
from adapters.identity.cognito.looks import Looks
from adapters.identity.cognito.registration import CognitoAccounts
from adapters.identity.cognito.sessions import CognitoSessions
from core import errors
from core.model import (
    Backoff,
    Caller,
    Profile,
    Role,
    SignedIn,
    User,
    UserEdit,
    UserFilter,
    UserId,
    UserOrder,
)
from core.operations.cognito_files import LARGEST_ID
from core.permissions import Guarded, allowed
from core.ports import Clock, EmailNormalizer, PasswordPolicy, RateLimiter
from core.ports.administration import Page, Report, UserAdministration

MOST = 60
"""As many users as the pool gives at once."""

INVITED = "FORCE_CHANGE_PASSWORD"
SUPPRESSED = {"MessageAction": "SUPPRESS"}
MAILED = {"DesiredDeliveryMediums": ["EMAIL"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class CognitoUsers(UserAdministration, Guarded):
    """What the pool can do; what it can't raises NotWithCognito."""

    directory: Directory
    accounts: CognitoAccounts
    sessions: CognitoSessions
    looks: Looks
    emails: EmailNormalizer
    policy: PasswordPolicy
    limiter: RateLimiter
    backoff: Backoff | None
    clock: Clock

    @allowed(Role.ADMIN)
    async def find(
        self,
        by: Caller,
        wanted: UserFilter,
        order: UserOrder,
        *,
        cursor: str | None,
        limit: int,
    ) -> Page[User]:
        """
        Return users in the pool's own order, at most 60.

        The pool searches by one thing at a time, and texts by the beginning of the address.
        """
        if order != UserOrder():
            raise errors.NotWithCognito("Cognito lists users in its own order only")
        question, key = _question(wanted)
        more = {key: _opened(cursor, wanted)} if cursor else {}
        answer = await self.directory.pool.of_admin(
            **question, **more, Limit=min(limit, MOST)
        )
        users = [await self._listed(it, wanted.role) for it in answer["Users"]]
        total = await self._total()
        return Page(
            items=[it for it in users if it is not None],
            next_cursor=_closed(answer.get(key), wanted),
            total=max(total, len(users)),
            total_is_at_least=wanted != UserFilter(),
        )

    @allowed(Role.ADMIN)
    async def look(self, by: Caller, user_id: UserId) -> Report:
        """Tell of no sessions: how many there are only the pool knows."""
        _, user = await self.directory.of_id(user_id)
        wait = None
        if self.backoff is not None:
            wait = await self.limiter.delay(user.email_key, self.backoff)
        locked_until = self.clock.now() + wait if wait else None
        return Report(user=user, locked_until=locked_until, live_sessions=0)

    @allowed(Role.ADMIN)
    async def named(self, by: Caller, name: str) -> User:
        if name.isdecimal() and int(name) <= LARGEST_ID:
            return (await self.directory.of_id(int(name)))[1]
        if "@" in name:
            return await self.directory.read(self.emails.key(name))
        found = await self.directory.of_username(name)
        if not found:
            raise errors.UserNotFound
        return await self.directory.read(people.sub_of(found[0]))

    @allowed(Role.ADMIN)
    async def invite(self, by: Caller, profile: Profile) -> User:
        return await self._create(profile, MAILED)

    @allowed(Role.ADMIN)
    async def invite_again(self, by: Caller, user_id: UserId) -> None:
        sub, user = await self.directory.of_id(user_id)
        answer = await self.directory.pool.of_admin("admin_get_user", Username=sub)
        if answer["UserStatus"] != INVITED:
            raise errors.NotApplicable(
                "The user has a password already: mail a password reset instead"
            )
        await self.directory.pool.of_admin(
            "admin_create_user",
            Username=user.email_key,
            MessageAction="RESEND",
            **MAILED,
        )

    @allowed()
    async def create(self, by: Caller, profile: Profile, password: str) -> User:
        self.policy.demand(password)
        user = await self._create(profile, SUPPRESSED)
        name = {"Username": user.email_key}
        pool = self.directory.pool
        await pool.of_admin(
            "admin_set_user_password", **name, Password=password, Permanent=True
        )
        return await self.directory.read(user.email_key)

    @allowed(Role.ADMIN)
    async def change(
        self, by: Caller, user_id: UserId, edit: UserEdit, *, stamp: int | None
    ) -> User:
        """Look and change: the pool has no way to do both in one step."""
        sub, before = await self.directory.of_id(user_id)
        if stamp not in {None, before.stamp}:
            raise errors.UserChanged
        edit = changed_by(edit, before, self.emails)
        role = edit.get("role", before.role)
        is_active = edit.get("is_active", before.is_active)
        powers = (role, is_active) != (before.role, before.is_active)
        if powers and isinstance(by, SignedIn) and by.identity.user.id == user_id:
            raise errors.OwnAccount
        if before.role is Role.ADMIN and not (role is Role.ADMIN and is_active):
            await self.directory.demand_another_admin(sub)
        await self._demand_free(before, edit)
        ends = await self._apply(sub, before, edit)
        if ends:
            await self.directory.pool.of_admin(
                "admin_user_global_sign_out", Username=sub
            )
        self.looks.forget_user(sub)
        return await self.directory.read(sub)

    @allowed(Role.ADMIN)
    async def delete(
        self, by: Caller, user_id: UserId, *, stamp: int | None = None
    ) -> None:
        sub, user = await self.directory.of_id(user_id)
        if stamp not in {None, user.stamp}:
            raise errors.UserChanged
        await removed(self.directory, self.looks, sub, user)

    @allowed(Role.ADMIN)
    async def mail_reset(self, by: Caller, user_id: UserId) -> None:
        _, user = await self.directory.of_id(user_id)
        if not user.is_active:
            raise errors.NotApplicable("The user is inactive: activate them first")
        await self.directory.pool.of_client("forgot_password", user.email_key)

    @allowed(Role.ADMIN)
    async def mail_verification(self, by: Caller, user_id: UserId) -> None:
        _, user = await self.directory.of_id(user_id)
        if user.is_verified:
            raise errors.NotApplicable("The address is verified already")
        await self.directory.pool.of_client("resend_confirmation_code", user.email_key)

    @allowed(Role.ADMIN)
    async def unlock(self, by: Caller, user_id: UserId) -> None:
        _, user = await self.directory.of_id(user_id)
        await self.limiter.forget(user.email_key)

    async def _create(self, profile: Profile, how: Mapping[str, object]) -> User:
        account = self.emails.key(profile.email)
        await self.accounts.demand_free(account, profile.username)
        attributes = people.of_new(
            await self.directory.new_id(),
            email=account,
            username=profile.username,
            full_name=profile.full_name,
            locale=profile.locale,
        )
        is_known = how is SUPPRESSED
        attributes += people.attributes(email_verified="true" if is_known else "false")
        await self.directory.pool.of_admin(
            "admin_create_user", Username=account, UserAttributes=attributes, **how
        )
        if profile.role is Role.ADMIN:
            await self._put_in(account, Role.ADMIN)
        return await self.directory.read(account)

    async def _apply(self, sub: str, before: User, edit: UserEdit) -> bool:
        """Do what an edit wants; tell whether it ends all log-ins."""
        pool, name = self.directory.pool, {"Username": sub}
        if edit.get("is_verified") and not before.is_verified:
            await self._confirm(sub)
        if attributes := people.of_edit(edit):
            await pool.of_admin(
                "admin_update_user_attributes", **name, UserAttributes=attributes
            )
        if (role := edit.get("role", before.role)) is not before.role:
            await self._put_in(sub, role)
        is_active = edit.get("is_active", before.is_active)
        if is_active is not before.is_active:
            await pool.of_admin(
                "admin_enable_user" if is_active else "admin_disable_user", **name
            )
        return not is_active or "email" in edit

    async def _confirm(self, sub: str) -> None:
        answer = await self.directory.pool.of_admin("admin_get_user", Username=sub)
        if answer["UserStatus"] == "UNCONFIRMED":
            await self.directory.pool.of_admin("admin_confirm_sign_up", Username=sub)

    async def _put_in(self, name: str, role: Role) -> None:
        """Put somebody into the group of a role, and take them out of the other."""
        pool = self.directory.pool
        for group in (people.ADMINS, people.USERS):
            is_theirs = group == role
            call = "admin_add_user_to_group" if is_theirs else _OUT
            await pool.of_admin(call, Username=name, GroupName=group)

    async def _demand_free(self, before: User, edit: UserEdit) -> None:
        if "email" in edit and await self.directory.found("email", edit["email"]):
            raise errors.EmailTaken
        if "username" in edit:
            await demand_free_username(self.directory, before, edit["username"])

    async def _listed(
        self, answer: Mapping[str, Any], role: Role | None
    ) -> User | None:
        # Of who was asked for by group it is known; of all others a list does not tell.
        if role is None:
            role = await self.directory.role(people.sub_of(answer))
        return people.user_of(answer, role)

    async def _total(self) -> int:
        answer = await self.directory.pool.of_admin("describe_user_pool")
        return int(answer["UserPool"].get("EstimatedNumberOfUsers", 0))


def changed_by(edit: UserEdit, user: User, emails: EmailNormalizer) -> UserEdit:
    """Return what of an edit is not so already, with the address as the pool keeps it."""
    if "email" in edit:
        edit = {**edit, "email": emails.key(edit["email"])}
    changed = {
        name: value for name, value in edit.items() if getattr(user, name) != value
    }
    if "email" in changed and edit.get("is_verified"):
        changed["is_verified"] = True  # of the new address, whatever the old one was
    return cast("UserEdit", changed)


_OUT = "admin_remove_user_from_group"


async def removed(directory: Directory, looks: Looks, sub: str, user: User) -> None:
    """Remove a user from the pool; raises LastAdmin."""
    if user.role is Role.ADMIN:
        await directory.demand_another_admin(sub)
    await directory.pool.of_admin("admin_delete_user", Username=sub)
    looks.forget_user(sub)


async def demand_free_username(directory: Directory, user: User, username: str) -> None:
    """Raise UsernameTaken if somebody else has it."""
    for answer in await directory.of_username(username):
        other = people.user_of(answer, Role.USER)
        if other is None or other.id != user.id:
            raise errors.UsernameTaken


def _question(wanted: UserFilter) -> tuple[dict[str, str], str]:
    """Return what to ask, and what leads on in the answer is called."""
    asked = [
        *(["text"] if wanted.text else []),
        *(["role"] if wanted.role else []),
        *(["is_active"] if wanted.is_active is not None else []),
        *(["is_verified"] if wanted.is_verified is not None else []),
    ]
    if len(asked) > 1 or wanted.created_after or wanted.role is Role.USER:
        raise errors.NotWithCognito(
            "Cognito searches by one of these at a time: q (the beginning of the address),"
            " role=admin, active, verified"
        )
    if wanted.role:
        group = {"operation": "list_users_in_group", "GroupName": people.ADMINS}
        return group, "NextToken"
    searched = {"operation": "list_users"}
    if wanted.text:
        text = wanted.text.replace("\\", "\\\\").replace('"', '\\"')
        searched["Filter"] = f'email ^= "{text}"'
    elif wanted.is_active is not None:
        state = "Enabled" if wanted.is_active else "Disabled"
        searched["Filter"] = f'status = "{state}"'
    elif wanted.is_verified is not None:
        state = "CONFIRMED" if wanted.is_verified else "UNCONFIRMED"
        searched["Filter"] = f'cognito:user_status = "{state}"'
    return searched, "PaginationToken"


def _closed(token: str | None, wanted: UserFilter) -> str | None:
    """Return a cursor that is worthless with other filters."""
    if token is None:
        return None
    text = json.dumps([repr(wanted), token])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _opened(cursor: str, wanted: UserFilter) -> str:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        facts, token = json.loads(text)
    except (ValueError, binascii.Error, TypeError):
        raise errors.InvalidCursor from None
    if facts != repr(wanted) or not isinstance(token, str):
        raise errors.InvalidCursor
    return token
