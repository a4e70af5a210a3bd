"""A responder that reads its body, answers with a model, and says so in the OpenAPI."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qs

import falcon
from falcon.asgi import Request, Response
from pydantic import BaseModel, ValidationError

from core import errors
from core.passwords import PasswordPolicy
from entrypoints.http.bodies import FieldProblem, HeaderAnswer, RequestQuery
from entrypoints.http.problems import InvalidBody

Responder = Callable[..., Awaitable[None]]
Handler = Callable[..., Awaitable[BaseModel]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What an endpoint does, for people and for `/openapi.json`."""

    summary: str
    answers: type[BaseModel]
    status: HTTPStatus
    query: type[RequestQuery] | None
    body: type[BaseModel] | None
    body_optional: bool
    refuses: Sequence[type[errors.AuthError]]
    bearer: bool


def operation(  # noqa: PLR0913 - each is a fact of the endpoint
    summary: str,
    *,
    answers: type[BaseModel],
    status: HTTPStatus = HTTPStatus.OK,
    query: type[RequestQuery] | None = None,
    body: type[BaseModel] | None = None,
    body_optional: bool = False,
    refuses: Sequence[type[errors.AuthError]] = (),
    bearer: bool = False,
) -> Callable[[Handler], Responder]:
    """Turn ``handler(self, req[, query][, body])``, which returns a model, into a responder."""
    facts = Operation(
        summary=summary,
        answers=answers,
        status=status,
        query=query,
        body=body,
        body_optional=body_optional,
        refuses=refuses,
        bearer=bearer,
    )

    def decorate(handler: Handler) -> Responder:
        async def responder(self: object, req: Request, resp: Response) -> None:
            sent: list[BaseModel] = []
            if query is not None:
                sent.append(query_of(req, query))
            if body is not None:
                sent.append(
                    await req.context.reader.read(req, body, optional=body_optional)
                )
            answer = await handler(self, req, *sent)
            resp.status = status
            if isinstance(answer, HeaderAnswer):
                resp.set_headers(answer.model_dump(mode="json", by_alias=True))
                resp.content_type = falcon.MEDIA_TEXT
                return
            resp.content_type = falcon.MEDIA_JSON
            resp.text = answer.model_dump_json()

        responder.operation = facts  # type: ignore[attr-defined]
        return responder

    return decorate


def operations_of(resource: object) -> dict[str, Operation]:
    """Return the operations of a resource by HTTP method, in lower case."""
    methods = ("get", "post")
    found = {
        m: getattr(getattr(resource, f"on_{m}", None), "operation", None)
        for m in methods
    }
    return {method: facts for method, facts in found.items() if facts is not None}


def query_of(req: Request, model: type[RequestQuery]) -> RequestQuery:
    """Return the query; raises InvalidBody."""
    given = parse_qs(req.query_string, keep_blank_values=True)
    if given.keys() - model.model_fields.keys():
        known = ", ".join(model.model_fields)
        message = f"Unknown parameter in the query; those are: {known}"
        raise InvalidBody([FieldProblem(field="", message=message, code="unknown")])
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise InvalidBody(_problems(error)) from None


@dataclass(frozen=True, slots=True)
class BodyReader:
    """Reads and validates JSON bodies; ``timeout`` is in seconds for the whole body."""

    policy: PasswordPolicy
    max_bytes: int
    timeout: float

    async def read(
        self, req: Request, model: type[BaseModel], *, optional: bool = False
    ) -> BaseModel:
        """Return the body; raises InvalidBody, and HTTP 400, 408, 413, 415."""
        content = await self.content(req)
        if optional and not content:
            content = b"{}"
        elif not _is_json(req.content_type):
            raise falcon.HTTPUnsupportedMediaType(
                description="Send the body as Content-Type: application/json"
            )
        return self.validated(content, model)

    async def content(self, req: Request) -> bytes:
        """Return the raw body."""
        too_large = falcon.HTTPContentTooLarge(
            description=f"The body may have at most {self.max_bytes} bytes"
        )
        if (req.content_length or 0) > self.max_bytes:
            raise too_large
        try:
            async with asyncio.timeout(self.timeout):
                content: bytes = await req.stream.read(self.max_bytes + 1)
        except TimeoutError:
            raise falcon.HTTPError(
                falcon.HTTP_408,
                description=f"The body did not arrive within {self.timeout:g} seconds",
                headers={"Connection": "close"},
            ) from None
        if len(content) > self.max_bytes:
            raise too_large
        if len(content) < (req.content_length or 0):
            # The client is gone: what half a form says is not what it meant.
            raise falcon.HTTPBadRequest(description="The body is not complete")
        return content

    def validated(self, content: bytes, model: type[BaseModel]) -> BaseModel:
        """Return the JSON text as a model; raises InvalidBody and HTTP 400."""
        try:
            return model.model_validate_json(content, context={"policy": self.policy})
        except ValidationError as error:
            found = _problems(error)
        if found[0].code == "json_invalid":
            raise falcon.HTTPBadRequest(description="The body is not valid JSON")
        raise InvalidBody(found)


def _problems(error: ValidationError) -> list[FieldProblem]:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [
        FieldProblem(
            field=".".join(str(step) for step in problem["loc"]),
            message=problem["msg"],
            code=problem["type"],
        )
        for problem in found
    ]


def _is_json(content_type: str | None) -> bool:
    media, _, _ = (content_type or "").partition(";")
    media = media.strip().lower()
    return media == "application/json" or (
        media.startswith("application/") and media.endswith("+json")
    )
