"""Resources around a session."""

from dataclasses import dataclass

from falcon.asgi import Request

from core import errors
from core.sessions import Sessions
from entrypoints.http.bearer import BEARER_REFUSALS, identify
from entrypoints.http.bodies import (
    Credentials,
    LogOut,
    Message,
    RefreshedTokens,
    RefreshToken,
    Tokens,
    UserDetails,
)
from entrypoints.http.operation import operation


@dataclass(frozen=True, slots=True)
class Login:
    sessions: Sessions

    @operation(
        "Log in",
        body=Credentials,
        answers=Tokens,
        refuses=(
            errors.InvalidCredentials,
            errors.AccountInactive,
            errors.EmailNotVerified,
            errors.Overloaded,
        ),
    )
    async def on_post(self, req: Request, body: Credentials) -> Tokens:
        grant = await self.sessions.log_in(
            email=body.email, password=body.password, client=req.context.client
        )
        return Tokens.of(grant)


@dataclass(frozen=True, slots=True)
class Refresh:
    """Reads no `Authorization`: clients send their expired token along."""

    sessions: Sessions

    @operation(
        "Get a new access token, and the session's current refresh token",
        body=RefreshToken,
        answers=RefreshedTokens,
        refuses=(errors.InvalidRefreshToken, errors.TooManyAttempts),
    )
    async def on_post(self, req: Request, body: RefreshToken) -> RefreshedTokens:
        return RefreshedTokens.of(await self.sessions.refresh(body.refresh_token))


@dataclass(frozen=True, slots=True)
class Logout:
    sessions: Sessions

    @operation(
        "Log out: end this session, and the refresh token's if it is another",
        body=LogOut,
        body_optional=True,
        answers=Message,
        refuses=BEARER_REFUSALS,
        bearer=True,
    )
    async def on_post(self, req: Request, body: LogOut) -> Message:
        identity = await identify(req, self.sessions)
        await self.sessions.log_out(identity, body.refresh_token)
        return Message(message="Successfully logged out")


@dataclass(frozen=True, slots=True)
class LogoutAll:
    sessions: Sessions

    @operation(
        "Log out everywhere: end all the user's sessions",
        answers=Message,
        refuses=BEARER_REFUSALS,
        bearer=True,
    )
    async def on_post(self, req: Request) -> Message:
        identity = await identify(req, self.sessions)
        ended = await self.sessions.log_out_everywhere(identity)
        return Message(message=f"Successfully logged out of {ended} sessions")


@dataclass(frozen=True, slots=True)
class Me:
    sessions: Sessions

    @operation(
        "Get the current user",
        answers=UserDetails,
        refuses=BEARER_REFUSALS,
        bearer=True,
    )
    async def on_get(self, req: Request) -> UserDetails:
        return UserDetails.of((await identify(req, self.sessions)).user)
