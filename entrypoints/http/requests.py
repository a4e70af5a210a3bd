"""What requests carry: one model each, which also makes the OpenAPI."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict

from entrypoints.bodies import RequestBody
from entrypoints.fields import KnownEmail, NewPassword, Password, Token
from entrypoints.http.openapi.described import MAILED_TOKEN, REFRESH_TOKEN, told

RefreshTokenText = Annotated[Token, told(example=REFRESH_TOKEN)]
MailedTokenText = Annotated[
    Token, told("What the link in the mail carries", example=MAILED_TOKEN)
]


class RequestQuery(BaseModel):
    """
    The parameters of a query; every field is a list, since any may be repeated.

    Unknown ones are refused: what is misspelt must not count for nothing.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class Credentials(RequestBody):
    email: KnownEmail
    password: Password


class RefreshToken(RequestBody):
    refresh_token: RefreshTokenText


class LogOut(RequestBody):
    refresh_token: RefreshTokenText | None = None


class MailedToken(RequestBody):
    token: MailedTokenText


class Address(RequestBody):
    email: KnownEmail


class PasswordReset(RequestBody):
    token: MailedTokenText
    new_password: NewPassword


class PasswordChange(RequestBody):
    current_password: Password
    new_password: NewPassword
