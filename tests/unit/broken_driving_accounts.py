"""Faults of registration, and of proving or rejecting an address."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from core.errors import (
    EmailAlreadyVerified,
    EmailTaken,
    InvalidMailToken,
    UsernameTaken,
)
from core.identity.accounts import Accounts
from core.identity.mailed_tokens import MailedTokens
from core.identity.verifications import Verifications
from core.model import Client, OneTimeToken, Purpose, User
from tests.doubles import SetClock
from tests.unit.broken_driving import Rest, breaks


@breaks("a new user may do nothing special and has proved nothing")
class WritesNamesItsOwnWay(Accounts):
    async def register(self, *, username: str, **rest: Rest) -> User:
        return await super().register(username=username.lower(), **rest)


@breaks(
    "a name is given once however it is typed",
    "of any number of registrations of one username one succeeds",
)
class CallsEveryNameAnAddress(Accounts):
    async def register(self, **rest: Rest) -> User:
        try:
            return await super().register(**rest)
        except UsernameTaken:
            raise EmailTaken from None


@breaks("a refused registration takes no name")
class KeepsTheNameOfTheRefused(Accounts):
    async def register(self, *, email: str, username: str, **rest: Rest) -> User:
        try:
            return await super().register(email=email, username=username, **rest)
        except EmailTaken:
            with suppress(UsernameTaken, EmailTaken):
                elsewhere = f"{username}@elsewhere.example"
                await super().register(email=elsewhere, username=username, **rest)
            raise


@breaks(
    "a name is given once however it is typed",
    "a refused registration takes no name",
    "of any number of registrations of one address one succeeds",
)
class AnswersAllWithOneUser(Accounts):
    async def register(self, *, email: str, **rest: Rest) -> User:
        try:
            return await super().register(email=email, **rest)
        except EmailTaken:
            user = await self.users.by_email(self.emails.key(email))
            assert user
            return user


@breaks("a bad password is refused before anything else")
class LooksAtTheNamesFirst(Accounts):
    async def register(self, *, email: str, **rest: Rest) -> User:
        if await self.users.by_email(self.emails.key(email)):
            raise EmailTaken
        return await super().register(email=email, **rest)


@breaks("a mailed token proves the address once")
class SaysThatNothingChangedSince(Verifications):
    async def verify(self, mail_token: str, client: Client) -> User:
        user = await super().verify(mail_token, client)
        return replace(user, updated_at=user.created_at)


@breaks(
    "a link followed twice tells that the address is verified",
    "a mailed token proves the address once",
    "of all who verify or reject one succeeds",
    "of any number of callers one proves the address",
)
class ProvesAgainAndAgain(Verifications):
    async def verify(self, mail_token: str, client: Client) -> User:
        try:
            return await super().verify(mail_token, client)
        except EmailAlreadyVerified:
            (user,) = self.users.tables.users.values()  # type: ignore[attr-defined]
            return user  # type: ignore[no-any-return]


@breaks(
    "a link followed twice tells that the address is verified",
    "a mailed token proves the address once",
    "a verification token lives 24 hours",
)
class VerifiesWhenever(Verifications):
    async def verify(self, mail_token: str, client: Client) -> User:
        timeless = replace(self, clock=SetClock())
        return await Verifications.verify(timeless, mail_token, client)


@breaks(
    "a newer reset voids the older one",
    "a newer verification voids the older one",
    "what is no good mail token removes nobody",
)
class LeavesOlderMailsGood(MailedTokens):
    async def mail(
        self, user: User | None, purpose: Purpose, client: Client, *rest: Rest
    ) -> None:
        stored = self.storage.tokens.tables.tokens  # type: ignore[attr-defined]
        before = dict(stored)
        await super().mail(user, purpose, client, *rest)
        after = before | stored
        stored.clear()
        stored.update(after)


@breaks(
    "what was not mailed proves nothing and spends nothing",
    "what was not mailed resets nothing and spends nothing",
)
class TakesBlanks(MailedTokens):
    async def good(self, mail_token: str, *rest: Rest) -> OneTimeToken:
        return await super().good(mail_token.strip(), *rest)


@breaks(
    "what was not mailed proves nothing and spends nothing",
    "what was not mailed resets nothing and spends nothing",
)
class TakesMailsOfAnyKind(MailedTokens):
    async def good(
        self, mail_token: str, purpose: Purpose, now: datetime
    ) -> OneTimeToken:
        for it in Purpose:
            with suppress(InvalidMailToken):
                return await super().good(mail_token, it, now)
        return await super().good(mail_token, purpose, now)


@breaks("a request to verify tells nobody whether an address is known")
class TellsWhoIsUnknown(Verifications):
    async def request(self, email: str, client: Client) -> None:
        if await self.users.by_email(self.emails.key(email)) is None:
            raise InvalidMailToken
        await super().request(email, client)


@breaks(
    "a newer verification voids the older one",
    "a request to verify tells nobody whether an address is known",
    "what is no good mail token removes nobody",
)
class MailsNobody(Verifications):
    async def request(self, email: str, client: Client) -> None:
        return None


@breaks(
    "looking at a verification changes nothing",
    "who is verified otherwise is not removed by a token unspent",
)
class ProvesByLooking(Verifications):
    async def owner(self, mail_token: str) -> User:
        return await self.verify(mail_token, Client("", ""))


@breaks("a link followed twice tells that the address is verified")
class DoesNotSayVerified(Verifications):
    async def verify(self, mail_token: str, client: Client) -> User:
        try:
            return await super().verify(mail_token, client)
        except EmailAlreadyVerified:
            raise InvalidMailToken from None


@breaks("a link followed twice tells that the address is verified")
class SaysVerifiedForEver(Verifications):
    async def verify(self, mail_token: str, client: Client) -> User:
        try:
            return await super().verify(mail_token, client)
        except InvalidMailToken:
            raise EmailAlreadyVerified from None


@breaks("who did not register removes the account and its log ins")
class RemovesNobody(Verifications):
    async def reject(self, mail_token: str, client: Client) -> None:
        await self.owner(mail_token)


@breaks("who is verified otherwise is not removed by a token unspent")
class ShowsTheVerified(Verifications):
    async def owner(self, mail_token: str) -> User:
        return await self.tokens.owner(mail_token, Purpose.VERIFY_EMAIL)


@breaks(
    "a verified account is not removed by its old mail",
    "of all who verify or reject one succeeds",
    "what is no good mail token removes nobody",
    "who is verified otherwise is not removed by a token unspent",
)
class RefusesNoRejection(Verifications):
    async def reject(self, mail_token: str, client: Client) -> None:
        with suppress(InvalidMailToken):
            await super().reject(mail_token, client)


@breaks(
    "a verified account is not removed by its old mail",
    "who is verified otherwise is not removed by a token unspent",
)
class RemovesTheVerified(Verifications):
    async def reject(self, mail_token: str, client: Client) -> None:
        try:
            await super().reject(mail_token, client)
        except EmailAlreadyVerified:
            (user,) = self.users.tables.users.values()  # type: ignore[attr-defined]
            self.users.tables.users.pop(user.id)  # type: ignore[attr-defined]
            raise
