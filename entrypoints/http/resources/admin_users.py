"""Users, as administrators see and change them."""

from dataclasses import dataclass
from http import HTTPStatus

from falcon.asgi import Request

from core import errors
from core.model import User, UserId
from core.ports.administration import UserAdministration
from entrypoints.http.answers import UserDetails
from entrypoints.http.bearer import caller
from entrypoints.http.conditions import etag_of, stamps_wanted
from entrypoints.http.declaration import ADMINISTER, ADMINS, Tag
from entrypoints.http.operation import Headed, Operation
from entrypoints.http.queries import UserQuery
from entrypoints.http.records import FullUser, UserList, UserReport
from entrypoints.http.requests import NewPerson, UserChanges

NO_STAMP = -1
"""What no user has."""


@dataclass(frozen=True, slots=True)
class Users:
    """``root`` is the path of our public URL, without a slash at its end."""

    administration: UserAdministration
    root: str

    @Operation(
        "List and search users",
        id="listUsers",
        tag=Tag.ADMINISTRATION,
        description="For admins. A cursor holds through changes: nobody is listed twice,"
        " and nobody left out who was there throughout, as long as what they are sorted by"
        " stays: `id` and `created_at` do.",
        allows=ADMINS,
        limit_by_user=ADMINISTER,
        query=UserQuery,
        answers=UserList,
        refuses=(errors.InvalidCursor,),
    )
    async def on_get(self, req: Request, query: UserQuery) -> UserList:
        page = await self.administration.find(
            caller(req),
            query.wanted,
            query.order,
            cursor=query.cursor,
            limit=query.limit,
        )
        return UserList.of(page)

    @Operation(
        "Add a user, and mail them an invitation to set a password",
        id="inviteUser",
        tag=Tag.ADMINISTRATION,
        description="For admins. Whoever accepts it has proved the e-mail address.",
        allows=ADMINS,
        limit_by_user=ADMINISTER,
        body=NewPerson,
        answers=UserDetails,
        status=HTTPStatus.CREATED,
        tells=("Location",),
        refuses=(errors.EmailTaken, errors.UsernameTaken),
    )
    async def on_post(self, req: Request, body: NewPerson) -> Headed:
        user = await self.administration.invite(caller(req), body.profile)
        location = f"{self.root}/admin/users/{user.id}"
        return Headed(UserDetails.of(user), {"Location": location})


@dataclass(frozen=True, slots=True)
class OneUser:
    """``demands_condition`` is whether a change has to say what it was decided on."""

    administration: UserAdministration
    demands_condition: bool

    @Operation(
        "Get a user, and how they stand",
        id="getUser",
        tag=Tag.ADMINISTRATION,
        description="For admins.",
        allows=ADMINS,
        limit_by_user=ADMINISTER,
        answers=UserReport,
        tells=("ETag",),
        refuses=(errors.UserNotFound,),
    )
    async def on_get(self, req: Request, user_id: UserId) -> Headed:
        report = await self.administration.look(caller(req), user_id)
        return _tagged(UserReport.reporting(report), report.user)

    @Operation(
        "Change a user",
        id="changeUser",
        tag=Tag.ADMINISTRATION,
        description="For admins. What is not sent stays. A new address is mailed a link"
        " that proves it, unless `is_verified` says that it is; it ends their log-ins."
        " So does `is_active` where it becomes false.",
        allows=ADMINS,
        limit_by_user=ADMINISTER,
        body=UserChanges,
        answers=FullUser,
        tells=("ETag",),
        conditional=True,
        refuses=(
            errors.UserNotFound,
            errors.EmailTaken,
            errors.UsernameTaken,
            errors.OwnAccount,
            errors.LastAdmin,
        ),
    )
    async def on_patch(
        self, req: Request, body: UserChanges, user_id: UserId
    ) -> Headed:
        stamp = await self._stamp(req, user_id)
        user = await self.administration.change(
            caller(req), user_id, body.edit, stamp=stamp
        )
        return _tagged(FullUser.of(user), user)

    @Operation(
        "Remove a user, and all that names them",
        id="deleteUser",
        tag=Tag.ADMINISTRATION,
        description="For admins. Events keep the number, and no name. `If-Match` counts.",
        allows=ADMINS,
        limit_by_user=ADMINISTER,
        answers=None,
        status=HTTPStatus.NO_CONTENT,
        conditional=True,
        refuses=(errors.UserNotFound, errors.LastAdmin),
    )
    async def on_delete(self, req: Request, user_id: UserId) -> None:
        stamp = await self._stamp(req, user_id)
        await self.administration.delete(caller(req), user_id, stamp=stamp)

    async def _stamp(self, req: Request, user_id: UserId) -> int | None:
        """Return which stamp the user must have, None for any."""
        if req.get_header("If-Match") is None:
            if self.demands_condition and req.method == "PATCH":
                raise errors.ConditionRequired
            return None
        stamps = stamps_wanted(req)
        if stamps is None:
            return None
        if len(stamps) > 1:
            report = await self.administration.look(caller(req), user_id)
            stamps &= {report.user.stamp}
        return next(iter(stamps), NO_STAMP)


def _tagged(answer: UserDetails, user: User) -> Headed:
    return Headed(answer, {"ETag": etag_of(user)})
