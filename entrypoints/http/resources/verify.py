"""`/auth/verify`: a proxy asks, for each request to another service, whose it is."""

import re
from collections.abc import Collection
from typing import Annotated
from urllib.parse import quote, unquote_to_bytes

import falcon
from falcon.asgi import Request
from pydantic import BeforeValidator, Field, PlainSerializer, ValidationError
from pydantic_core import PydanticCustomError

from core import errors
from core.model import Identity, Role
from entrypoints.http.answers import HeaderAnswer
from entrypoints.http.bearer import demand_roles
from entrypoints.http.declaration import SIGNED_IN, Tag
from entrypoints.http.operation import Operation, problems_of
from entrypoints.http.problems import InvalidBody
from entrypoints.http.requests import RequestQuery

ANY = "any"
"""In the place of roles: none is demanded."""

UNCLEAR = re.compile(
    rb"""//|/\.\.?(?:/|$)|[;\\]
    |%(?![0-9a-f]{2})|%25[0-9a-f]{2}    # no encoding, or one of an encoding
    |%(?:[01][0-9a-f]|7f|2f|3b|5c)      # control characters, separators
    |%(?:2[de]|3[0-9]|[46][1-9a-f]|[57][0-9a]|5f|7e)  # what needs none (RFC 3986, 2.3)
    """,
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)

PLAIN = "!#$&'*+-./=?@^_`{|}~"
"""What an e-mail address may have beside letters and digits (RFC 5322, `atext`), less `%`."""

ROLE = f"(?:{'|'.join(Role)})"


def header_text(value: object) -> str:
    """
    Return text that is safe in any header: UTF-8, percent-encoded (RFC 3986, section 2.1).

    Usernames and most addresses stay as they are; whoever decodes gets all of them back.
    """
    return quote(str(value), safe=PLAIN)


def _roles(value: object) -> frozenset[Role]:
    try:
        return frozenset(map(Role, str(value).split(",")))
    except ValueError:
        known = ", ".join(Role)
        raise PydanticCustomError(
            "role", "Not a role; those are: {known}", {"known": known}
        ) from None


Roles = Annotated[
    frozenset[Role],
    BeforeValidator(_roles, json_schema_input_type=str),
    Field(json_schema_extra={"pattern": f"^{ROLE}(?:,{ROLE})*$"}),
]
HeaderText = Annotated[str, PlainSerializer(header_text)]


class Demands(RequestQuery):
    # One more in the query can only ask for more: whatever a proxy lets a client append
    # to a query of ours opens no door.
    role: tuple[Roles, ...] = Field(
        (),
        description="The user has one of these, listed with commas; if the parameter is"
        " repeated, one of each list",
        examples=[["admin"]],
    )


class Caller(HeaderAnswer):
    """
    Whose token it is.

    None of these is ever missing: proxies leave what a client sent in its place.
    """

    user_id: int = Field(
        serialization_alias="X-Auth-User-Id", description="As sub has it", examples=[1]
    )
    username: HeaderText = Field(
        serialization_alias="X-Auth-Username",
        description="UTF-8, percent-encoded",
        examples=["johndoe"],
    )
    email: HeaderText = Field(
        serialization_alias="X-Auth-Email",
        description="UTF-8, percent-encoded; empty until the address is proved",
        examples=["user@example.com"],
    )
    role: Role = Field(
        serialization_alias="X-Auth-Role", description="As it is now", examples=["user"]
    )
    session_id: HeaderText = Field(
        serialization_alias="X-Auth-Session-Id",
        description="As sid has it",
        examples=["9f2c1b7ad0e84c35b6a1f3d2e4c5a697"],
    )

    @classmethod
    def of(cls, identity: Identity) -> "Caller":
        user = identity.user
        return cls(
            user_id=user.id,
            username=user.username,
            email=user.email if user.is_verified else "",
            role=user.role,
            session_id=identity.session.id,
        )


class Verify:
    """Takes any method for a GET: proxies ask with that of the request in question."""

    @Operation(
        "Tell a proxy in headers who is calling, whatever the method",
        id="verify",
        tag=Tag.SESSIONS,
        description="For proxies in front of other services. Values are UTF-8,"
        " percent-encoded, and none is ever missing.",
        allows=SIGNED_IN,
        query=Demands,
        answers=Caller,
        refuses=(errors.Forbidden,),
    )
    async def on_request(self, req: Request, query: Demands) -> Caller:
        demand_roles(req.context.identity, query.role)
        return Caller.of(req.context.identity)


class VerifyPath:
    """
    The same for a proxy that appends the path in question to ours, as Envoy does.

    So the demand stands before it, where no client can write. The query is the client's.
    """

    @Operation(
        "Tell Envoy in headers who is calling",
        allows=SIGNED_IN,
        answers=Caller,
        refuses=(errors.Forbidden,),
    )
    async def on_request(self, req: Request, roles: str, path: str) -> Caller:
        _demand_clarity(req.scope["raw_path"])
        demand_roles(req.context.identity, _demands(roles))
        return Caller.of(req.context.identity)


def _demands(roles: str) -> tuple[Collection[Role], ...]:
    if roles == ANY:
        return ()
    try:
        return Demands.model_validate({"role": [roles]}).role
    except ValidationError as error:
        raise InvalidBody(problems_of(error)) from None


def _demand_clarity(path: bytes) -> None:
    """Refuse what a proxy and a service may each take for another path."""
    if UNCLEAR.search(path) or not _is_utf8(unquote_to_bytes(path)):
        raise falcon.HTTPForbidden(
            description="The path is not clear: it has dot segments, empty segments, path"
            " parameters, backslashes, or encodings that are needless, double or broken"
        )


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
