"""Faults of resetting and changing passwords."""

from dataclasses import replace

from core.errors import (
    InvalidMailToken,
    PasswordRejected,
    SessionEnded,
)
from core.identity.password_changes import PasswordChanges
from core.identity.password_resets import PasswordResets
from core.model import Client, EndReason, Grant, Identity, Purpose, User
from core.ports import PasswordPolicy
from tests.adapters.broken_hasher import SmallHasher
from tests.doubles import SetClock
from tests.unit.broken_driving import Rest, breaks
from tests.unit.world import PASSWORD

RESET = Purpose.RESET_PASSWORD


class AnyPassword(PasswordPolicy):
    def problems(self, password: str) -> tuple[str, ...]:
        return ()


class Trusting(SmallHasher):
    async def verify(self, password: str, stored: str | None) -> bool:
        return True


@breaks(
    "a reset replaces the password and ends all log ins",
    "no log in by the old password outlives a reset",
    "who knows the password locks nobody out who has the mailbox",
)
class ResetsAndEndsNothing(PasswordResets):
    async def reset(self, *rest: Rest) -> User:
        sessions = self.users.tables.sessions  # type: ignore[attr-defined]
        user = await super().reset(*rest)
        for session in list(sessions.values()):
            if session.end_reason is EndReason.PASSWORD_RESET:
                sessions[session.id] = replace(session, ended_at=None, end_reason=None)
        return user


@breaks(
    "a mailed reset stays good through a change",
    "of any number of resets by one mail one succeeds",
)
class ResetsAgainAndAgain(PasswordResets):
    async def reset(self, mail_token: str, *rest: Rest) -> User:
        tokens = self.users.tables.tokens  # type: ignore[attr-defined]
        before = dict(tokens)
        user = await super().reset(mail_token, *rest)
        tokens.update(before)
        return user


@breaks("a reset lives an hour")
class ResetsWhenever(PasswordResets):
    async def reset(self, *rest: Rest) -> User:
        return await PasswordResets.reset(replace(self, clock=SetClock()), *rest)


@breaks("a reset to a bad password spends nothing")
class SpendsBeforeItJudges(PasswordResets):
    async def reset(self, mail_token: str, new_password: str, client: Client) -> User:
        try:
            return await super().reset(mail_token, new_password, client)
        except PasswordRejected:
            await super().reset(mail_token, PASSWORD, client)
            raise


@breaks("a reset proves the address as well")
class ProvesNoAddress(PasswordResets):
    async def reset(self, *rest: Rest) -> User:
        user = await super().reset(*rest)
        return self.users.tables.update(user, is_verified=False)  # type: ignore[attr-defined,no-any-return]


@breaks("a request to reset tells nobody whether an address is known")
class MailsToTheInactive(PasswordResets):
    async def request(self, email: str, client: Client) -> None:
        user = await self.users.by_email(self.emails.key(email))
        await self.tokens.mail(user, RESET, client)


@breaks("a request to reset tells nobody whether an address is known")
class TellsWhoHasNoAccount(PasswordResets):
    async def request(self, email: str, client: Client) -> None:
        if await self.users.by_email(self.emails.key(email)) is None:
            raise InvalidMailToken
        await super().request(email, client)


@breaks("looking at a reset changes nothing")
class ResetsByLooking(PasswordResets):
    async def owner(self, mail_token: str) -> User:
        return await self.reset(mail_token, PASSWORD, Client("", ""))


@breaks(
    "a change renews this log in and ends every other",
    "of any number of changes at once one succeeds",
)
class ChangesAndEndsNothing(PasswordChanges):
    async def change(self, identity: Identity, **rest: Rest) -> Grant:
        sessions = self.users.tables.sessions  # type: ignore[attr-defined]
        before = dict(sessions)
        grant = await super().change(identity, **rest)
        sessions.update(before)
        return grant


@breaks(
    "a mailed reset stays good through a change",
    "who knows the password locks nobody out who has the mailbox",
)
class VoidsTheReset(PasswordChanges):
    async def change(self, identity: Identity, **rest: Rest) -> Grant:
        grant = await super().change(identity, **rest)
        self.users.tables.tokens.clear()  # type: ignore[attr-defined]
        return grant


@breaks("a change asks for the current password")
class TrustsTheCaller(PasswordChanges):
    async def change(self, identity: Identity, **rest: Rest) -> Grant:
        anybody = replace(self.reauthentication, hasher=Trusting())
        trusting = replace(self, reauthentication=anybody)
        return await PasswordChanges.change(trusting, identity, **rest)


@breaks("a change to a bad password is refused")
class TakesAnyPassword(PasswordChanges):
    async def change(self, identity: Identity, **rest: Rest) -> Grant:
        lax = replace(self, policy=AnyPassword())
        return await PasswordChanges.change(lax, identity, **rest)


@breaks("a log in that ended since changes nothing")
class RenewsWhatWasLoggedOutOf(PasswordChanges):
    async def change(self, identity: Identity, **rest: Rest) -> Grant:
        try:
            return await super().change(identity, **rest)
        except SessionEnded:
            session = self.users.tables.sessions[identity.session.id]  # type: ignore[attr-defined]
            if session.end_reason is not EndReason.LOGGED_OUT:
                raise
            return await self.grants.grant(identity.user, session, self.clock.now())
