"""Faults of own accounts, changes of address and invitations."""

from dataclasses import replace
from datetime import datetime

from core.errors import (
    EmailTaken,
    InvalidMailToken,
    UsernameTaken,
    WrongCurrentPassword,
)
from core.identity.email_changes import EmailChanges
from core.identity.invitations import MailedInvitations
from core.identity.own_account import OwnAccounts
from core.identity.own_sessions import OwnSessionLists
from core.identity.reauthentication import Reauthentication
from core.identity.session_lists import SessionLists
from core.model import (
    Account,
    Caller,
    Client,
    Credentials,
    EndReason,
    OneTimeToken,
    Purpose,
    SessionId,
    SignedIn,
    User,
    UserChange,
    UserEdit,
    UserId,
)
from core.model.events import EventKind
from core.permissions import for_anybody
from core.ports.own_account import Export
from tests.unit.broken_administration import misadministers
from tests.unit.broken_driving import Rest


@misadministers("an invitation is good for 72 hours")
class InvitesForEver(MailedInvitations):
    @for_anybody
    async def accept(self, mail_token: str, new_password: str, client: Client) -> User:
        tables = self.resets.users.tables  # type: ignore[attr-defined]
        far = tables.users[max(tables.users)].created_at.replace(year=2999)
        for token in list(tables.tokens.values()):
            tables.tokens[token.id] = replace(token, expires_at=far)
        return await super().accept(mail_token, new_password, client)


@misadministers("who is invited sets the first password and proves the address")
class InvitesTwice(MailedInvitations):
    @for_anybody
    async def accept(self, mail_token: str, new_password: str, client: Client) -> User:
        tables = self.resets.users.tables  # type: ignore[attr-defined]
        before = dict(tables.tokens)
        user = await super().accept(mail_token, new_password, client)
        tables.tokens.update(before)
        return user


@misadministers(
    "a taken username is refused",
    "changes at one moment are all made",
    "who is signed in changes their names",
)
class KeepsTheNames(OwnAccounts):
    @for_anybody
    async def change(self, by: SignedIn, edit: UserEdit) -> User:
        return by.identity.user


@misadministers("changes at one moment are all made")
class GivesUpChanging(OwnAccounts):
    @for_anybody
    async def change(self, by: SignedIn, edit: UserEdit) -> User:
        account = Account(by.identity.user, Credentials())
        planned = self.changes.plan(account, edit, by)
        assert planned
        changed = await self.storage.users.change(planned.change, events=planned.events)
        return changed or by.identity.user


@misadministers("a taken username is refused")
class SwallowsThatANameIsTaken(OwnAccounts):
    @for_anybody
    async def change(self, by: SignedIn, edit: UserEdit) -> User:
        try:
            return await super().change(by, edit)
        except UsernameTaken:
            return by.identity.user


@misadministers(
    "deleting the own account asks for the password", "it asks for the password"
)
class TakesAnyPassword(Reauthentication):
    async def demand(self, identity: Rest, *rest: Rest) -> Account:
        try:
            return await super().demand(identity, *rest)
        except WrongCurrentPassword:
            account = await self.users.account(identity.user.id)
            assert account
            return account


@misadministers(
    "deleting the own account asks for the password",
    "who was only invited can not administer",
)
class OnlySaysThatItDeletes(OwnAccounts):
    @for_anybody
    async def delete(self, by: SignedIn, password: str) -> None:
        await self.reauthentication.demand(by.identity, password, by.client, "")


@misadministers("an export has all that is held and nothing that lets others in")
class ExportsWhatLetsOthersIn(OwnAccounts):
    @for_anybody
    async def export(self, by: SignedIn) -> Export:
        export = await super().export(by)
        tokens = await self.storage.tokens.of_user(by.identity.user.id)
        return replace(export, tokens=tokens)


@misadministers("own log ins are listed and ended and nobody elses")
class EndsAnybodys(OwnSessionLists):
    @for_anybody
    async def end(self, by: SignedIn, session_id: SessionId) -> None:
        await self.lists.end(session_id, by, EndReason.LOGGED_OUT)


@misadministers("all other log ins end at once")
class EndsThisOneToo(SessionLists):
    async def end_all(
        self, user_id: UserId, by: Caller, reason: EndReason, **rest: Rest
    ) -> int:
        return await super().end_all(user_id, by, reason)


@misadministers(
    "the new address confirms and then counts",
    "the old address undoes it and gets a reset",
)
class KeepsAllLogIns(EmailChanges):
    async def _store(self, change: UserChange, *rest: Rest) -> User | None:
        return await super()._store(replace(change, ends_sessions=None), *rest)


@misadministers("what was mailed to the old address is void")
class KeepsWhatWasMailed(EmailChanges):
    async def _store(self, change: UserChange, *rest: Rest) -> User | None:
        return await super()._store(replace(change, voids=frozenset()), *rest)


@misadministers(
    "of any number of callers one confirms",
    "the new address confirms and then counts",
    "the old address undoes it and gets a reset",
)
class SpendsNoToken(EmailChanges):
    async def _store(self, change: UserChange, *rest: Rest) -> User | None:
        kept = change.voids - {Purpose.CHANGE_EMAIL, Purpose.UNDO_EMAIL}
        return await super()._store(replace(change, spends=None, voids=kept), *rest)


@misadministers(
    "a second change does not get rid of the first address",
    "after an undo the address stays until the password is reset",
    "an address that is taken meanwhile is refused",
    "the first address can undo for 72 hours from the latest change",
    "the new address confirms and then counts",
    "the old address undoes it and gets a reset",
    "who registers with the address before does not keep its owner out",
)
class ChangesAtOnce(EmailChanges):
    @for_anybody
    async def request(self, by: SignedIn, *, password: str, new_email: str) -> None:
        await super().request(by, password=password, new_email=new_email)
        tables = self.storage.users.tables  # type: ignore[attr-defined]
        if new_email.lower() not in tables.emails:
            user = tables.users[by.identity.user.id]
            tables.update(user, email=new_email, email_key=new_email.lower())


@misadministers("nobody learns whether an address is taken")
class MailsToTakenAddresses(EmailChanges):
    @for_anybody
    async def request(self, by: SignedIn, *, password: str, new_email: str) -> None:
        await super().request(by, password=password, new_email=new_email)
        tables = self.storage.users.tables  # type: ignore[attr-defined]
        (token_id,) = (
            it.id for it in tables.tokens.values() if it.purpose is Purpose.CHANGE_EMAIL
        )
        for event in list(tables.events.values()):
            if event.kind is EventKind.EMAIL_CHANGE_REQUESTED:
                data = {**event.data, "token_id": token_id}
                tables.events[event.id] = replace(event, data=data)


@misadministers(
    "nobody learns whether an address is taken", "the own address may be spelled anew"
)
class KeepsTokensForFreeAddressesOnly(EmailChanges):
    @for_anybody
    async def request(self, by: SignedIn, *, password: str, new_email: str) -> None:
        await super().request(by, password=password, new_email=new_email)
        tables = self.storage.users.tables  # type: ignore[attr-defined]
        if new_email.lower() in tables.emails:
            tables.void(by.identity.user.id, Purpose.CHANGE_EMAIL)


@misadministers("an address that is taken meanwhile is refused")
class SwallowsThatAnAddressIsTaken(EmailChanges):
    @for_anybody
    async def confirm(self, mail_token: str, client: Client) -> User:
        try:
            return await super().confirm(mail_token, client)
        except EmailTaken:
            raise InvalidMailToken from None


@misadministers(
    "after an undo the address stays until the password is reset",
    "the old address undoes it and gets a reset",
)
class MailsNoReset(EmailChanges):
    async def _store(self, change: UserChange, told: Rest, client: Client) -> Rest:
        issues = change.issues
        if issues and issues.purpose is Purpose.RESET_PASSWORD:
            change = replace(change, issues=None)
        return await super()._store(change, told, client)


@misadministers(
    "a second change does not get rid of the first address",
    "the first address can undo for 72 hours from the latest change",
)
class ReplacesTheFirstUndo(EmailChanges):
    async def _undo_of(self, before: User, now: datetime) -> Rest:
        undo, is_new = await super()._undo_of(before, now)
        if undo and not is_new:
            undo = self.tokens.new(before.id, Purpose.UNDO_EMAIL, now, before.email)
        return undo, is_new


@misadministers("the first address can undo for 72 hours from the latest change")
class LetsTheFirstUndoExpire(EmailChanges):
    async def _undo_of(self, before: User, now: datetime) -> Rest:
        undo, is_new = await super()._undo_of(before, now)
        for token in await self.storage.tokens.of_user(before.id):
            if undo and token.id == undo.id:
                undo = token
        return undo, is_new


@misadministers("who registers with the address before does not keep its owner out")
class LetsSquattersKeepTheOwnerOut(EmailChanges):
    async def _evict(self, owner: User) -> None:
        return


@misadministers("after an undo the address stays until the password is reset")
class LetsThievesGoOn(EmailChanges):
    async def _is_disputed(self, user_id: UserId, now: datetime) -> bool:
        return False


@misadministers("an address that was never proved undoes nothing")
class LetsUnprovedAddressesUndo(EmailChanges):
    async def _store(self, change: UserChange, told: Rest, client: Client) -> Rest:
        before = change.before
        if change.issues is None and not before.is_verified:
            now = change.after.updated_at
            undo = self.tokens.new(before.id, Purpose.UNDO_EMAIL, now, before.email)
            change = replace(change, issues=undo)
            told = [*told, (EventKind.EMAIL_LEFT, {})]
        return await super()._store(change, told, client)


@misadministers("each token is good for one thing")
class TakesEitherToken(EmailChanges):
    async def _good(
        self, mail_token: str, purpose: Purpose, now: Rest
    ) -> tuple[OneTimeToken, User]:
        try:
            return await super()._good(mail_token, purpose, now)
        except InvalidMailToken:
            other = {Purpose.CHANGE_EMAIL, Purpose.UNDO_EMAIL} - {purpose}
            return await super()._good(mail_token, other.pop(), now)


@misadministers("who is inactive changes nothing")
class LetsTheInactiveChange(EmailChanges):
    async def _good(
        self, mail_token: str, purpose: Purpose, now: Rest
    ) -> tuple[OneTimeToken, User]:
        token = await self.tokens.good(mail_token, purpose, now)
        user = await self.storage.users.get(token.user_id)
        assert user
        return token, user


@misadministers("it can be undone for 72 hours")
class UndoesForEver(EmailChanges):
    @for_anybody
    async def undo(self, mail_token: str, client: Client) -> User:
        tables = self.storage.users.tables  # type: ignore[attr-defined]
        for token in list(tables.tokens.values()):
            later = self.clock.now().replace(year=2999)
            tables.tokens[token.id] = replace(token, expires_at=later)
        return await super().undo(mail_token, client)
