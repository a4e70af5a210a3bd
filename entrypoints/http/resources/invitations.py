"""Setting the first password."""

from dataclasses import dataclass

from falcon.asgi import Request

from core import errors
from core.ports.own_account import Invitations
from entrypoints.http.answers import Message
from entrypoints.http.declaration import ACCEPT_INVITATION, ANYBODY, Tag
from entrypoints.http.operation import Operation
from entrypoints.http.requests import PasswordReset

ACCEPTED = "Invitation accepted, you can log in now"


@dataclass(frozen=True, slots=True)
class AcceptInvitation:
    invitations: Invitations

    @Operation(
        "Set the first password by the token that was mailed",
        id="acceptInvitation",
        tag=Tag.ACCOUNTS,
        description="A token is good once. The e-mail address is proved by it.",
        allows=ANYBODY,
        limit=ACCEPT_INVITATION,
        hashes=True,
        body=PasswordReset,
        answers=Message,
        refuses=(errors.InvalidMailToken,),
    )
    async def on_post(self, req: Request, body: PasswordReset) -> Message:
        await self.invitations.accept(body.token, body.new_password, req.context.client)
        return Message(message=ACCEPTED)
