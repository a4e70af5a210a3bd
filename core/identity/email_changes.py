"""Changing one's address, and undoing that from the address before."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from core import errors
from core.event_factory import EventFactory
from core.identity.mailed_tokens import MailedTokens, refused
from core.identity.reauthentication import Reauthentication
from core.identity.throttle import Throttle
from core.identity.user_changes import ALL_PURPOSES, UserChanges, moved
from core.model import (
    Client,
    EndReason,
    EventFilter,
    OneTimeToken,
    Purpose,
    Role,
    SignedIn,
    User,
    UserChange,
    UserId,
)
from core.model.events import Event, EventKind
from core.permissions import Guarded, allowed, for_anybody
from core.ports import Clock, EmailNormalizer, Storage
from core.ports.own_account import EmailChange
from core.refusals import tell_refusal

DISPUTED = "A change of address was undone: set a new password by the mail that followed, first"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChanges(EmailChange, Guarded):
    """Use cases around the two tokens, one mailed to each address."""

    storage: Storage
    emails: EmailNormalizer
    tokens: MailedTokens
    throttle: Throttle
    reauthentication: Reauthentication
    changes: UserChanges
    clock: Clock
    events: EventFactory

    @allowed(*Role)
    async def request(self, by: SignedIn, *, password: str, new_email: str) -> None:
        refusal = "Change of address refused"
        account = await self.reauthentication.demand(
            by.identity, password, by.client, refusal
        )
        key, now = self.emails.key(new_email), self.clock.now()
        user_id = account.user.id
        if await self._is_disputed(user_id, now):
            raise errors.NotApplicable(DISPUTED)
        holder = await self.storage.users.by_email(key)
        is_free = holder is None or holder.id == user_id
        may_mail = await self.throttle.may_mail(key, Purpose.CHANGE_EMAIL)
        token = self.tokens.new(user_id, Purpose.CHANGE_EMAIL, now, new_email)
        is_mailed = is_free and may_mail
        told = self.events.make(
            EventKind.EMAIL_CHANGE_REQUESTED,
            now,
            user_id,
            by.client,
            user_id=user_id,
            # Not the address: it may be somebody else's, who has no say in our keeping it.
            data={"token_id": token.id} if is_mailed else {},
        )
        if may_mail:
            # For a taken address, too: neither the time, nor an export, nor whether an
            # older link is still good tells the two apart. Nobody gets that token.
            await self.storage.tokens.issue(token, events=[told])
        else:
            await self.storage.events.append([told])

    @for_anybody
    async def owner(self, mail_token: str, *, undo: bool) -> tuple[User, str]:
        purpose = Purpose.UNDO_EMAIL if undo else Purpose.CHANGE_EMAIL
        token, user = await self._good(mail_token, purpose, self.clock.now())
        return user, _address(token)

    @for_anybody
    async def confirm(self, mail_token: str, client: Client) -> User:
        now = self.clock.now()
        token, before = await self._good(mail_token, Purpose.CHANGE_EMAIL, now)
        if await self._is_disputed(before.id, now):
            raise refused(token.purpose, "undone, and no new password yet", before.id)
        undo, is_new = await self._undo_of(before, now)
        after = self._with_address(before, token, now)
        change = UserChange(
            before=before,
            after=after,
            ends_sessions=EndReason.EMAIL_CHANGED,
            voids=ALL_PURPOSES,
            issues=undo,
            spends=token.id,
        )
        told = moved(before, after, undo if is_new else None)
        return await self._store(change, told, client) or await self.confirm(
            mail_token, client
        )

    @for_anybody
    async def undo(self, mail_token: str, client: Client) -> User:
        now = self.clock.now()
        token, before = await self._good(mail_token, Purpose.UNDO_EMAIL, now)
        reset = self.tokens.new(before.id, Purpose.RESET_PASSWORD, now)
        change = UserChange(
            before=before,
            after=self._with_address(before, token, now),
            ends_sessions=EndReason.EMAIL_CHANGED,
            voids=ALL_PURPOSES,
            issues=reset,
            spends=token.id,
        )
        data = {"old_email": before.email, "email": _address(token)}
        told: list[tuple[EventKind, Mapping[str, str]]] = [
            (EventKind.EMAIL_CHANGE_UNDONE, data),
            (EventKind.PASSWORD_RESET_REQUESTED, {"token_id": reset.id}),
        ]
        await self._evict(change.after)
        return await self._store(change, told, client) or await self.undo(
            mail_token, client
        )

    async def _evict(self, owner: User) -> None:
        """
        Remove who has registered with an address that its owner has just proved.

        They have proved nothing, and the owner could reject them by the mail that they got.
        """
        squatter = await self.storage.users.by_email(owner.email_key)
        if squatter is None or squatter.id == owner.id or squatter.is_verified:
            return
        told = self.events.make(
            EventKind.USER_REJECTED,
            owner.updated_at,
            owner.id,
            user_id=squatter.id,
        )
        await self.storage.users.remove(
            squatter.id, stamp=squatter.stamp, events=[told]
        )

    async def _undo_of(
        self, before: User, now: datetime
    ) -> tuple[OneTimeToken | None, bool]:
        """
        Return the token of who may undo a change, and whether it is still to be mailed.

        Whoever changes an address twice does not get rid of who had it first: that one's
        stays, and is good for as long as if it had been mailed now.
        """
        stored = await self.storage.tokens.of_user(before.id)
        for token in stored:
            if token.purpose is Purpose.UNDO_EMAIL and token.is_good(now):
                later = now + self.tokens.lives[token.purpose]
                return replace(token, expires_at=later), False
        if not before.is_verified:
            return None, False
        email = before.email
        return self.tokens.new(before.id, Purpose.UNDO_EMAIL, now, email), True

    async def _is_disputed(self, user_id: UserId, now: datetime) -> bool:
        """
        Tell whether a change was undone, and the password is still that of who made it.

        Else they could go on changing it, and void the reset that was mailed to the owner.
        """
        since = now - self.tokens.lives[Purpose.UNDO_EMAIL]
        undone = await self._latest(user_id, EventKind.EMAIL_CHANGE_UNDONE, since)
        if undone is None:
            return False
        reset = await self._latest(user_id, EventKind.PASSWORD_RESET, undone.at)
        return reset is None

    async def _latest(
        self, user_id: UserId, kind: EventKind, since: datetime
    ) -> Event | None:
        wanted = EventFilter(user_id=user_id, kind=kind, after=since)
        found = await self.storage.events.find(wanted, after=None, limit=1, count_to=0)
        return found.records[0] if found.items else None

    async def _good(
        self, mail_token: str, purpose: Purpose, now: datetime
    ) -> tuple[OneTimeToken, User]:
        token = await self.tokens.good(mail_token, purpose, now)
        user = await self.storage.users.get(token.user_id)
        if user is None or not user.is_active:
            raise refused(purpose, "user is gone or inactive", token.user_id)
        return token, user

    def _with_address(self, user: User, token: OneTimeToken, now: datetime) -> User:
        email = _address(token)
        key = self.emails.key(email)
        return replace(
            user, email=email, email_key=key, is_verified=True, updated_at=now
        )

    async def _store(
        self,
        change: UserChange,
        told: list[tuple[EventKind, Mapping[str, str]]],
        client: Client,
    ) -> User | None:
        """Return the user after; None if the user, or the token, was changed meanwhile."""
        user_id, at = change.after.id, change.after.updated_at
        events = self.changes.made(told, user_id, user_id, client, at)
        try:
            return await self.storage.users.change(change, events=events)
        except errors.EmailTaken as taken:
            tell_refusal("Change of address refused", taken.code, user_id)
            raise


def _address(token: OneTimeToken) -> str:
    return token.email or ""
