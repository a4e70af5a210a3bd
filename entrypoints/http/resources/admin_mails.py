"""What administrators have mailed to users, and what lets them log in again."""

from dataclasses import dataclass
from http import HTTPStatus

from falcon.asgi import Request

from core import errors
from core.model import UserId
from core.ports.administration import UserAdministration
from entrypoints.http.answers import Message
from entrypoints.http.bearer import caller
from entrypoints.http.declaration import ADMINISTER, ADMINS, Tag
from entrypoints.http.operation import Operation


@dataclass(frozen=True, slots=True)
class Invitation:
    administration: UserAdministration

    @Operation(
        "Mail an invitation again",
        id="mailInvitation",
        tag=Tag.ADMINISTRATION,
        description="For admins. Older ones are void. Not for who has a password.",
        allows=ADMINS,
        limit_by_user=ADMINISTER,
        answers=Message,
        status=HTTPStatus.ACCEPTED,
        refuses=(errors.UserNotFound, errors.NotApplicable),
    )
    async def on_post(self, req: Request, user_id: UserId) -> Message:
        await self.administration.invite_again(caller(req), user_id)
        return Message(message="Invitation email sent")


@dataclass(frozen=True, slots=True)
class UserPasswordReset:
    administration: UserAdministration

    @Operation(
        "Mail a user a link that sets a new password",
        id="mailPasswordReset",
        tag=Tag.ADMINISTRATION,
        description="For admins. The password stays until the link is used.",
        allows=ADMINS,
        limit_by_user=ADMINISTER,
        answers=Message,
        status=HTTPStatus.ACCEPTED,
        refuses=(errors.UserNotFound, errors.NotApplicable),
    )
    async def on_post(self, req: Request, user_id: UserId) -> Message:
        await self.administration.mail_reset(caller(req), user_id)
        return Message(message="Password reset email sent")


@dataclass(frozen=True, slots=True)
class UserVerification:
    administration: UserAdministration

    @Operation(
        "Mail a user a link that proves the e-mail address",
        id="mailVerification",
        tag=Tag.ADMINISTRATION,
        description="For admins. It voids those that were mailed before.",
        allows=ADMINS,
        limit_by_user=ADMINISTER,
        answers=Message,
        status=HTTPStatus.ACCEPTED,
        refuses=(errors.UserNotFound, errors.NotApplicable),
    )
    async def on_post(self, req: Request, user_id: UserId) -> Message:
        await self.administration.mail_verification(caller(req), user_id)
        return Message(message="Verification email sent")


@dataclass(frozen=True, slots=True)
class Unlocking:
    administration: UserAdministration

    @Operation(
        "Forget a user's failed log-ins, so that they may try again at once",
        id="unlockUser",
        tag=Tag.ADMINISTRATION,
        description="For admins.",
        allows=ADMINS,
        limit_by_user=ADMINISTER,
        answers=None,
        status=HTTPStatus.NO_CONTENT,
        refuses=(errors.UserNotFound,),
    )
    async def on_post(self, req: Request, user_id: UserId) -> None:
        await self.administration.unlock(caller(req), user_id)
