"""The caller's own account."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from falcon.asgi import Request
from pydantic import Field

from core import errors
from core.model import UserId
from core.model.events import Actor, Event
from core.ports import DeviceNames
from core.ports import own_account as ports
from entrypoints.http.answers import Answer, UserDetails
from entrypoints.http.bearer import caller
from entrypoints.http.declaration import CHANGE_PASSWORD, SIGNED_IN, Tag
from entrypoints.http.operation import Headed, Operation
from entrypoints.http.records import EventItem, FullUser, Label, SessionItem, TokenItem
from entrypoints.http.requests import OwnChanges, Reauthentication

HIDDEN = {"address": None, "label": None, "user_agent": None}
"""Of an event: where an administrator or an operator was, which is theirs to tell."""


class Export(Answer):
    """All that is held on a user, but for what would let others in."""

    user: FullUser
    devices: Annotated[
        list[Label], Field(description="Those they logged in from, the latest first")
    ]
    sessions: Annotated[list[SessionItem], Field(description="Log-ins that last")]
    tokens: Annotated[list[TokenItem], Field(description="What was mailed")]
    events: Annotated[
        list[EventItem],
        Field(
            description="What happened, the latest first; where admins were is left out"
        ),
    ]


@dataclass(frozen=True, slots=True)
class Me:
    account: ports.OwnAccount

    @Operation(
        "Get the current user",
        id="getMe",
        tag=Tag.SESSIONS,
        description="As they are now, whatever the token says.",
        allows=SIGNED_IN,
        answers=UserDetails,
    )
    async def on_get(self, req: Request) -> UserDetails:
        return UserDetails.of(req.context.identity.user)

    @Operation(
        "Change one's username, full name or language of mails",
        id="changeMe",
        tag=Tag.ACCOUNT,
        description="What is not sent stays. `POST /auth/change-email` is for the address.",
        allows=SIGNED_IN,
        body=OwnChanges,
        answers=UserDetails,
        refuses=(errors.UsernameTaken,),
    )
    async def on_patch(self, req: Request, body: OwnChanges) -> UserDetails:
        return UserDetails.of(await self.account.change(caller(req), body.edit))

    @Operation(
        "Remove one's account, and all that names its owner",
        id="deleteMe",
        tag=Tag.ACCOUNT,
        description="Asks for the password. All log-ins end; address and username are free.",
        allows=SIGNED_IN,
        limit=CHANGE_PASSWORD,
        hashes=True,
        body=Reauthentication,
        answers=None,
        status=HTTPStatus.NO_CONTENT,
        refuses=(errors.WrongCurrentPassword, errors.LastAdmin),
    )
    async def on_delete(self, req: Request, body: Reauthentication) -> None:
        await self.account.delete(caller(req), body.password)


@dataclass(frozen=True, slots=True)
class ExportMe:
    account: ports.OwnAccount
    names: DeviceNames

    @Operation(
        "Get all that is held on the current user",
        id="exportMe",
        tag=Tag.ACCOUNT,
        description="Browsers save it as a file.",
        allows=SIGNED_IN,
        answers=Export,
        tells=("Content-Disposition",),
    )
    async def on_get(self, req: Request) -> Headed:
        held = await self.account.export(caller(req))
        asks, names, user_id = req.context.identity, self.names, held.user.id
        export = Export(
            user=FullUser.of(held.user),
            devices=list(held.devices),
            sessions=[SessionItem.of(it, asks, names) for it in held.sessions],
            tokens=TokenItem.every(held.tokens),
            events=[_event(it, user_id, names) for it in held.events],
        )
        name = f'attachment; filename="account-{user_id}.json"'
        return Headed(export, {"Content-Disposition": name})


def _event(event: Event, user_id: UserId, names: DeviceNames) -> EventItem:
    item = EventItem.of(event, names)
    is_theirs = event.actor_id == user_id or event.actor in {None, Actor.ANYONE}
    return item if is_theirs else item.model_copy(update=HIDDEN)
