"""Other people's accounts."""

import re
from dataclasses import dataclass, replace

from core import errors
from core.administration.newcomers import Newcomers
from core.event_factory import EventFactory
from core.identity.mailed_tokens import MailedTokens
from core.identity.removals import Removals
from core.identity.user_changes import UserChanges, actor_of
from core.model import (
    Account,
    Backoff,
    Caller,
    Found,
    Place,
    Profile,
    Purpose,
    Role,
    SignedIn,
    User,
    UserEdit,
    UserFilter,
    UserId,
    UserOrder,
    UserSort,
    searchable,
)
from core.model.events import EventKind
from core.paging import COUNTED, Listing, paged
from core.permissions import Guarded, allowed
from core.ports import Clock, EmailNormalizer, RateLimiter, Storage
from core.ports.administration import Page, Report, UserAdministration
from core.refusals import tell_refusal

LARGEST_ID = 2**53 - 1
ID = re.compile("[1-9][0-9]{0,15}")
"""As ids are written: `007` is a username."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Users(UserAdministration, Guarded):
    """Use cases of administrators and operators; ``backoff`` is None where nobody waits."""

    storage: Storage
    emails: EmailNormalizer
    newcomers: Newcomers
    changes: UserChanges
    removals: Removals
    tokens: MailedTokens
    limiter: RateLimiter
    backoff: Backoff | None
    clock: Clock
    events: EventFactory

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
        text = searchable(wanted.text) if wanted.text else None
        wanted = replace(wanted, text=text)

        async def ask(after: Place | None, most: int, count_to: int) -> Found[User]:
            return await self.storage.users.find(
                wanted, order, after=after, limit=most, count_to=count_to
            )

        listing = Listing(
            ("users", wanted, order),
            order.by.type,
            or_none=order.by is UserSort.LAST_LOGIN_AT,
        )
        return await paged(ask, listing, cursor=cursor, limit=limit)

    @allowed(Role.ADMIN)
    async def look(self, by: Caller, user_id: UserId) -> Report:
        user, now = await self._user(user_id), self.clock.now()
        wait = None
        if self.backoff is not None:
            wait = await self.limiter.delay(user.email_key, self.backoff)
        live = await self.storage.sessions.of_user(
            user_id, at=now, after=None, limit=1, count_to=COUNTED
        )
        locked_until = now + wait if wait else None
        return Report(user=user, locked_until=locked_until, live_sessions=live.total)

    @allowed(Role.ADMIN)
    async def named(self, by: Caller, name: str) -> User:
        user = None
        if ID.fullmatch(name) and int(name) <= LARGEST_ID:
            user = await self.storage.users.get(int(name))
        if user is None and "@" in name:
            user = await self.storage.users.by_email(self.emails.key(name))
        if user is None:
            user = await self._of_username(name.lower())
        if user is None:
            raise errors.UserNotFound
        return user

    @allowed(Role.ADMIN)
    async def invite(self, by: Caller, profile: Profile) -> User:
        return await self.newcomers.invite(by, profile)

    @allowed(Role.ADMIN)
    async def invite_again(self, by: Caller, user_id: UserId) -> None:
        account = await self._account(user_id)
        if account.credentials.password_hash is not None:
            raise errors.NotApplicable(
                "The user has a password already: mail a password reset instead"
            )
        _demand_active(account.user)
        await self._mail(by, account.user, Purpose.INVITATION)

    @allowed()
    async def create(self, by: Caller, profile: Profile, password: str) -> User:
        return await self.newcomers.create(by, profile, password)

    @allowed(Role.ADMIN)
    async def change(
        self, by: Caller, user_id: UserId, edit: UserEdit, *, stamp: int | None
    ) -> User:
        account = await self._account(user_id)
        if stamp not in {None, account.user.stamp}:
            raise errors.UserChanged
        planned = self.changes.plan(account, edit, by)
        if planned is None:
            return account.user
        _demand_another(by, planned.change.before, planned.change.after)
        try:
            after = await self.storage.users.change(
                planned.change, events=planned.events
            )
        except errors.LastAdmin as refusal:
            tell_refusal("Change refused", refusal.code, user_id)
            raise
        # Changed meanwhile: what is wanted has to stand against what is there now.
        return after or await self.change(by, user_id, edit, stamp=stamp)

    @allowed(Role.ADMIN)
    async def delete(
        self, by: Caller, user_id: UserId, *, stamp: int | None = None
    ) -> None:
        user = await self._user(user_id)
        if not await self.removals.remove(user, by, stamp=stamp):
            await self._user(user_id)  # gone, or another one by now
            raise errors.UserChanged

    @allowed(Role.ADMIN)
    async def mail_reset(self, by: Caller, user_id: UserId) -> None:
        user = await self._user(user_id)
        _demand_active(user)
        await self._mail(by, user, Purpose.RESET_PASSWORD)

    @allowed(Role.ADMIN)
    async def mail_verification(self, by: Caller, user_id: UserId) -> None:
        user = await self._user(user_id)
        if user.is_verified:
            raise errors.NotApplicable("The address is verified already")
        _demand_active(user)
        await self._mail(by, user, Purpose.VERIFY_EMAIL)

    @allowed(Role.ADMIN)
    async def unlock(self, by: Caller, user_id: UserId) -> None:
        user = await self._user(user_id)
        told = self.events.make(
            EventKind.USER_UNLOCKED,
            self.clock.now(),
            actor_of(by),
            by.client,
            user_id=user_id,
        )
        await self.storage.events.append([told])
        await self.limiter.forget(user.email_key)

    async def _user(self, user_id: UserId) -> User:
        return (await self._account(user_id)).user

    async def _account(self, user_id: UserId) -> Account:
        account = await self.storage.users.account(user_id)
        if account is None:
            raise errors.UserNotFound
        return account

    async def _of_username(self, username_key: str) -> User | None:
        """Return whose username this is: the first from its place on in their order."""
        order = UserOrder(UserSort.USERNAME)
        found = await self.storage.users.find(
            UserFilter(), order, after=Place(username_key, 0), limit=1, count_to=0
        )
        theirs = [it for it in found.records if it.username_key == username_key]
        return theirs[0] if theirs else None

    async def _mail(self, by: Caller, user: User, purpose: Purpose) -> None:
        await self.tokens.mail(user, purpose, by.client, actor_of(by))


def _demand_active(user: User) -> None:
    if not user.is_active:
        raise errors.NotApplicable("The user is inactive: activate them first")


def _demand_another(by: Caller, before: User, after: User) -> None:
    """Raise OwnAccount for who changes their own role or activity."""
    is_own = isinstance(by, SignedIn) and by.identity.user.id == before.id
    powers = [(user.role, user.is_active) for user in (before, after)]
    if is_own and powers[0] != powers[1]:
        raise errors.OwnAccount
