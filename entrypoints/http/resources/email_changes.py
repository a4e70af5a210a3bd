"""Changing one's address by what is mailed to the new one, and undoing it by the old one."""

from dataclasses import dataclass
from http import HTTPStatus

from falcon.asgi import Request

from core import errors
from core.ports.own_account import EmailChange
from entrypoints.http.answers import Message
from entrypoints.http.bearer import caller
from entrypoints.http.declaration import (
    ANYBODY,
    CHANGE_EMAIL,
    CONFIRM_EMAIL,
    SIGNED_IN,
    UNDO_EMAIL,
    Tag,
)
from entrypoints.http.operation import Operation
from entrypoints.http.requests import MailedToken, NewEmail


@dataclass(frozen=True, slots=True)
class RequestEmailChange:
    email_changes: EmailChange

    @Operation(
        "Mail a link to a new address; the answer is the same for every address",
        id="requestEmailChange",
        tag=Tag.ACCOUNT,
        description="Asks for the password. The address before counts until the link is"
        " used.",
        allows=SIGNED_IN,
        limit=CHANGE_EMAIL,
        hashes=True,
        body=NewEmail,
        answers=Message,
        status=HTTPStatus.ACCEPTED,
        refuses=(errors.NotApplicable, errors.WrongCurrentPassword),
    )
    async def on_post(self, req: Request, body: NewEmail) -> Message:
        await self.email_changes.request(
            caller(req), password=body.password, new_email=body.new_email
        )
        return Message(message="Confirmation email sent, if the address is free")


@dataclass(frozen=True, slots=True)
class ConfirmEmailChange:
    email_changes: EmailChange

    @Operation(
        "Change the address by the token that was mailed to the new one",
        id="confirmEmailChange",
        tag=Tag.ACCOUNT,
        description="A token is good once. All log-ins end.",
        allows=ANYBODY,
        limit=CONFIRM_EMAIL,
        body=MailedToken,
        answers=Message,
        refuses=(errors.InvalidMailToken, errors.EmailTaken),
    )
    async def on_post(self, req: Request, body: MailedToken) -> Message:
        await self.email_changes.confirm(body.token, req.context.client)
        return Message(message="Email changed successfully")


@dataclass(frozen=True, slots=True)
class UndoEmailChange:
    email_changes: EmailChange

    @Operation(
        "Take the address back by the token that was mailed to it: it was not me",
        id="undoEmailChange",
        tag=Tag.ACCOUNT,
        description="A token is good once. All log-ins end, and a link that sets a new"
        " password is mailed: whoever changed the address knows this one.",
        allows=ANYBODY,
        limit=UNDO_EMAIL,
        body=MailedToken,
        answers=Message,
        refuses=(errors.InvalidMailToken, errors.EmailTaken),
    )
    async def on_post(self, req: Request, body: MailedToken) -> Message:
        await self.email_changes.undo(body.token, req.context.client)
        return Message(message="Email changed back, password reset email sent")
