"""Log-ins at the pool."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from adapters.identity.cognito.access_tokens import AccessToken, AccessTokens
from adapters.identity.cognito.flows import by_password
from adapters.identity.cognito.looks import Looks
from adapters.identity.cognito.pool import Pool
from core import errors
from core.identity.throttle import Throttle
from core.model import Client, Grant, Identity, Session, User
from core.ports import EmailNormalizer, Metrics
from core.ports.driving import NO_IDENTITY, Identification, SessionManagement
from core.refusals import counted, tell_refusal

NO_CLIENT = Client(address="", label="")
"""Of a log-in that the pool keeps: it does not tell who came."""

BETWEEN = "."
"""
A refresh token of ours is the user's ``sub``, this, and the pool's token.

The pool wants the user named in the proof that its client asks, and its token names nobody.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CognitoSessions(SessionManagement, Identification):
    pool: Pool
    tokens: AccessTokens
    looks: Looks
    emails: EmailNormalizer
    throttle: Throttle
    metrics: Metrics

    async def identify(self, access_token: str | None) -> Identity:
        if access_token is None:
            raise errors.NotAuthenticated
        token = await self._read(access_token)
        try:
            user = await self.looks.user_of(token)
        except errors.SessionEnded:
            tell_refusal("Token refused", "signed out, disabled or gone", routine=True)
            raise
        return Identity(_session(token, user), user)

    async def log_in(self, *, email: str, password: str, client: Client) -> Grant:
        account = self.emails.key(email)
        with counted(self.metrics, "log_ins"):
            async with self.throttle.trial(account, client):
                result = await self.authenticated(account, password)
            return await self.granted(result)

    async def authenticated(self, account: str, password: str) -> dict[str, Any]:
        """Return the pool's tokens; raises what ``log_in`` does, and MoreThanPassword."""
        try:
            answer = await by_password(self.pool, account, password)
        except (errors.UserNotFound, errors.InvalidCredentials, errors.NotApplicable):
            tell_refusal("Login failed", "unknown e-mail or wrong password")
            raise errors.InvalidCredentials from None
        if challenge := answer.get("ChallengeName"):
            tell_refusal("Login failed", f"the pool asks for {challenge}")
            raise errors.MoreThanPassword(
                f"The log-in takes more than a password: {challenge}"
            )
        result: dict[str, Any] = answer["AuthenticationResult"]
        return result

    async def refresh(self, refresh_token: str, client: Client) -> Grant:
        sub, _, its = refresh_token.partition(BETWEEN)
        with counted(self.metrics, "refreshes"):
            if not its or not refresh_token.isascii():
                tell_refusal("Refresh token refused", "no refresh token of ours")
                raise errors.InvalidRefreshToken
            result = await self._refreshed(sub, its)
            token = await self._read(result["AccessToken"])
            if token.sub != sub:
                raise errors.InvalidRefreshToken
            user = await self._refresher(token)
            if (
                not self.pool.rotates
            ):  # else its successor would be lost with the refusal
                await self.throttle.count_refresh(token.session_id, user.id)
            return _grant(user, result, sub, result.get("RefreshToken", its))

    async def _refresher(self, token: AccessToken) -> User:
        try:
            return await self.looks.user_of(token)
        except errors.SessionEnded:
            tell_refusal("Refresh token refused", "disabled or gone")
            raise errors.InvalidRefreshToken from None

    async def log_out(
        self, access_token: str | None, refresh_token: str | None, client: Client
    ) -> None:
        ended = await self._revoked(refresh_token, access_token)
        try:
            identity = await self.identify(access_token)
        except NO_IDENTITY:
            if ended is None:
                raise
            return
        if identity.session.id != ended:
            # By the access token alone, the pool ends all of the user's.
            await self.end_all(identity.user)

    async def log_out_everywhere(self, identity: Identity, client: Client) -> int:
        """Return 1, the one that asks: the pool does not tell how many those were."""
        await self.end_all(identity.user)
        return 1

    async def end_all(self, user: User) -> None:
        """End all log-ins of a user."""
        name = {"Username": user.email_key}
        answer = await self.pool.of_admin("admin_get_user", **name)
        await self.pool.of_admin("admin_user_global_sign_out", **name)
        self.looks.forget_user(answer["Username"])

    async def granted(self, result: dict[str, Any]) -> Grant:
        """Return what the pool's tokens are to a client."""
        token = await self._read(result["AccessToken"])
        user = await self.looks.user_of(token)
        return _grant(user, result, token.sub, result["RefreshToken"])

    async def _refreshed(self, sub: str, its: str) -> dict[str, Any]:
        try:
            if self.pool.rotates:
                secret = self.pool.client_secret
                answer = await self.pool.ask(
                    "get_tokens_from_refresh_token",
                    RefreshToken=its,
                    ClientId=self.pool.client_id,
                    **({"ClientSecret": secret} if secret else {}),
                )
            else:
                answer = await self.pool.authenticate(
                    "REFRESH_TOKEN_AUTH", sub, REFRESH_TOKEN=its
                )
        except (
            errors.InvalidCredentials,
            errors.AccountInactive,
            errors.EmailNotVerified,
            errors.MoreThanPassword,
            errors.UserNotFound,
            errors.NotApplicable,
        ):
            tell_refusal("Refresh token refused", "expired, revoked or never given")
            raise errors.InvalidRefreshToken from None
        result: dict[str, Any] = answer["AuthenticationResult"]
        return result

    async def _revoked(
        self, refresh_token: str | None, access_token: str | None
    ) -> str | None:
        """End the log-in of a refresh token, and return which; None if none counts."""
        sub, _, its = (refresh_token or "").partition(BETWEEN)
        if not its:
            return None
        try:
            result = await self._refreshed(sub, its)
        except errors.InvalidRefreshToken:
            return None
        token = await self._read(result["AccessToken"])
        with suppress(*NO_IDENTITY):
            # Of a good access token, the refresh token ends nothing but the same user's.
            if (await self._read(access_token or "")).sub != token.sub:
                return None
        secret = self.pool.client_secret
        await self.pool.ask(
            "revoke_token",
            Token=result.get("RefreshToken", its),
            ClientId=self.pool.client_id,
            **({"ClientSecret": secret} if secret else {}),
        )
        self.looks.forget_session(token.session_id)
        return token.session_id

    async def _read(self, text: str) -> AccessToken:
        try:
            return await self.tokens.read(text)
        except errors.ExpiredToken:
            tell_refusal("Token refused", "expired", routine=True)
            raise
        except errors.InvalidToken:
            tell_refusal("Token refused", "no access token of this pool's client")
            raise


def _session(token: AccessToken, user: User) -> Session:
    return Session(
        id=token.session_id,
        user_id=user.id,
        created_at=token.began_at,
        last_used_at=token.began_at,
        expires_at=token.expires_at,
        client=NO_CLIENT,
    )


def _grant(user: User, result: dict[str, Any], sub: str, refresh: str) -> Grant:
    return Grant(
        user=user,
        access_token=result["AccessToken"],
        refresh_token=f"{sub}{BETWEEN}{refresh}",
        expires_in=int(result["ExpiresIn"]),
    )
