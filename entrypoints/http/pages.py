"""The pages behind mailed links. Opening one changes nothing; only its form does."""

from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qs

import falcon
from falcon.asgi import Request, Response

from core.accounts import Accounts
from core.passwords import PasswordPolicy
from entrypoints.http.declaration import ANYBODY, CONFIRM_RESET, Page
from entrypoints.http.rendering import show

MOST_FIELDS = 10
"""In a form; ours have two."""


async def _form(req: Request) -> dict[str, str]:
    content = await req.context.reader.content(req)
    try:
        fields = parse_qs(
            content.decode("ascii", "replace"), max_num_fields=MOST_FIELDS
        )
    except ValueError:
        raise falcon.HTTPBadRequest(
            description=f"The form may have at most {MOST_FIELDS} fields"
        ) from None
    return {name: values[-1] for name, values in fields.items()}


@dataclass(frozen=True, slots=True)
class VerifyEmailPage:
    accounts: Accounts

    @Page("Ask whether to prove an e-mail address", allows=ANYBODY)
    async def on_get(self, req: Request, resp: Response) -> None:
        show(resp, "verify_email.html", token=req.get_param("token", default=""))

    @Page("Prove it", allows=ANYBODY)
    async def on_post(self, req: Request, resp: Response) -> None:
        token = (await _form(req)).get("token", "")
        await self.accounts.verify_email(token)
        done = "Your email address is verified. You can log in now."
        show(resp, "message.html", title="Done", message=done)


@dataclass(frozen=True, slots=True)
class ResetPasswordPage:
    accounts: Accounts
    policy: PasswordPolicy

    @Page("Ask for a new password", allows=ANYBODY)
    async def on_get(self, req: Request, resp: Response) -> None:
        self._ask(resp, req.get_param("token", default=""))

    @Page("Set it", allows=ANYBODY, limit=CONFIRM_RESET, hashes=True)
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
