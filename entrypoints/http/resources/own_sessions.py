"""The caller's own log-ins."""

from dataclasses import dataclass
from http import HTTPStatus

from falcon.asgi import Request

from core import errors
from core.model import SessionId
from core.ports import DeviceNames
from core.ports.own_account import OwnSessions
from entrypoints.http.bearer import caller
from entrypoints.http.declaration import SIGNED_IN, Tag
from entrypoints.http.operation import Operation
from entrypoints.http.queries import PageQuery
from entrypoints.http.records import SessionList


@dataclass(frozen=True, slots=True)
class SessionsOfMine:
    sessions: OwnSessions
    names: DeviceNames

    @Operation(
        "List one's log-ins, the newest first",
        id="listMySessions",
        tag=Tag.ACCOUNT,
        description="Those that have ended are not among them.",
        allows=SIGNED_IN,
        query=PageQuery,
        answers=SessionList,
        refuses=(errors.InvalidCursor,),
    )
    async def on_get(self, req: Request, query: PageQuery) -> SessionList:
        page = await self.sessions.list(
            caller(req), cursor=query.cursor, limit=query.limit
        )
        return SessionList.of(page, req.context.identity, self.names)

    @Operation(
        "End all of one's log-ins but the one that asks",
        id="endMyOtherSessions",
        tag=Tag.ACCOUNT,
        description="`POST /auth/logout-all` ends this one, too.",
        allows=SIGNED_IN,
        answers=None,
        status=HTTPStatus.NO_CONTENT,
    )
    async def on_delete(self, req: Request) -> None:
        await self.sessions.end_others(caller(req))


@dataclass(frozen=True, slots=True)
class SessionOfMine:
    sessions: OwnSessions

    @Operation(
        "End one of one's log-ins",
        id="endMySession",
        tag=Tag.ACCOUNT,
        description="Its tokens are refused from then on. Somebody else's is not there.",
        allows=SIGNED_IN,
        answers=None,
        status=HTTPStatus.NO_CONTENT,
        refuses=(errors.SessionNotFound,),
    )
    async def on_delete(self, req: Request, session_id: SessionId) -> None:
        await self.sessions.end(caller(req), session_id)
