"""What requests carry and answers say: one model each, which also makes the OpenAPI."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from core.model import Role, User
from core.sessions import Grant
from entrypoints.fields import (
    Email,
    FullName,
    KnownEmail,
    NewPassword,
    Password,
    Token,
    Username,
)


def timestamp(moment: datetime) -> str:
    """Return RFC 3339 in UTC, to the second, as the guide writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


Timestamp = Annotated[
    datetime,
    PlainSerializer(timestamp),
    Field(json_schema_extra={"format": "date-time"}, examples=["2025-12-24T10:00:00Z"]),
]


class RequestBody(BaseModel):
    """Unknown keys are ignored, and have no effect."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class RequestQuery(BaseModel):
    """
    The parameters of a query; every field is a list, since any may be repeated.

    Unknown ones are refused: what is misspelt must not count for nothing.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class NewUser(RequestBody):
    email: Email
    username: Username
    password: NewPassword
    full_name: FullName | None = None


class Credentials(RequestBody):
    email: KnownEmail
    password: Password


class RefreshToken(RequestBody):
    refresh_token: Token


class LogOut(RequestBody):
    refresh_token: Token | None = None


class MailedToken(RequestBody):
    token: Token


class Address(RequestBody):
    email: KnownEmail


class PasswordReset(RequestBody):
    token: Token
    new_password: NewPassword


class PasswordChange(RequestBody):
    current_password: Password
    new_password: NewPassword


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class HeaderAnswer(Answer):
    """An answer without a body: its fields are headers, named by their aliases."""


class UserSummary(Answer):
    id: int
    email: str
    username: str
    full_name: str | None
    role: Role

    @classmethod
    def of(cls, user: User) -> Self:
        return cls.model_validate(user, from_attributes=True)


class UserDetails(UserSummary):
    is_active: bool
    is_verified: bool
    created_at: Timestamp


class RefreshedTokens(Answer):
    access_token: str
    refresh_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - a type
    expires_in: int = Field(description="Life of the access token in seconds")

    @classmethod
    def of(cls, grant: Grant) -> Self:
        return cls.model_validate(grant, from_attributes=True)


class Tokens(RefreshedTokens):
    user: UserSummary


class Message(Answer):
    message: str


class Alive(Answer):
    status: Literal["alive"] = "alive"


class Ready(Answer):
    status: Literal["ready", "degraded"]
    missing: list[Literal["redis", "secrets"]]


class Health(Answer):
    status: Literal["healthy", "degraded", "unhealthy"]
    database: Literal["connected", "disconnected"]
    redis: Literal["connected", "disconnected", "not configured"]
    timestamp: Timestamp


class KeySet(Answer):
    """A JWK Set (RFC 7517, section 5); empty where the key is a shared secret."""

    keys: list[dict[str, str]]


class FieldProblem(Answer):
    field: str = Field(
        description="Where in the body or query, with dots; empty for all of it"
    )
    message: str
    code: str


class Problem(Answer):
    """A refusal (RFC 9457)."""

    type: str = Field("about:blank", description="A URI reference")
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable, for programs")
    request_id: str | None = Field(None, description="To be quoted to the operator")
    errors: list[FieldProblem] | None = Field(
        None, description="With status 422: every field that breaks a rule"
    )
    violated_policies: list[str] | None = Field(
        None,
        serialization_alias="violated-policies",
        description="With status 429: the limits that are used up",
    )
