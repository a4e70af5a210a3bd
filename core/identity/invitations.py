"""Accepting an invitation by the token that was mailed."""

from dataclasses import dataclass

from core.identity.password_resets import PasswordResets
from core.model import Client, Purpose, User
from core.permissions import Guarded, for_anybody
from core.ports.own_account import Invitations


@dataclass(frozen=True, slots=True)
class MailedInvitations(Invitations, Guarded):
    """The first password is set as any later one that a mail is for."""

    resets: PasswordResets

    @for_anybody
    async def owner(self, mail_token: str) -> User:
        return await self.resets.tokens.owner(mail_token, Purpose.INVITATION)

    @for_anybody
    async def accept(self, mail_token: str, new_password: str, client: Client) -> User:
        purpose = Purpose.INVITATION
        return await self.resets.spend(mail_token, purpose, new_password, client)
