"""Every refusal as `application/problem+json` (RFC 9457), from one table."""

import logging
from collections.abc import Sequence
from http import HTTPStatus

import falcon
from falcon.asgi import Request, Response

from core import errors
from entrypoints.http.answers import FieldProblem, Problem
from entrypoints.http.around.rate_limits import tell
from entrypoints.http.codes import door_code
from entrypoints.http.declaration import Page
from entrypoints.http.rendering import show

log = logging.getLogger(__name__)

STATUS: dict[type[errors.AuthError], HTTPStatus] = {
    errors.EmailTaken: HTTPStatus.BAD_REQUEST,
    errors.UsernameTaken: HTTPStatus.BAD_REQUEST,
    errors.InvalidCredentials: HTTPStatus.UNAUTHORIZED,
    errors.AccountInactive: HTTPStatus.FORBIDDEN,
    errors.EmailNotVerified: HTTPStatus.FORBIDDEN,
    errors.NotAuthenticated: HTTPStatus.UNAUTHORIZED,
    errors.InvalidToken: HTTPStatus.UNAUTHORIZED,
    errors.ExpiredToken: HTTPStatus.UNAUTHORIZED,
    errors.SessionEnded: HTTPStatus.UNAUTHORIZED,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.UserNotFound: HTTPStatus.NOT_FOUND,
    errors.SessionNotFound: HTTPStatus.NOT_FOUND,
    errors.UserChanged: HTTPStatus.PRECONDITION_FAILED,
    errors.ConditionRequired: HTTPStatus.PRECONDITION_REQUIRED,
    errors.OwnAccount: HTTPStatus.CONFLICT,
    errors.LastAdmin: HTTPStatus.CONFLICT,
    errors.NotApplicable: HTTPStatus.CONFLICT,
    errors.InvalidCursor: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InvalidRefreshToken: HTTPStatus.UNAUTHORIZED,
    errors.InvalidMailToken: HTTPStatus.BAD_REQUEST,
    errors.EmailAlreadyVerified: HTTPStatus.BAD_REQUEST,
    errors.WrongCurrentPassword: HTTPStatus.BAD_REQUEST,
    errors.PasswordRejected: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.TooManyAttempts: HTTPStatus.TOO_MANY_REQUESTS,
    errors.NotWithCognito: HTTPStatus.NOT_IMPLEMENTED,
    errors.MoreThanPassword: HTTPStatus.FORBIDDEN,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.Overloaded: HTTPStatus.SERVICE_UNAVAILABLE,
}

QUOTA_EXCEEDED = "https://iana.org/assignments/http-problem-types#quota-exceeded"
"""draft-ietf-httpapi-ratelimit-headers-11, section 5.1."""

BROKEN_RULES = door_code(HTTPStatus.UNPROCESSABLE_ENTITY)
BAD_TOKENS = (errors.InvalidToken, errors.ExpiredToken, errors.SessionEnded)
"""A token came, and was no good: RFC 6750 wants an error code in the challenge."""

IN_OTHER_WORDS = {
    errors.InvalidMailToken.code: "This link is no longer good: it was used already, has"
    " expired, or a newer email has replaced it. If you have just used it, all is done;"
    " else please ask for a new one, where you log in or whoever invited you.",
    errors.EmailAlreadyVerified.code: "The address is verified already, so the account"
    " stays. If you did not verify it, reset its password where you log in.",
}
"""What a page says instead of the problem's detail, by its code."""


class InvalidBody(Exception):
    """Fields break their rules; ``problems`` names every one of them."""

    def __init__(
        self, problems: Sequence[FieldProblem], code: str = BROKEN_RULES
    ) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = list(problems)
        self.code = code


def answer_problem(req: Request, resp: Response, problem: Problem) -> None:
    """Make the response this problem; where people are, a page that tells of it."""
    if isinstance(req.context.declaration, Page):
        message = IN_OTHER_WORDS.get(problem.code) or f"{problem.detail}."
        status = HTTPStatus(problem.status)
        show(resp, "message.html", status, title="Sorry", message=message)
        return
    if not problem.request_id:
        named = {"request_id": req.context.request_id}
        problem = problem.model_copy(update=named)
    resp.status = problem.status
    resp.content_type = "application/problem+json"
    resp.text = problem.model_dump_json(exclude_none=True, by_alias=True)


def _problem(status: int, detail: str, code: str) -> Problem:
    title = HTTPStatus(status).phrase
    return Problem(title=title, status=status, detail=detail, code=code)


def challenge(error: errors.AuthError) -> str:
    """Return the `WWW-Authenticate` of a 401 or Forbidden (RFC 6750, section 3)."""
    if isinstance(error, errors.Forbidden):
        return 'Bearer error="insufficient_scope"'
    if isinstance(error, BAD_TOKENS):
        return f'Bearer error="invalid_token", error_description="{error}"'
    return "Bearer"


async def refuse(
    req: Request, resp: Response, error: errors.AuthError, _params: object
) -> None:
    """Answer an error of the core."""
    if field := _field_of(error):
        await refuse_body(req, resp, InvalidBody([field], error.code), _params)
        return
    problem = _problem(_announce(resp, error), str(error), error.code)
    if isinstance(error, errors.TooManyAttempts) and error.quotas:
        update = {"type": QUOTA_EXCEEDED, "violated_policies": error.limits}
        problem = problem.model_copy(update=update)
    answer_problem(req, resp, problem)


def _field_of(error: errors.AuthError) -> FieldProblem | None:
    """Return which field the core found wrong, if it was one."""
    if isinstance(error, errors.PasswordRejected):
        # The door checks bodies first; here a policy changed under our feet.
        return FieldProblem(field="", message=str(error), code="password")
    if isinstance(error, errors.InvalidCursor):
        return FieldProblem(field="cursor", message=str(error), code="invalid")
    return None


def _announce(resp: Response, error: errors.AuthError) -> HTTPStatus:
    """Set what headers an error needs, and return its status."""
    status = STATUS[type(error)]
    if isinstance(error, errors.Unavailable) and type(error) is not errors.Overloaded:
        log.warning("Unavailable", extra={"reason": error.reason})
    if status is HTTPStatus.UNAUTHORIZED or isinstance(error, errors.Forbidden):
        resp.set_header("WWW-Authenticate", challenge(error))
    if isinstance(error, errors.TooManyAttempts | errors.Unavailable):
        # A limit that is not the reason would tell another time to come back.
        resp.delete_header("RateLimit")
        resp.set_header("Retry-After", str(error.retry_after))
    if isinstance(error, errors.TooManyAttempts) and error.quotas:
        tell(resp, error.quotas)
    return status


async def refuse_body(
    req: Request, resp: Response, error: InvalidBody, _params: object
) -> None:
    """Answer a body that breaks rules."""
    named = (
        f"{p.field}: {p.message}" if p.field else p.message for p in error.problems
    )
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    problem = _problem(status, "; ".join(named), error.code)
    answer_problem(req, resp, problem.model_copy(update={"errors": error.problems}))


async def refuse_http(
    req: Request, resp: Response, error: falcon.HTTPError, _params: object
) -> None:
    """Answer an error of Falcon's, or of ours at the door."""
    status = HTTPStatus(error.status_code)
    if error.headers:
        resp.set_headers(error.headers)
    detail = error.description or status.phrase
    answer_problem(req, resp, _problem(status, detail, door_code(status)))


async def refuse_bug(
    req: Request, resp: Response, error: Exception, _params: object
) -> None:
    """Answer what nobody foresaw; the log has the rest."""
    log.error("Unhandled error", exc_info=error)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    detail = "Internal server error"
    answer_problem(req, resp, _problem(status, detail, door_code(status)))
