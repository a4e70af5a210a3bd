"""Resetting a password by mail, and changing it."""

from dataclasses import dataclass

from falcon.asgi import Request

from core import errors
from core.ports import driving
from entrypoints.http.answers import Message, RenewedTokens
from entrypoints.http.declaration import (
    ANYBODY,
    CHANGE_PASSWORD,
    CONFIRM_RESET,
    REQUEST_RESET,
    SIGNED_IN,
    Tag,
)
from entrypoints.http.operation import Operation
from entrypoints.http.requests import Address, PasswordChange, PasswordReset


@dataclass(frozen=True, slots=True)
class RequestPasswordReset:
    password_resets: driving.PasswordReset

    @Operation(
        "Mail a password reset token; the answer is the same for every address",
        id="requestPasswordReset",
        tag=Tag.PASSWORDS,
        description="It voids those that were mailed before.",
        allows=ANYBODY,
        limit=REQUEST_RESET,
        body=Address,
        answers=Message,
    )
    async def on_post(self, req: Request, body: Address) -> Message:
        await self.password_resets.request(body.email, req.context.client)
        return Message(
            message="Password reset email sent, if the address is registered"
        )


@dataclass(frozen=True, slots=True)
class ConfirmPasswordReset:
    password_resets: driving.PasswordReset

    @Operation(
        "Set a new password by the token that was mailed; all sessions end",
        id="confirmPasswordReset",
        tag=Tag.PASSWORDS,
        description="A token is good once.",
        allows=ANYBODY,
        limit=CONFIRM_RESET,
        hashes=True,
        body=PasswordReset,
        answers=Message,
        refuses=(errors.InvalidMailToken,),
    )
    async def on_post(self, req: Request, body: PasswordReset) -> Message:
        await self.password_resets.reset(
            body.token, body.new_password, req.context.client
        )
        return Message(message="Password reset successful")


@dataclass(frozen=True, slots=True)
class ChangePassword:
    password_changes: driving.PasswordChange

    @Operation(
        "Change the password; all sessions end, and the answer has tokens of a new one",
        id="changePassword",
        tag=Tag.PASSWORDS,
        description="Asks for the current one. A reset that was mailed stays good.",
        allows=SIGNED_IN,
        limit=CHANGE_PASSWORD,
        hashes=True,
        body=PasswordChange,
        answers=RenewedTokens,
        refuses=(errors.WrongCurrentPassword,),
    )
    async def on_post(self, req: Request, body: PasswordChange) -> RenewedTokens:
        grant = await self.password_changes.change(
            req.context.identity,
            current_password=body.current_password,
            new_password=body.new_password,
            client=req.context.client,
        )
        return RenewedTokens.of(grant)
