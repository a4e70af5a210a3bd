"""Anybody's log-ins, for administrators."""

from dataclasses import dataclass
from http import HTTPStatus

from falcon.asgi import Request

from core import errors
from core.model import SessionId, UserId
from core.ports import DeviceNames
from core.ports.administration import SessionAdministration
from entrypoints.http.bearer import caller
from entrypoints.http.declaration import ADMINISTER, ADMINS, Tag
from entrypoints.http.operation import Operation
from entrypoints.http.queries import PageQuery
from entrypoints.http.records import SessionList


@dataclass(frozen=True, slots=True)
class UserSessions:
    administration: SessionAdministration
    names: DeviceNames

    @Operation(
        "List a user's log-ins, the newest first",
        id="listUserSessions",
        tag=Tag.ADMINISTRATION,
        description="For admins. Those that have ended are not among them.",
        allows=ADMINS,
        limit_by_user=ADMINISTER,
        query=PageQuery,
        answers=SessionList,
        refuses=(errors.UserNotFound, errors.InvalidCursor),
    )
    async def on_get(
        self, req: Request, query: PageQuery, user_id: UserId
    ) -> SessionList:
        page = await self.administration.list(
            caller(req), user_id, cursor=query.cursor, limit=query.limit
        )
        return SessionList.of(page, req.context.identity, self.names)

    @Operation(
        "End all of a user's log-ins",
        id="endUserSessions",
        tag=Tag.ADMINISTRATION,
        description="For admins. Their tokens are refused from then on.",
        allows=ADMINS,
        limit_by_user=ADMINISTER,
        answers=None,
        status=HTTPStatus.NO_CONTENT,
        refuses=(errors.UserNotFound,),
    )
    async def on_delete(self, req: Request, user_id: UserId) -> None:
        await self.administration.end_all(caller(req), user_id)


@dataclass(frozen=True, slots=True)
class AnySession:
    administration: SessionAdministration

    @Operation(
        "End one log-in, whoever's it is",
        id="endAnySession",
        tag=Tag.ADMINISTRATION,
        description="For admins. Its tokens are refused from then on.",
        allows=ADMINS,
        limit_by_user=ADMINISTER,
        answers=None,
        status=HTTPStatus.NO_CONTENT,
        refuses=(errors.SessionNotFound,),
    )
    async def on_delete(self, req: Request, session_id: SessionId) -> None:
        await self.administration.end(caller(req), session_id)
