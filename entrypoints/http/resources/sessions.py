"""Resources around a session."""

from dataclasses import dataclass

from falcon.asgi import Request

from core import errors
from core.ports import driving
from entrypoints.http.answers import Message, RefreshedTokens, Tokens
from entrypoints.http.bearer import access_token
from entrypoints.http.declaration import ANYBODY, LOGIN, SIGNED_IN, Tag
from entrypoints.http.operation import Operation
from entrypoints.http.requests import Credentials, LogOut, RefreshToken


@dataclass(frozen=True, slots=True)
class Login:
    sessions: driving.SessionManagement

    @Operation(
        "Log in",
        id="logIn",
        tag=Tag.SESSIONS,
        description="An unknown e-mail address is refused as a wrong password is. 403 is"
        " told only after the right password. After wrong ones in a row, 429 says how long"
        " to wait.",
        allows=ANYBODY,
        limit=LOGIN,
        hashes=True,
        body=Credentials,
        answers=Tokens,
        refuses=(
            errors.InvalidCredentials,
            errors.AccountInactive,
            errors.EmailNotVerified,
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

    sessions: driving.SessionManagement

    @Operation(
        "Get a new access token, and the session's current refresh token",
        id="refreshTokens",
        tag=Tag.SESSIONS,
        description="Store both. `Authorization` is ignored. Late use of a spent token is"
        " taken for theft, and ends the session.",
        allows=ANYBODY,
        body=RefreshToken,
        answers=RefreshedTokens,
        refuses=(errors.InvalidRefreshToken, errors.TooManyAttempts),
    )
    async def on_post(self, req: Request, body: RefreshToken) -> RefreshedTokens:
        client = req.context.client
        grant = await self.sessions.refresh(body.refresh_token, client)
        return RefreshedTokens.of(grant)


@dataclass(frozen=True, slots=True)
class Logout:
    sessions: driving.SessionManagement

    @Operation(
        "Log out: end this session, and the refresh token's if it is another",
        id="logOut",
        tag=Tag.SESSIONS,
        description="Either token suffices. Both are refused from then on.",
        allows=ANYBODY,
        takes_bearer=True,
        body=LogOut,
        body_optional=True,
        answers=Message,
        refuses=driving.NO_IDENTITY,
    )
    async def on_post(self, req: Request, body: LogOut) -> Message:
        await self.sessions.log_out(
            access_token(req), body.refresh_token, req.context.client
        )
        return Message(message="Successfully logged out")


@dataclass(frozen=True, slots=True)
class LogoutAll:
    sessions: driving.SessionManagement

    @Operation(
        "Log out everywhere: end all the user's sessions",
        id="logOutEverywhere",
        tag=Tag.SESSIONS,
        description="This one, too.",
        allows=SIGNED_IN,
        answers=Message,
    )
    async def on_post(self, req: Request) -> Message:
        ended = await self.sessions.log_out_everywhere(
            req.context.identity, req.context.client
        )
        return Message(message=f"Successfully logged out of {ended} sessions")
