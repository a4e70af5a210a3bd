"""What is done by a code that was mailed and does not name the user."""

from dataclasses import dataclass, replace

from falcon.asgi import Request

from core.mailed_codes import joined
from core.ports import driving
from core.ports.own_account import Invitations
from entrypoints.http.answers import Message
from entrypoints.http.declaration import VERIFY_CODE, declared
from entrypoints.http.operation import Operation
from entrypoints.http.requests import MailedCode, PasswordByCode
from entrypoints.http.resources import invitations as invited
from entrypoints.http.resources import passwords, registration


def _by(resource: type, body: type) -> Operation:
    """Return the operation of a resource, with the address in its body, and a limit."""
    operation = declared(resource.on_post)  # type: ignore[attr-defined]
    if not isinstance(operation, Operation):
        raise TypeError(f"{resource.__name__} is no operation")
    return replace(operation, body=body, limit=operation.limit or VERIFY_CODE)


@dataclass(frozen=True, slots=True)
class VerifyEmail:
    verifications: driving.EmailVerification

    @_by(registration.VerifyEmail, MailedCode)
    async def on_post(self, req: Request, body: MailedCode) -> Message:
        token = joined(body.email, body.token)
        await self.verifications.verify(token, req.context.client)
        return Message(message="Email verified successfully")


@dataclass(frozen=True, slots=True)
class ConfirmPasswordReset:
    password_resets: driving.PasswordReset

    @_by(passwords.ConfirmPasswordReset, PasswordByCode)
    async def on_post(self, req: Request, body: PasswordByCode) -> Message:
        token = joined(body.email, body.token)
        await self.password_resets.reset(token, body.new_password, req.context.client)
        return Message(message="Password reset successful")


@dataclass(frozen=True, slots=True)
class AcceptInvitation:
    invitations: Invitations

    @_by(invited.AcceptInvitation, PasswordByCode)
    async def on_post(self, req: Request, body: PasswordByCode) -> Message:
        token = joined(body.email, body.token)
        await self.invitations.accept(token, body.new_password, req.context.client)
        return Message(message=invited.ACCEPTED)
