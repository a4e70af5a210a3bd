"""What may be asked of lists: one model a query, which also makes the OpenAPI."""

import re
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Literal, TypeVar, get_args

from pydantic import BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from core.model import EventFilter, Role, UserFilter, UserOrder, UserSort
from core.model.events import EventKind
from entrypoints.field_codes import FieldCode
from entrypoints.fields import CONTROL
from entrypoints.http.openapi.described import LARGEST_ID, LeftOut
from entrypoints.http.requests import RequestQuery

LONGEST_TEXT = 200
LONGEST_CURSOR = 2000
MOST_ITEMS = 200
DIGITS = re.compile(r"[0-9]{1,16}")
MOMENT = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)",
    re.ASCII | re.IGNORECASE,
)
"""RFC 3339, section 5.6; what offset it is has to be said."""

T = TypeVar("T")

Sort = Literal[
    "id", "-id",
    "email", "-email",
    "username", "-username",
    "created_at", "-created_at",
    "last_login_at", "-last_login_at",
]  # fmt: skip


def _name(sort: str) -> str:
    """Return what generated clients call it."""
    descends = sort.startswith("-")
    return f"{sort[1:]}_descending".upper() if descends else sort.upper()


def _problem(code: FieldCode, message: str) -> PydanticCustomError:
    return PydanticCustomError(code, message)


def _one(value: object) -> object:
    """Return the only one of what came; a default is no list."""
    if not isinstance(value, list):
        return value
    if len(value) != 1:
        raise _problem("repeated", "May be given once")
    return value[0]


def _number(value: object) -> object:
    if isinstance(value, str) and not DIGITS.fullmatch(value):
        raise _problem("invalid", "Must be a number in decimal digits")
    return value


def _truth(value: object) -> object:
    if value not in {"true", "false"}:
        raise _problem("invalid", "Must be true or false")
    return value == "true"


def _moment(value: object) -> datetime:
    text = str(value)
    if MOMENT.fullmatch(text):
        # A day that no month has, say, is no time at all.
        with suppress(ValueError, OverflowError):
            return datetime.fromisoformat(text.upper()).astimezone(UTC)
    raise _problem("invalid", "Must be a time as RFC 3339 has it, with its offset")


def _text(value: object) -> object:
    if isinstance(value, str) and CONTROL.search(value):
        raise _problem("control_characters", "Must not contain control characters")
    return value


Once = Annotated[T | None, BeforeValidator(_one), LeftOut()]
"""A parameter that may be given once; None if it is not."""

Number = Annotated[
    int, Field(ge=1, le=LARGEST_ID, examples=[7]), BeforeValidator(_number)
]
Truth = Annotated[
    bool, BeforeValidator(_truth, json_schema_input_type=bool), Field(examples=[True])
]
Moment = Annotated[
    datetime,
    BeforeValidator(_moment, json_schema_input_type=datetime),
    Field(examples=["2025-12-24T10:00:00Z"]),
]
Text = Annotated[
    str, StringConstraints(max_length=LONGEST_TEXT), BeforeValidator(_text)
]


class PageQuery(RequestQuery):
    limit: Annotated[
        int,
        Field(ge=1, le=MOST_ITEMS),
        BeforeValidator(_number),
        BeforeValidator(_one),
    ] = Field(50, description="How many items at most")
    cursor: Once[Annotated[str, StringConstraints(max_length=LONGEST_CURSOR)]] = Field(
        None,
        description="The next_cursor of the page before, for the same parameters; without"
        " one, it is the first page",
    )


class UserQuery(PageQuery):
    q: Once[Text] = Field(
        None,
        description="A part of the e-mail address, username or full name, in any case;"
        " text, and no pattern",
        examples=["jane"],
    )
    role: Once[Role] = Field(None, description="Who has this role")
    active: Once[Truth] = Field(None, description="Who may log in, or may not")
    verified: Once[Truth] = Field(
        None, description="Whose e-mail address is proved, or is not"
    )
    created_after: Once[Moment] = Field(
        None, description="Who was added after this time"
    )
    sort: Once[Sort] = Field(
        None,
        description="By what, `id` by default; with `-` before it, descending",
        json_schema_extra={"x-enum-varnames": [_name(it) for it in get_args(Sort)]},
    )

    @property
    def wanted(self) -> UserFilter:
        return UserFilter(
            text=self.q or None,
            role=self.role,
            is_active=self.active,
            is_verified=self.verified,
            created_after=self.created_after,
        )

    @property
    def order(self) -> UserOrder:
        by = self.sort or "id"
        return UserOrder(UserSort(by.removeprefix("-")), by.startswith("-"))


class EventQuery(PageQuery):
    user_id: Once[Number] = Field(None, description="Whom it is about")
    actor_id: Once[Number] = Field(None, description="Which user did it")
    kind: Once[EventKind] = Field(None, description="What happened")
    address: Once[Text] = Field(
        None, description="From which address", examples=["192.0.2.1"]
    )
    after: Once[Moment] = Field(None, description="What happened after this time")
    before: Once[Moment] = Field(None, description="What happened before this time")

    @property
    def wanted(self) -> EventFilter:
        return EventFilter(
            user_id=self.user_id,
            actor_id=self.actor_id,
            kind=self.kind,
            address=self.address or None,
            after=self.after,
            before=self.before,
        )
