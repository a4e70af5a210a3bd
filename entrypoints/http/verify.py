"""`/auth/verify`: a proxy asks, for each request to another service, whose it is."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from falcon.asgi import Request, Response
from pydantic import BeforeValidator, Field, PlainSerializer
from pydantic_core import PydanticCustomError

from core import errors
from core.model import Identity, Role
from core.sessions import Sessions
from entrypoints.http.bearer import BEARER_REFUSALS, demand_roles, identify
from entrypoints.http.bodies import HeaderAnswer, RequestQuery
from entrypoints.http.operation import operation

PATH = "/auth/verify"

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
    )


class Caller(HeaderAnswer):
    """
    Whose token it is.

    None of these is ever missing: proxies leave what a client sent in its place.
    """

    user_id: int = Field(serialization_alias="X-Auth-User-Id")
    username: HeaderText = Field(
        serialization_alias="X-Auth-Username", description="UTF-8, percent-encoded"
    )
    email: HeaderText = Field(
        serialization_alias="X-Auth-Email",
        description="UTF-8, percent-encoded; empty until the address is proved",
    )
    role: Role = Field(serialization_alias="X-Auth-Role")
    session_id: HeaderText = Field(serialization_alias="X-Auth-Session-Id")

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


@dataclass(frozen=True, slots=True)
class Verify:
    sessions: Sessions

    @operation(
        "Tell a proxy in headers who is calling, whatever the method",
        query=Demands,
        answers=Caller,
        refuses=(*BEARER_REFUSALS, errors.Forbidden),
        bearer=True,
    )
    async def on_get(self, req: Request, query: Demands) -> Caller:
        identity = await identify(req, self.sessions)
        demand_roles(identity, query.role)
        return Caller.of(identity)


@dataclass(frozen=True, slots=True)
class Subrequests:
    """
    Takes any method, and any path behind ours, for a GET of `/auth/verify`.

    Envoy asks with those of the request in question. Its query comes along with its
    path, and is none of ours.
    """

    async def process_request(self, req: Request, resp: Response) -> None:
        if req.path == PATH:
            req.method = "GET"
        elif req.path.startswith(f"{PATH}/"):
            req.method, req.path, req.query_string = "GET", PATH, ""
