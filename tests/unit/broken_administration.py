"""Faults of administration, each in one way, and the laws that tell."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar, cast

from core.administration.audit import Events
from core.administration.newcomers import Newcomers
from core.administration.sessions import UserSessions
from core.administration.users import Users
from core.errors import (
    EmailTaken,
    InvalidCursor,
    LastAdmin,
    NotApplicable,
    OwnAccount,
    UsernameTaken,
)
from core.identity.removals import Removals
from core.identity.session_lists import SessionLists
from core.identity.user_changes import Planned, UserChanges
from core.identity.verifications import Verifications
from core.model import (
    Account,
    Caller,
    Client,
    EventFilter,
    Operator,
    Profile,
    Purpose,
    User,
    UserEdit,
    UserId,
)
from core.model.events import Event, EventKind
from core.permissions import for_anybody
from core.ports.administration import Page, Summary
from tests.unit.broken_driving import Rest
from tests.unit.world import PHONE

Fault = TypeVar("Fault", bound=type)

CONSOLE = Operator(Client("server", "root"))

ADMINISTERED: dict[type, set[str]] = {}
"""Faulty use cases, or parts of them, and the laws that each breaks."""


def misadministers(*laws: str) -> Callable[[Fault], Fault]:
    """Mark a fault with the laws it breaks, and no others."""

    def mark(fault: Fault) -> Fault:
        ADMINISTERED[fault] = {"test_" + law.replace(" ", "_") for law in laws}
        return fault

    return mark


@misadministers(
    "a role counts at the next request", "who is no administrator may do nothing"
)
class AsksNobodyWhoTheyAre(Users):
    @for_anybody
    async def look(self, by: Caller, user_id: UserId) -> Rest:
        return await super().look(CONSOLE, user_id)


@misadministers(
    "only operators create with a password", "who is no administrator may do nothing"
)
class LetsAdminsCreateWithAPassword(Users):
    @for_anybody
    async def create(self, by: Caller, profile: Profile, password: str) -> User:
        return await super().create(CONSOLE, profile, password)


@misadministers("who is no administrator may do nothing")
class LetsAnybodyReadTheLog(Events):
    @for_anybody
    async def find(self, by: Caller, wanted: EventFilter, **rest: Rest) -> Page[Event]:
        return await super().find(CONSOLE, wanted, **rest)


@misadministers(
    "a newer invitation voids the older one",
    "an invitation is good for 72 hours",
    "the summary counts and is a minute old at most",
    "who has no password is invited anew at a new address",
    "who is invited sets the first password and proves the address",
    "who was only invited can not administer",
)
class TrustsTheInvited(Newcomers):
    async def invite(self, by: Caller, profile: Profile) -> User:
        return await self.create(by, profile, "SecurePass123!")


@misadministers(
    "a newer invitation voids the older one",
    "who is no administrator may do nothing",
    "who is not there is not found",
)
class InvitesWhoIsThere(Users):
    @for_anybody
    async def invite_again(self, by: Caller, user_id: UserId) -> None:
        account = await self.storage.users.account(user_id)
        assert account
        await self.tokens.mail(account.user, Purpose.INVITATION, by.client)


@misadministers(
    "a newer invitation voids the older one",
    "an invitation is good for 72 hours",
    "names that are taken invite nobody",
    "the summary counts and is a minute old at most",
    "who has no password is invited anew at a new address",
    "who is invited sets the first password and proves the address",
    "who was only invited can not administer",
)
class InvitesWithoutALook(Newcomers):
    async def invite(self, by: Caller, profile: Profile) -> User:
        odd = replace(profile, email=f"{profile.username}@elsewhere.example")
        await super().invite(by, odd)
        return await super().invite(by, profile)


@misadministers(
    "a change is told with what was and what is",
    "a new address ends log ins and is to be proved",
    "changes at one moment are all made",
    "deactivation ends log ins and activation revives none",
    "events are found by whom they are about by whom from where and when",
    "of any number of changes of one stamp one succeeds",
    "who is signed in changes their names",
    "whoever has a new address by mistake can not remove the account",
)
class TellsNothingOfChanges(UserChanges):
    def plan(self, account: Account, edit: UserEdit, by: Caller) -> Planned | None:
        planned = super().plan(account, edit, by)
        return planned and replace(planned, events=[])


@misadministers("what is so already is not changed nor told")
class TellsOfChangesThatAreNone(UserChanges):
    def plan(self, account: Account, edit: UserEdit, by: Caller) -> Planned | None:
        planned = super().plan(account, edit, by)
        if planned is not None:
            return planned
        other = UserEdit(full_name=f"{account.user.full_name} ")
        return super().plan(account, other, by)


@misadministers("of any number of changes of one stamp one succeeds")
class ChangesWhateverTheStamp(Users):
    @for_anybody
    async def change(
        self, by: Caller, user_id: UserId, edit: UserEdit, *, stamp: int | None
    ) -> User:
        return await super().change(by, user_id, edit, stamp=None)


@misadministers("changes of no stamp all succeed")
class GivesUpWhereAnotherWasFaster(Users):
    @for_anybody
    async def change(
        self, by: Caller, user_id: UserId, edit: UserEdit, *, stamp: int | None
    ) -> User:
        if stamp is None:
            stamp = (await self.look(CONSOLE, user_id)).user.stamp
        return await super().change(by, user_id, edit, stamp=stamp)


@misadministers("a new address ends log ins and is to be proved")
class EndsNoSessions(UserChanges):
    def plan(self, account: Account, edit: UserEdit, by: Caller) -> Planned | None:
        planned = super().plan(account, edit, by)
        if planned is None:
            return None
        return replace(planned, change=replace(planned.change, ends_sessions=None))


@misadministers("a new address ends log ins and is to be proved")
class VoidsNothing(UserChanges):
    def plan(self, account: Account, edit: UserEdit, by: Caller) -> Planned | None:
        planned = super().plan(account, edit, by)
        if planned is None:
            return None
        return replace(planned, change=replace(planned.change, voids=frozenset()))


@misadministers(
    "a change is told with what was and what is",
    "a new address ends log ins and is to be proved",
    "the summary counts and is a minute old at most",
    "what is so already is not changed nor told",
    "whoever has a new address by mistake can not remove the account",
)
class TakesNewAddressesForProved(UserChanges):
    def _after(self, before: User, edit: UserEdit) -> User:
        return replace(super()._after(before, edit), is_verified=True)


@misadministers(
    "a new address may be known to be theirs",
    "the same address in other letters is no new one",
)
class BelievesNobodyOfAnAddress(UserChanges):
    def _after(self, before: User, edit: UserEdit) -> User:
        return super()._after(before, UserEdit({**edit, "is_verified": False}))


@misadministers(
    "a new address may be known to be theirs",
    "the same address in other letters is no new one",
)
class CallsEverySpellingANewAddress(UserChanges):
    def _after(self, before: User, edit: UserEdit) -> User:
        after = super()._after(before, edit)
        return (
            after if after.email == before.email else replace(after, is_verified=False)
        )


@misadministers("nobody changes their own role or activity")
class LetsAdminsDemoteThemselves(Users):
    @for_anybody
    async def change(
        self, by: Caller, user_id: UserId, edit: UserEdit, **rest: Rest
    ) -> User:
        try:
            return await super().change(by, user_id, edit, **rest)
        except OwnAccount:
            return await super().change(CONSOLE, user_id, edit, **rest)


@misadministers(
    "of two who remove each other one remains", "the last administrator stays"
)
class LetsTheLastOneGo(Users):
    @for_anybody
    async def change(
        self, by: Caller, user_id: UserId, edit: UserEdit, **rest: Rest
    ) -> User:
        try:
            return await super().change(by, user_id, edit, **rest)
        except LastAdmin:
            user = (await self.look(CONSOLE, user_id)).user
            tables = self.storage.users.tables  # type: ignore[attr-defined]
            return tables.update(user, **edit)  # type: ignore[no-any-return]


@misadministers(
    "of two who remove each other one remains",
    "the last administrator stays",
    "who was only invited can not administer",
)
class DeletesTheLastOne(Removals):
    async def remove(self, user: User, by: Caller, *, stamp: int | None) -> bool:
        try:
            return await super().remove(user, by, stamp=stamp)
        except LastAdmin:
            tables = self.users.tables  # type: ignore[attr-defined]
            tables.remove(user)
            return True


@misadministers("who is deleted is gone with all that names them")
class ForgetsOnlyThePassword(Removals):
    async def remove(self, user: User, by: Caller, *, stamp: int | None) -> bool:
        tables = self.users.tables  # type: ignore[attr-defined]
        events = dict(tables.events)
        removed = await super().remove(user, by, stamp=stamp)
        tables.events.update(events)
        return removed


@misadministers(
    "deleting the own account asks for the password",
    "deletion tells who did it and no name",
    "of any number who delete one user one does",
)
class TellsNobodyOfDeletions(Removals):
    async def remove(self, user: User, by: Caller, *, stamp: int | None) -> bool:
        return await self.users.remove(user.id, stamp=stamp, events=[])


@misadministers("who was changed meanwhile is not deleted")
class DeletesWhoeverItIs(Users):
    @for_anybody
    async def delete(
        self, by: Caller, user_id: UserId, *, stamp: int | None = None
    ) -> None:
        await super().delete(by, user_id)


@misadministers("an administrator has a reset mailed and never sees it")
class MailsAsAnybody(Users):
    async def _mail(self, by: Caller, user: User, purpose: Purpose) -> None:
        await self.tokens.mail(user, purpose, by.client)


@misadministers(
    "a verification is mailed while there is something to prove",
    "nothing is mailed to who is inactive",
)
class MailsToAnyState(Users):
    @for_anybody
    async def mail_reset(self, by: Caller, user_id: UserId) -> None:
        try:
            await super().mail_reset(by, user_id)
        except NotApplicable:
            return

    @for_anybody
    async def mail_verification(self, by: Caller, user_id: UserId) -> None:
        try:
            await super().mail_verification(by, user_id)
        except NotApplicable:
            return


@misadministers(
    "a verification is mailed while there is something to prove",
    "nothing is mailed to who is inactive",
    "who is no administrator may do nothing",
)
class MailsNoVerification(Users):
    @for_anybody
    async def mail_verification(self, by: Caller, user_id: UserId) -> None:
        if (await self.look(CONSOLE, user_id)).user.is_verified:
            raise NotApplicable


@misadministers("a user is named by id address or username")
class FindsNobodyByAddress(Users):
    @for_anybody
    async def named(self, by: Caller, name: str) -> User:
        return await super().named(by, name.replace("@", ""))


@misadministers(
    "who is no administrator may do nothing", "who is not there is not found"
)
class UnlocksWhoIsNotThere(Users):
    @for_anybody
    async def unlock(self, by: Caller, user_id: UserId) -> None:
        await self.limiter.forget(str(user_id))


@misadministers(
    "an administrator lists and ends anybodys log ins",
    "log ins are listed page by page",
)
class ListsTheOldestFirst(SessionLists):
    async def page(self, user_id: UserId, **rest: Rest) -> Rest:
        page = await super().page(user_id, **rest)
        return replace(page, items=page.items[::-1])


@misadministers(
    "an administrator lists and ends anybodys log ins",
    "own log ins are listed and ended and nobody elses",
)
class EndsWhatHasEnded(SessionLists):
    async def end(self, session_id: str, by: Caller, *rest: Rest, **more: Rest) -> None:
        try:
            await super().end(session_id, by, *rest, **more)
        except LookupError:
            return
        except Exception:  # noqa: BLE001 - whatever it is
            return


@misadministers(
    "an administrator lists and ends anybodys log ins",
    "who is no administrator may do nothing",
)
class EndsAsTheOwner(UserSessions):
    @for_anybody
    async def end(self, by: Caller, session_id: str) -> None:
        await super().end(Operator(PHONE), session_id)


@misadministers("a part of a name finds in any case and is no pattern")
class TakesTextForAPattern(Users):
    @for_anybody
    async def find(self, by: Caller, wanted: Rest, order: Rest, **rest: Rest) -> Rest:
        text = wanted.text
        if text and not text.strip("%_"):
            wanted = replace(wanted, text=None)
        return await super().find(by, wanted, order, **rest)


@misadministers("a part of a name finds in any case and is no pattern")
class MindsTheCase(Users):
    @for_anybody
    async def find(self, by: Caller, wanted: Rest, order: Rest, **rest: Rest) -> Rest:
        page = await super().find(by, wanted, order, **rest)
        text = wanted.text or ""
        items = [it for it in page.items if text in f"{it.email}{it.username}"]
        return replace(page, items=items)


@misadministers(
    "a cursor is worthless elsewhere", "users are found page by page in every order"
)
class SortsOneWayOnly(Users):
    @for_anybody
    async def find(self, by: Caller, wanted: Rest, order: Rest, **rest: Rest) -> Rest:
        return await super().find(by, wanted, replace(order, descending=False), **rest)


@misadministers("a cursor is worthless elsewhere")
class BeginsAnewWithABadCursor(Users):
    @for_anybody
    async def find(self, by: Caller, wanted: Rest, order: Rest, **rest: Rest) -> Rest:
        try:
            return await super().find(by, wanted, order, **rest)
        except InvalidCursor:
            return await super().find(by, wanted, order, **{**rest, "cursor": None})


@misadministers(
    "a change is told with what was and what is",
    "a new address ends log ins and is to be proved",
    "a new address may be known to be theirs",
    "an address that was never proved undoes nothing",
    "an administrator has a reset mailed and never sees it",
    "an administrator lists and ends anybodys log ins",
    "deactivation ends log ins and activation revives none",
    "deleting the own account asks for the password",
    "deletion tells who did it and no name",
    "events are found by whom they are about by whom from where and when",
    "nobody learns whether an address is taken",
    "of any number of callers one confirms",
    "of any number who delete one user one does",
    "the new address confirms and then counts",
    "who is invited sets the first password and proves the address",
)
class FindsEventsOfAnyKind(Events):
    @for_anybody
    async def find(self, by: Caller, wanted: EventFilter, **rest: Rest) -> Page[Event]:
        if wanted.kind is EventKind.USER_CHANGED and wanted.user_id is None:
            return await super().find(by, wanted, **rest)
        return await super().find(by, replace(wanted, kind=None), **rest)


@misadministers("the summary counts and is a minute old at most")
class NeverLooksAgain(Events):
    @for_anybody
    async def summary(self, by: Caller) -> Summary:
        return self._latest or await super().summary(by)


@misadministers("a taken name changes nothing")
class ChangesWhatIsNotTaken(Users):
    @for_anybody
    async def change(
        self, by: Caller, user_id: UserId, edit: UserEdit, **rest: Rest
    ) -> User:
        try:
            return await super().change(by, user_id, edit, **rest)
        except (EmailTaken, UsernameTaken):
            others = cast("UserEdit", {"full_name": edit.get("full_name")})
            await super().change(by, user_id, others, **rest)
            raise


@misadministers("whoever has a new address by mistake can not remove the account")
class LetsAnyMailboxReject(Verifications):
    async def _is_established(self, user_id: UserId) -> bool:
        return False
