"""Registering, and proving an e-mail address."""

from dataclasses import dataclass
from http import HTTPStatus

from falcon.asgi import Request

from core import errors
from core.ports import driving
from entrypoints.bodies import NewUser
from entrypoints.http.answers import Message, UserDetails
from entrypoints.http.declaration import (
    ANYBODY,
    REGISTER,
    RESEND_VERIFICATION,
    Tag,
)
from entrypoints.http.languages import preferred
from entrypoints.http.operation import Operation
from entrypoints.http.requests import (
    Address,
    MailedToken,
)


@dataclass(frozen=True, slots=True)
class Register:
    accounts: driving.Registration

    @Operation(
        "Register a user",
        id="register",
        tag=Tag.ACCOUNTS,
        description="A mail asks them to prove the e-mail address. Mails to them are in"
        " the language that `Accept-Language` asks for.",
        allows=ANYBODY,
        limit=REGISTER,
        hashes=True,
        body=NewUser,
        answers=UserDetails,
        status=HTTPStatus.CREATED,
        refuses=(errors.EmailTaken, errors.UsernameTaken),
    )
    async def on_post(self, req: Request, body: NewUser) -> UserDetails:
        user = await self.accounts.register(
            email=body.email,
            username=body.username,
            password=body.password,
            full_name=body.full_name,
            locale=preferred(req.get_header("Accept-Language")),
            client=req.context.client,
        )
        return UserDetails.of(user)


@dataclass(frozen=True, slots=True)
class VerifyEmail:
    verifications: driving.EmailVerification

    @Operation(
        "Prove an e-mail address by the token that was mailed to it",
        id="verifyEmail",
        tag=Tag.ACCOUNTS,
        description="A token is good once.",
        allows=ANYBODY,
        body=MailedToken,
        answers=Message,
        refuses=(errors.InvalidMailToken, errors.EmailAlreadyVerified),
    )
    async def on_post(self, req: Request, body: MailedToken) -> Message:
        await self.verifications.verify(body.token, req.context.client)
        return Message(message="Email verified successfully")


@dataclass(frozen=True, slots=True)
class RejectAccount:
    verifications: driving.EmailVerification

    @Operation(
        "Remove an unverified account by the token that was mailed: it was not me",
        id="rejectAccount",
        tag=Tag.ACCOUNTS,
        description="Its sessions end, and its address and username are free.",
        allows=ANYBODY,
        body=MailedToken,
        answers=Message,
        refuses=(errors.InvalidMailToken, errors.EmailAlreadyVerified),
    )
    async def on_post(self, req: Request, body: MailedToken) -> Message:
        await self.verifications.reject(body.token, req.context.client)
        return Message(message="Account removed")


@dataclass(frozen=True, slots=True)
class ResendVerification:
    verifications: driving.EmailVerification

    @Operation(
        "Mail a new verification token; the answer is the same for every address",
        id="resendVerification",
        tag=Tag.ACCOUNTS,
        description="It voids those that were mailed before.",
        allows=ANYBODY,
        limit=RESEND_VERIFICATION,
        body=Address,
        answers=Message,
    )
    async def on_post(self, req: Request, body: Address) -> Message:
        await self.verifications.request(body.email, req.context.client)
        return Message(
            message="Verification email sent, if the address is waiting for one"
        )
