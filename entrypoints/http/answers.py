"""What answers say: one model each, which also makes the OpenAPI."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)

from core.model import Grant, Role, User
from entrypoints.field_codes import FieldCode
from entrypoints.http.codes import MEANINGS, known
from entrypoints.http.openapi.described import (
    ACCESS_TOKEN,
    LARGEST_ID,
    PUBLIC_KEY,
    REFRESH_TOKEN,
    REQUEST_ID,
    Sometimes,
    told,
)


def timestamp(moment: datetime) -> str:
    """Return RFC 3339 in UTC, to the second, as the guide writes it."""
    # strftime takes several times as long.
    return f"{moment.replace(tzinfo=None).isoformat(timespec='seconds')}Z"


Timestamp = Annotated[
    datetime,
    PlainSerializer(timestamp),
    told(example="2025-12-24T10:00:00Z", format="date-time"),
]


class Answer(BaseModel):
    """All of its fields are sent, but for those that are there only ``Sometimes``."""

    model_config = ConfigDict(
        defer_build=True, frozen=True, json_schema_serialization_defaults_required=True
    )


class HeaderAnswer(Answer):
    """An answer without a body: its fields are headers, named by their aliases."""


class UserSummary(Answer):
    id: Annotated[int, told(example=1, format="int64", minimum=1, maximum=LARGEST_ID)]
    email: Annotated[str, told(example="user@example.com", format="idn-email")]
    username: Annotated[str, told(example="johndoe")]
    full_name: Annotated[str | None, told(example="John Doe")]
    role: Annotated[Role, told(example=Role.USER)]

    @classmethod
    def of(cls, user: User) -> Self:
        return cls.model_validate(user, from_attributes=True)


class UserDetails(UserSummary):
    is_active: Annotated[bool, told("Whether they may log in", example=True)]
    is_verified: Annotated[
        bool, told("Whether the e-mail address is proved", example=False)
    ]
    created_at: Timestamp


class RefreshedTokens(Answer):
    access_token: Annotated[str, told(example=ACCESS_TOKEN)]
    refresh_token: Annotated[
        str, told("The session's current one: store it", example=REFRESH_TOKEN)
    ]
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - a type
    expires_in: Annotated[
        int,
        told("Life of the access token in seconds", example=1800, minimum=1),
    ]

    @classmethod
    def of(cls, grant: Grant) -> Self:
        return cls.model_validate(grant, from_attributes=True)


class Tokens(RefreshedTokens):
    user: UserSummary


class RenewedTokens(RefreshedTokens):
    """Those of the session that takes the place of the one that asked."""

    message: Annotated[
        str, told("For people", example="Password changed successfully")
    ] = "Password changed successfully"


class Message(Answer):
    message: Annotated[str, told("For people", example="Email verified successfully")]


class Alive(Answer):
    status: Literal["alive"] = "alive"


class Ready(Answer):
    status: Literal["ready", "degraded"]
    missing: list[Literal["redis", "secrets", "mail"]]


class MailHealth(Answer):
    """Mails on their way; all replicas together, but for `failures`."""

    status: Literal["delivering", "delayed"]
    waiting: int
    oldest_seconds: int = Field(description="How long the oldest has waited")
    failures: int = Field(description="Of this process since its start")


class Health(Answer):
    status: Literal["healthy", "degraded", "unhealthy"]
    database: Literal["connected", "disconnected"]
    redis: Literal["connected", "disconnected", "not configured"]
    mail: MailHealth
    timestamp: Timestamp


class KeySet(Answer):
    """A JWK Set (RFC 7517, section 5); empty where the key is a shared secret."""

    keys: list[Annotated[dict[str, str], WithJsonSchema(dict(PUBLIC_KEY))]]


class FieldProblem(Answer):
    """What is wrong with a field; what was sent is never repeated."""

    field: Annotated[
        str,
        told(
            "Where in the body or query, with dots; empty for all of it",
            example="email",
        ),
    ]
    message: Annotated[str, told("For people", example="Not a valid e-mail address")]
    code: Annotated[FieldCode, told("Stable, for programs", example="email")]


class Problem(Answer):
    """A refusal (RFC 9457)."""

    type: Annotated[
        str, told("What kind it is", example="about:blank", format="uri-reference")
    ] = "about:blank"
    title: Annotated[str, told(example="Bad Request")]
    status: Annotated[
        int,
        told("That of the answer", example=400, minimum=400, maximum=599),
    ]
    detail: Annotated[str, told("For people", example="Email already registered")]
    code: Annotated[
        str,
        AfterValidator(known),
        told(
            "Stable, for programs",
            example="email_taken",
            enum=[*MEANINGS],
            **{"x-enumDescriptions": dict(MEANINGS)},
        ),
    ]
    request_id: Annotated[
        str,
        told(
            "To be quoted to the operator, whose log has it",
            example=REQUEST_ID,
            maxLength=64,
        ),
    ] = ""
    errors: Annotated[
        Sometimes[list[FieldProblem]],
        Field(description="With status 422: every field that breaks a rule"),
    ] = None
    violated_policies: Annotated[
        Sometimes[list[str]],
        Field(
            serialization_alias="violated-policies",
            description="With status 429: the limits that are used up",
            examples=[["login/minute"]],
        ),
    ] = None
