"""Faults of logging in, staying logged in, and logging out."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from core.errors import (
    AccountInactive,
    AuthError,
    InvalidCredentials,
    InvalidRefreshToken,
    SessionEnded,
)
from core.identity.holders import Holders
from core.identity.session_rules import Rotation
from core.identity.sessions import Sessions
from core.model import Client, EndReason, Grant, Identity, Role, TokenKind, UserId
from core.ports.driving import NO_IDENTITY
from tests.doubles import SetClock
from tests.unit.broken_driving import Rest, breaks
from tests.unit.world import PHONE

Token = str | None


@breaks(
    "a log in is of this user and this client",
    "an access token lives exactly as long as was told",
)
class PromisesAnHour(Sessions):
    async def log_in(self, **rest: Rest) -> Grant:
        return replace(await super().log_in(**rest), expires_in=3600)


@breaks(
    "a refresh token suffices to log out",
    "an access token tells user and session",
    "each log in is one of its own",
    "logging out ends this log in and no other",
    "logging out with garbage ends ones own log in",
    "logging out with ones own refresh token ends one log in",
    "without any good token nothing ends",
)
class HasOneLogInForEach(Sessions):
    async def log_in(self, *, email: str, **rest: Rest) -> Grant:
        grant = await super().log_in(email=email, **rest)
        kept: Grant = vars(self).setdefault(f"grant of {email}", grant)
        return kept


@breaks("an address is the same however it is typed")
class ComparesAddressesAsTyped(Sessions):
    async def log_in(self, *, email: str, **rest: Rest) -> Grant:
        if email != email.lower():
            raise InvalidCredentials
        return await super().log_in(email=email, **rest)


@breaks("unknown addresses and wrong passwords are refused alike")
class SaysWhoIsUnknown(Sessions):
    async def log_in(self, *, email: str, **rest: Rest) -> Grant:
        if await self.users.by_email(self.emails.key(email)) is None:
            raise InvalidCredentials("No such user")
        return await super().log_in(email=email, **rest)


@breaks(
    "log ins of who was met inactive never count again",
    "only the right password tells that a user is inactive",
)
class SaysWhoIsInactive(Sessions):
    async def log_in(self, *, email: str, **rest: Rest) -> Grant:
        user = await self.users.by_email(self.emails.key(email))
        if user and not user.is_active:
            raise AccountInactive
        return await super().log_in(email=email, **rest)


@breaks(
    "an access token tells user and session",
    "logging out ends this log in and no other",
    "logging out with another log ins refresh token ends both",
    "logging out with ones own refresh token ends one log in",
)
class IdentifiesTheLatest(Sessions):
    async def identify(self, access_token: Token) -> Identity:
        identity = await super().identify(access_token)
        theirs = self.sessions.tables.unended(identity.user.id)  # type: ignore[attr-defined]
        return replace(identity, session=theirs[-1])


@breaks(
    "a refresh goes on with the same log in",
    "a refresh token suffices to log out",
    "an access token lives exactly as long as was told",
    "without any good token nothing ends",
)
class ForgetsTheClock(Sessions):
    async def identify(self, access_token: Token) -> Identity:
        return await replace(self.holders, clock=SetClock()).of_access_token(
            access_token
        )


@breaks("what is no access token identifies nobody")
class IdentifiesByRefreshTokens(Sessions):
    async def identify(self, access_token: Token) -> Identity:
        with suppress(InvalidRefreshToken):
            return await self.holders.of_refresh_token(access_token or "")
        return await super().identify(access_token)


@breaks(
    "what is no access token identifies nobody",
    "without any good token nothing ends",
)
class CallsNothingInvalid(Sessions):
    async def identify(self, access_token: Token) -> Identity:
        return await super().identify(access_token or "")


@breaks("a user is who they are now whatever the token says")
class BelievesTheToken(Sessions):
    async def identify(self, access_token: Token) -> Identity:
        identity = await super().identify(access_token)
        return replace(identity, user=replace(identity.user, role=Role.USER))


@breaks(
    "deactivation counts at once",
    "log ins of who was met inactive never count again",
)
class IdentifiesTheInactive(Sessions):
    async def identify(self, access_token: Token) -> Identity:
        try:
            return await super().identify(access_token)
        except SessionEnded:
            claims = await self.holders.token_service.verify(
                access_token or "", TokenKind.ACCESS, now=self.clock.now()
            )
            identity = await self.holders.lookups.get(claims.session_id)
            if identity is None or identity.user.is_active:
                raise
            return identity


@breaks("log ins of who was met inactive never count again")
class ForgivesTheInactive(Holders):
    async def dismiss(self, user_id: UserId) -> None:
        return None


@breaks("a refresh goes on with the same log in")
class OpensAnother(Sessions):
    async def refresh(self, refresh_token: str, client: Client) -> Grant:
        user = (await super().refresh(refresh_token, client)).user
        now = self.clock.now()
        session = self.grants.new_session(user.id, client, now)
        self.sessions.tables.sessions[session.id] = session  # type: ignore[attr-defined]
        return await self.grants.grant(user, session, now)


@breaks("what is no refresh token is refused and ends nothing")
class EndsWhatAnybodyNames(Sessions):
    async def refresh(self, refresh_token: str, client: Client) -> Grant:
        now, reason = self.clock.now(), EndReason.REUSE_DETECTED
        await self.sessions.end(refresh_token, at=now, reason=reason, events=[])
        return await super().refresh(refresh_token, client)


@breaks("a refresh may be asked for again whatever became of the answer")
class AnswersOnce(Sessions):
    async def refresh(self, refresh_token: str, client: Client) -> Grant:
        rules = replace(self.rules, rotation=Rotation.STRICT, grace=timedelta(0))
        return await Sessions.refresh(replace(self, rules=rules), refresh_token, client)


@breaks(
    "an inactive user can not refresh",
    "log ins of who was met inactive never count again",
)
class RefreshesForAnybody(Sessions):
    async def refresh(self, refresh_token: str, client: Client) -> Grant:
        try:
            return await super().refresh(refresh_token, client)
        except InvalidRefreshToken:
            claims = await self.holders.refresh_claims(refresh_token)
            identity = await self.holders.lookups.get(claims.session_id)
            if identity is None or identity.user.is_active:
                raise
            now = self.clock.now()
            return await self.grants.grant(identity.user, identity.session, now)


@breaks("a session keeps who refreshed it last")
class KeepsTheFirstClient(Sessions):
    async def refresh(self, refresh_token: str, client: Client) -> Grant:
        return await super().refresh(refresh_token, PHONE)


@breaks(
    "a refresh token suffices to log out",
    "logging out ends this log in and no other",
    "logging out with ones own refresh token ends one log in",
    "without any good token nothing ends",
)
class EndsTooMuch(Sessions):
    async def log_out(self, access: Token, refresh: Token, client: Client) -> None:
        with suppress(AuthError):
            await self.log_out_everywhere(await self.identify(access), client)
            return
        await super().log_out(access, refresh, client)


@breaks(
    "a refresh token suffices to log out",
    "log ins of who was met inactive never count again",
    "logging out with another log ins refresh token ends both",
)
class ReadsNoRefreshToken(Sessions):
    async def log_out(self, access: Token, refresh: Token, client: Client) -> None:
        await super().log_out(access, None, client)


@breaks("logging out with somebody elses refresh token ends only ones own")
class EndsAnybodys(Sessions):
    async def log_out(self, access: Token, refresh: Token, client: Client) -> None:
        await super().log_out(access, refresh, client)
        with suppress(AuthError):
            await super().log_out(None, refresh, client)


@breaks(
    "logging out with garbage ends ones own log in",
    "without any good token nothing ends",
)
class WantsBothTokensGood(Sessions):
    async def log_out(self, access: Token, refresh: Token, client: Client) -> None:
        if refresh is not None:
            await self.holders.of_refresh_token(refresh)
        await super().log_out(access, refresh, client)


@breaks(
    "log ins of who was met inactive never count again",
    "without any good token nothing ends",
)
class AnswersAnyLogOut(Sessions):
    async def log_out(self, access: Token, refresh: Token, client: Client) -> None:
        with suppress(*NO_IDENTITY):
            await super().log_out(access, refresh, client)


@breaks(
    "each log in is one of its own",
    "logging out everywhere ends all of ones own log ins",
)
class EndsOnlyThis(Sessions):
    async def log_out_everywhere(self, identity: Identity, client: Client) -> int:
        await self._end(identity.session, client)
        return 1
