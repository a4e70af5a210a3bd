"""What answers say of users, log-ins and events, one by one and in lists."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Annotated, Literal, Self, TypeVar

from pydantic import Field

from core.model import Identity, Locale, OneTimeToken, Purpose, Session, User
from core.model.events import Actor, Event, EventKind
from core.ports import DeviceNames
from core.ports.administration import Page, Report
from entrypoints.http.answers import Answer, Timestamp, UserDetails
from entrypoints.http.openapi.described import LARGEST_ID, Sometimes, told

T = TypeVar("T")

Label = Annotated[
    str, told("What people call the device", example="Firefox on Windows")
]
UserAgent = Annotated[
    str,
    told(
        "The client's own name for itself",
        example="Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Firefox/140.0",
    ),
]
Address = Annotated[str, told("Where it came from", example="192.0.2.1")]
SessionIdText = Annotated[str, told(example="9f2c1b7ad0e84c35b6a1f3d2e4c5a697")]
UserIdNumber = Annotated[
    int, told(example=7, format="int64", minimum=1, maximum=LARGEST_ID)
]

NOT_TOLD = {"token_id"}
"""Of an event's data: what is half of a token that was mailed."""


class List(Answer):
    """A part of a list, and what leads to the next."""

    next_cursor: Annotated[
        str | None,
        told(
            "Asked for as `cursor`, it answers the next part; null on the last",
            example="WyI5ZjJjMWI3YWQwZTg0YzM1IiwgNTAsIDUwXQ",
        ),
    ]
    total: Annotated[int, told("Of all parts", example=1, minimum=0)]
    total_is_at_least: Annotated[
        Sometimes[Literal[True]],
        Field(description="There only if the total is higher than `total`"),
    ] = None


def listed(page: Page[T], of: Callable[[T], Answer]) -> Mapping[str, object]:
    """Return the fields of a list, each item made by ``of``."""
    return {
        "items": [of(item) for item in page.items],
        "next_cursor": page.next_cursor,
        "total": page.total,
        "total_is_at_least": True if page.total_is_at_least else None,
    }


class FullUser(UserDetails):
    """All that is told of a user."""

    updated_at: Timestamp
    last_login_at: Timestamp | None
    locale: Annotated[
        Locale | None,
        told("The language of their mails; null for the service's", example="en"),
    ]


class UserReport(FullUser):
    locked_until: Annotated[
        Timestamp | None,
        Field(
            description="When a password may be tried again after failures in a row, from"
            " an address that is not known; null if at once"
        ),
    ]
    live_sessions: Annotated[int, told("How many log-ins last", example=1, minimum=0)]

    @classmethod
    def reporting(cls, report: Report) -> Self:
        fields = {name: getattr(report.user, name) for name in FullUser.model_fields}
        return cls(
            **fields,
            locked_until=report.locked_until,
            live_sessions=report.live_sessions,
        )


class UserList(List):
    items: list[UserDetails]

    @classmethod
    def of(cls, page: Page[User]) -> Self:
        return cls.model_validate(listed(page, UserDetails.of))


class SessionItem(Answer):
    id: SessionIdText
    created_at: Timestamp
    last_used_at: Timestamp
    expires_at: Timestamp
    address: Address
    label: Label
    user_agent: UserAgent
    current: Annotated[bool, told("Whether it is the one that asks", example=True)]

    @classmethod
    def of(cls, session: Session, asks: Identity, names: DeviceNames) -> Self:
        return cls(
            id=session.id,
            created_at=session.created_at,
            last_used_at=session.last_used_at,
            expires_at=session.expires_at,
            address=session.client.address,
            label=names.name(session.client.label),
            user_agent=session.client.label,
            current=session.id == asks.session.id,
        )


class SessionList(List):
    items: list[SessionItem]

    @classmethod
    def of(cls, page: Page[Session], asks: Identity, names: DeviceNames) -> Self:
        return cls.model_validate(
            listed(page, lambda it: SessionItem.of(it, asks, names))
        )


class EventItem(Answer):
    id: Annotated[str, told(example="0b9f7c52c8b14e0d9d6f1b7a5e2c4d88")]
    kind: Annotated[EventKind, told(example=EventKind.ROLE_CHANGED)]
    at: Timestamp
    user_id: Annotated[
        UserIdNumber | None, Field(description="Whom it is about; null if nobody known")
    ]
    actor_id: Annotated[
        UserIdNumber | None, Field(description="Who did it, if it was a user")
    ]
    actor: Annotated[
        Literal["user", "anyone", "operator", "service"] | None,
        told("Who did it: `user` for a user, who is `actor_id`", example="user"),
    ]
    address: Address | None
    label: Label | None
    user_agent: UserAgent | None
    session_id: SessionIdText | None
    data: Annotated[
        dict[str, str],
        told(
            "What else is known; what changed is there before, as `old_...`, and after",
            example={"old_role": "user", "role": "admin"},
        ),
    ]

    @classmethod
    def of(cls, event: Event, names: DeviceNames) -> Self:
        label = event.label
        return cls(
            id=event.id,
            kind=event.kind,
            at=event.at,
            user_id=event.user_id or None,
            actor_id=event.actor_id,
            actor=_actor(event),
            address=event.address,
            label=None if label is None else names.name(label),
            user_agent=label,
            session_id=event.session_id,
            data={it: event.data[it] for it in event.data if it not in NOT_TOLD},
        )


class EventList(List):
    items: list[EventItem]

    @classmethod
    def of(cls, page: Page[Event], names: DeviceNames) -> Self:
        return cls.model_validate(listed(page, lambda it: EventItem.of(it, names)))


class TokenItem(Answer):
    """A token that was mailed, without what would let others use it."""

    purpose: Annotated[Purpose, told(example=Purpose.VERIFY_EMAIL)]
    expires_at: Timestamp
    spent_at: Timestamp | None
    email: Annotated[
        str | None, told("The address that it makes theirs", example="user@example.com")
    ]

    @classmethod
    def every(cls, tokens: Iterable[OneTimeToken]) -> list[Self]:
        return [cls.model_validate(it, from_attributes=True) for it in tokens]


def _actor(event: Event) -> str | None:
    if event.actor_id is not None:
        return "user"
    return event.actor if event.actor in {*Actor} else None


def in_seconds(since: datetime | None, now: datetime) -> int:
    """Return how long something has waited; 0 if nothing has."""
    return 0 if since is None else max(0, int((now - since).total_seconds()))
