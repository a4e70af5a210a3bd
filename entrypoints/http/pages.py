"""The pages behind mailed links. Opening one changes nothing; only its form does."""

import base64
import hashlib
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qs

import falcon
from falcon.asgi import Request, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from core import errors
from core.accounts import Accounts
from core.passwords import PasswordPolicy
from entrypoints.http import problems
from entrypoints.http.problems import announce

TEMPLATES = Environment(
    loader=PackageLoader(__package__ or "", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
PATHS = ("/verify-email", "/reset-password")
STYLE = TEMPLATES.get_template("style.css").render()
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'"
)


def show(
    resp: Response,
    template: str,
    status: HTTPStatus = HTTPStatus.OK,
    **values: object,
) -> None:
    """Answer with a page that may use its own style and nothing else."""
    resp.status = status
    resp.content_type = falcon.MEDIA_HTML
    resp.set_header("Content-Security-Policy", POLICY)
    resp.text = TEMPLATES.get_template(template).render(style=STYLE, **values)


async def _form(req: Request) -> dict[str, str]:
    content = await req.context.reader.content(req)
    fields = parse_qs(content.decode("ascii", "replace"), max_num_fields=10)
    return {name: values[-1] for name, values in fields.items()}


async def refuse(
    req: Request, resp: Response, error: errors.AuthError, params: object
) -> None:
    """Answer an error of the core: with a page where people are, else as a problem."""
    if req.path not in PATHS:
        await problems.refuse(req, resp, error, params)
        return
    message = f"{error}."
    if isinstance(error, errors.InvalidMailToken):
        message += " Please ask for a new email."
    show(resp, "message.html", announce(resp, error), title="Sorry", message=message)


@dataclass(frozen=True, slots=True)
class VerifyEmailPage:
    accounts: Accounts

    async def on_get(self, req: Request, resp: Response) -> None:
        show(resp, "verify_email.html", token=req.get_param("token", default=""))

    async def on_post(self, req: Request, resp: Response) -> None:
        token = (await _form(req)).get("token", "")
        await self.accounts.verify_email(token)
        done = "Your email address is verified. You can log in now."
        show(resp, "message.html", title="Done", message=done)


@dataclass(frozen=True, slots=True)
class ResetPasswordPage:
    accounts: Accounts
    policy: PasswordPolicy

    async def on_get(self, req: Request, resp: Response) -> None:
        self._ask(resp, req.get_param("token", default=""))

    async def on_post(self, req: Request, resp: Response) -> None:
        form = await _form(req)
        token, password = form.get("token", ""), form.get("new_password", "")
        if broken := self.policy.problems(password):
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            self._ask(resp, token, status, broken)
            return
        await self.accounts.reset_password(token, password, req.context.client)
        done = "Your password is changed. Please log in with the new one."
        show(resp, "message.html", title="Done", message=done)

    def _ask(
        self,
        resp: Response,
        token: str,
        status: HTTPStatus = HTTPStatus.OK,
        broken: tuple[str, ...] = (),
    ) -> None:
        rules = self.policy.problems("")
        show(
            resp,
            "reset_password.html",
            status,
            token=token,
            rules=rules,
            problems=broken,
        )
