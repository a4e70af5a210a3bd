"""What happened, and figures of it, for administrators."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Self

from falcon.asgi import Request
from pydantic import Field

from core import errors
from core.ports import DeviceNames
from core.ports.administration import Audit, Summary
from entrypoints.http.answers import Answer
from entrypoints.http.bearer import caller
from entrypoints.http.declaration import ADMINISTER, ADMINS, Tag
from entrypoints.http.openapi.described import told
from entrypoints.http.operation import Operation
from entrypoints.http.queries import EventQuery
from entrypoints.http.records import EventList, in_seconds


class UserFigures(Answer):
    total: int
    active: int
    inactive: int
    verified: int
    admins: Annotated[int, Field(description="The active ones")]


class SessionFigures(Answer):
    live: int


class MailFigures(Answer):
    waiting: int
    oldest_seconds: Annotated[int, Field(description="How long the oldest has waited")]


class DayFigures(Answer):
    date: Annotated[date, told("In UTC", example="2025-12-24")]
    registrations: int
    logins: int
    failures: Annotated[
        int, Field(description="Log-ins with a wrong password or unknown address")
    ]
    resets: int


class Figures(Answer):
    users: UserFigures
    sessions: SessionFigures
    mails: MailFigures
    days: Annotated[
        list[DayFigures], Field(description="The latest 30, today's the last")
    ]

    @classmethod
    def of(cls, summary: Summary) -> Self:
        users = summary.users
        return cls(
            users=UserFigures(
                total=users.total,
                active=users.active,
                inactive=users.total - users.active,
                verified=users.verified,
                admins=users.admins,
            ),
            sessions=SessionFigures(live=summary.live_sessions),
            mails=MailFigures(
                waiting=summary.mails_waiting,
                oldest_seconds=in_seconds(summary.oldest_mail, summary.at),
            ),
            days=[
                DayFigures.model_validate({"date": day.date, **day.counts})
                for day in summary.days
            ],
        )


@dataclass(frozen=True, slots=True)
class Events:
    audit: Audit
    names: DeviceNames

    @Operation(
        "List what happened, the latest first",
        id="listEvents",
        tag=Tag.ADMINISTRATION,
        description="For admins. Of who was removed there is the number, and no name.",
        allows=ADMINS,
        limit_by_user=ADMINISTER,
        query=EventQuery,
        answers=EventList,
        refuses=(errors.InvalidCursor,),
    )
    async def on_get(self, req: Request, query: EventQuery) -> EventList:
        page = await self.audit.find(
            caller(req), query.wanted, cursor=query.cursor, limit=query.limit
        )
        return EventList.of(page, self.names)


@dataclass(frozen=True, slots=True)
class Stats:
    audit: Audit

    @Operation(
        "Get the service in figures",
        id="getStats",
        tag=Tag.ADMINISTRATION,
        description="For admins. They are at most a minute old.",
        allows=ADMINS,
        limit_by_user=ADMINISTER,
        answers=Figures,
    )
    async def on_get(self, req: Request) -> Figures:
        return Figures.of(await self.audit.summary(caller(req)))
