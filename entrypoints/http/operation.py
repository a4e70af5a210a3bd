"""A responder that reads its body, answers with a model, and says so in the OpenAPI."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qs

import falcon
from falcon.asgi import Request, Response
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from core import errors
from core.ports import PasswordPolicy
from core.ports.driving import NO_IDENTITY
from entrypoints.field_codes import field_code
from entrypoints.http.answers import FieldProblem, HeaderAnswer
from entrypoints.http.around.rate_limits import RateLimits
from entrypoints.http.bearer import identify
from entrypoints.http.cached import kept
from entrypoints.http.declaration import (
    ANYBODY,
    SIGNED_IN,
    Declaration,
    Responder,
    Tag,
)
from entrypoints.http.problems import InvalidBody
from entrypoints.http.requests import RequestQuery

NO_OBJECT = "Must be a JSON object"
"""Not pydantic's words: those have a name out of our code."""


@dataclass(frozen=True, slots=True)
class Headed:
    """An answer, and headers that go with it."""

    answer: BaseModel
    headers: Mapping[str, str]


Handler = Callable[..., Awaitable[BaseModel | Headed | None]]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Operation(Declaration):
    """
    A JSON endpoint, for people and for `/openapi.json`.

    As a decorator it turns ``handler(self, req[, query][, body], **params)``, which returns
    a model, into a responder; where it ``answers`` None, there is no content. ``refuses``
    names what the rest does not tell already.
    """

    id: str = ""
    """What generated clients call it: once published, it stays."""

    tag: Tag = Tag.SERVICE
    description: str = ""
    """What the summary does not tell, in CommonMark."""

    answers: type[BaseModel] | None
    status: HTTPStatus = HTTPStatus.OK
    query: type[RequestQuery] | None = None
    body: type[BaseModel] | None = None
    body_optional: bool = False
    tells: Sequence[str] = ()
    """Headers that go with a good answer."""

    conditional: bool = False
    """Whether ``If-Match`` counts (RFC 9110, section 13.1.1)."""

    cached: bool = False
    """Whether caches may keep the answer, for the resource's ``max_age`` seconds."""

    refuses: Sequence[type[errors.AuthError]] = ()
    takes_bearer: bool = False
    """Whether an access token counts though ``ANYBODY`` may call."""

    @property
    def refusals(self) -> tuple[type[errors.AuthError], ...]:
        """Every refusal of the core's."""
        found = list(self.refuses)
        if self.allows is not None:
            found += NO_IDENTITY
        if self.allows not in {ANYBODY, SIGNED_IN}:
            found.append(errors.Forbidden)
        if self.limit is not None or self.limit_by_user is not None:
            found.append(errors.TooManyAttempts)
        if self.conditional:
            found += (errors.UserChanged, errors.ConditionRequired)
        if self.hashes:
            found.append(errors.Overloaded)
        if self.needs_storage:
            found.append(errors.Unavailable)
        return tuple(dict.fromkeys(found))

    def __call__(self, handler: Handler) -> Responder:
        async def responder(
            resource: object, req: Request, resp: Response, **params: object
        ) -> None:
            sent = await self._sent(req, resp)
            answer = await handler(resource, req, *sent, **params)
            resp.status = self.status
            if isinstance(answer, Headed):
                resp.set_headers(dict(answer.headers))
                answer = answer.answer
            if isinstance(answer, HeaderAnswer):
                resp.set_headers(answer.model_dump(mode="json", by_alias=True))
                resp.content_type = falcon.MEDIA_TEXT
            elif answer is not None:
                resp.content_type = falcon.MEDIA_JSON
                resp.text = answer.model_dump_json()

        return Declaration.__call__(self, kept(responder) if self.cached else responder)

    async def _sent(self, req: Request, resp: Response) -> list[BaseModel]:
        """Return what came, and who is calling in ``req.context.identity``."""
        sent: list[BaseModel] = []
        if self.query is not None:
            sent.append(query_of(req, self.query))
        if self.allows is not None:
            req.context.identity = await identify(req, self.allows)
            limits: RateLimits | None = req.context.limits
            if limits is not None and self.limit_by_user is not None:
                user = req.context.identity.user
                await limits.count(resp, self.limit_by_user, str(user.id))
        if self.body is not None:
            reader: BodyReader = req.context.reader
            sent.append(await reader.read(req, self.body, optional=self.body_optional))
        return sent


def query_of(req: Request, model: type[RequestQuery]) -> RequestQuery:
    """Return the query; raises InvalidBody."""
    given = parse_qs(req.query_string, keep_blank_values=True)
    problems = []
    if given.keys() - model.model_fields.keys():
        known = ", ".join(model.model_fields)
        message = f"Unknown parameter in the query; those are: {known}"
        problems.append(FieldProblem(field="", message=message, code="unknown"))
    try:
        query = model.model_validate(given)
    except ValidationError as error:
        raise InvalidBody(problems + problems_of(error)) from None
    if problems:
        raise InvalidBody(problems)
    return query


@dataclass(frozen=True, slots=True)
class BodyReader:
    """Reads and validates JSON bodies."""

    policy: PasswordPolicy
    max_bytes: int

    async def read(
        self, req: Request, model: type[BaseModel], *, optional: bool = False
    ) -> BaseModel:
        """Return the body; raises InvalidBody, and HTTP 400, 408, 413, 415."""
        content = await self.content(req)
        if optional and not content:
            content = b"{}"
        else:
            demand_json(req)
        return self.validated(content, model)

    async def content(self, req: Request) -> bytes:
        """Return the raw body."""
        if (req.content_length or 0) > self.max_bytes:
            raise self._too_large
        content: bytes = await req.stream.read(self.max_bytes + 1)
        if len(content) > self.max_bytes:
            raise self._too_large
        if len(content) < (req.content_length or 0):
            # The client is gone: what half a form says is not what it meant.
            raise falcon.HTTPBadRequest(description="The body is not complete")
        return content

    @property
    def _too_large(self) -> falcon.HTTPError:
        return falcon.HTTPContentTooLarge(
            description=f"The body may have at most {self.max_bytes} bytes"
        )

    def validated(self, content: bytes, model: type[BaseModel]) -> BaseModel:
        """Return the JSON text (RFC 8259) as a model; raises InvalidBody and HTTP 400."""
        try:
            sent = from_json(content, allow_inf_nan=False)
        except ValueError:
            raise falcon.HTTPBadRequest(
                description="The body is not valid JSON"
            ) from None
        try:
            return model.model_validate(sent, context={"policy": self.policy})
        except ValidationError as error:
            raise InvalidBody(problems_of(error)) from None


def media_type(req: Request) -> str:
    """Return what the request says its body is, without parameters; empty if nothing."""
    media, _, _ = (req.content_type or "").partition(";")
    return media.strip().lower()


def demand_json(req: Request) -> None:
    """Raise HTTP 415 unless the request says that it carries JSON."""
    media = media_type(req)
    if media == "application/json" or (
        media.startswith("application/") and media.endswith("+json")
    ):
        return
    raise falcon.HTTPUnsupportedMediaType(
        description="Send the body as Content-Type: application/json"
    )


def problems_of(error: ValidationError) -> list[FieldProblem]:
    """Return what is wrong with each field; what was sent is not repeated."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [
        FieldProblem(
            field=".".join(str(step) for step in problem["loc"]),
            message=NO_OBJECT if problem["type"] == "model_type" else problem["msg"],
            code=field_code(problem["type"]),
        )
        for problem in found
    ]
