"""What requests carry: one model each, which also makes the OpenAPI."""

from typing import Annotated, TypeVar, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, StrictBool
from pydantic_core import PydanticCustomError

from core.model import Locale, Profile, Role, UserEdit
from entrypoints.bodies import RequestBody
from entrypoints.field_codes import FieldCode
from entrypoints.fields import (
    Email,
    FullName,
    KnownEmail,
    NewPassword,
    Password,
    Token,
    Username,
)
from entrypoints.http.openapi.described import (
    MAILED_TOKEN,
    REFRESH_TOKEN,
    LeftOut,
    told,
)

T = TypeVar("T")
NULL: FieldCode = "null"

RefreshTokenText = Annotated[Token, told(example=REFRESH_TOKEN)]
MailedTokenText = Annotated[
    Token, told("What the link in the mail carries", example=MAILED_TOKEN)
]


def _given(value: object) -> object:
    if value is None:
        raise PydanticCustomError(NULL, "Must not be null: leave it out to keep it")
    return value


Maybe = Annotated[T | None, BeforeValidator(_given), LeftOut()]
"""What may be left out, and then is None, but must not be sent as null."""

UserRole = Annotated[Role, told(example=Role.USER)]
UserLocale = Annotated[
    Locale, told("The language of their mails; null for the service's", example="en")
]


class RequestQuery(BaseModel):
    """
    The parameters of a query; every value comes as a list, since any may be repeated.

    Unknown ones are refused: what is misspelt must not count for nothing.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, hide_input_in_errors=True)


class Credentials(RequestBody):
    email: KnownEmail
    password: Password


class RefreshToken(RequestBody):
    refresh_token: RefreshTokenText


class LogOut(RequestBody):
    refresh_token: RefreshTokenText | None = None


class MailedToken(RequestBody):
    token: MailedTokenText


class MailedCode(MailedToken):
    """Of a code that does not name whom it was mailed to."""

    email: KnownEmail


class Address(RequestBody):
    email: KnownEmail


class PasswordReset(RequestBody):
    token: MailedTokenText
    new_password: NewPassword


class PasswordByCode(PasswordReset):
    email: KnownEmail


class PasswordChange(RequestBody):
    current_password: Password
    new_password: NewPassword


class NewPerson(RequestBody):
    """Somebody to invite."""

    email: Email
    username: Username
    full_name: FullName | None = None
    role: Maybe[UserRole] = None
    locale: UserLocale | None = None

    @property
    def profile(self) -> Profile:
        return Profile(
            email=self.email,
            username=self.username,
            full_name=self.full_name,
            role=self.role or Role.USER,
            locale=self.locale,
        )


class Changes(RequestBody):
    """What is to be changed of a user: what is not sent stays."""

    @property
    def edit(self) -> UserEdit:
        sent = {name: getattr(self, name) for name in self.model_fields_set}
        return cast("UserEdit", sent)


class OwnChanges(Changes):
    username: Maybe[Username] = None
    full_name: FullName | None = None
    locale: UserLocale | None = None


class UserChanges(OwnChanges):
    email: Maybe[Email] = None
    role: Maybe[UserRole] = None
    is_active: Maybe[Annotated[StrictBool, told(example=True)]] = None
    is_verified: Maybe[Annotated[StrictBool, told(example=True)]] = None


class Reauthentication(RequestBody):
    password: Password


class NewEmail(RequestBody):
    password: Password
    new_email: Email
