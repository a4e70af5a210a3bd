"""The pages behind mailed links. Opening one changes nothing; only its form does."""

from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qs

import falcon
from falcon.asgi import Request, Response

from core import errors
from core.model import User
from core.passwords import SPECIAL
from core.ports import PasswordPolicy, driving
from entrypoints.fields import problems_of_new
from entrypoints.http.declaration import ANYBODY, CONFIRM_RESET, Page
from entrypoints.http.rendering import show

VERIFIED = "Your email address is verified."
MOST_FIELDS = 10
"""In a form; ours have two."""


async def _form(req: Request) -> dict[str, str]:
    content = await req.context.reader.content(req)
    try:
        fields = parse_qs(
            content.decode("ascii"), max_num_fields=MOST_FIELDS, errors="strict"
        )
    except UnicodeDecodeError:
        # Put right by guessing, a password would be another than was typed.
        raise falcon.HTTPBadRequest(
            description="The form must be UTF-8, percent-encoded"
        ) from None
    except ValueError:
        raise falcon.HTTPBadRequest(
            description=f"The form may have at most {MOST_FIELDS} fields"
        ) from None
    return {name: values[-1] for name, values in fields.items()}


def _token_of(req: Request) -> str:
    token: str = req.get_param("token", default="")
    return token


def _done(resp: Response, message: str) -> None:
    show(resp, "message.html", title="Done", message=message)


@dataclass(frozen=True, slots=True)
class VerifyEmailPage:
    verifications: driving.EmailVerification

    @Page("Ask whether to prove an e-mail address", allows=ANYBODY)
    async def on_get(self, req: Request, resp: Response) -> None:
        token = _token_of(req)
        try:
            user = await self.verifications.owner(token)
        except errors.EmailAlreadyVerified:
            _done(resp, VERIFIED)
            return
        show(resp, "verify_email.html", token=token, user=user)

    @Page("Prove it", allows=ANYBODY)
    async def on_post(self, req: Request, resp: Response) -> None:
        token = (await _form(req)).get("token", "")
        # A second press of the button: all is as was wanted.
        with suppress(errors.EmailAlreadyVerified):
            await self.verifications.verify(token, req.context.client)
        _done(resp, VERIFIED)


@dataclass(frozen=True, slots=True)
class RejectAccountPage:
    verifications: driving.EmailVerification

    @Page("Ask whether to remove an account that somebody else made", allows=ANYBODY)
    async def on_get(self, req: Request, resp: Response) -> None:
        token = _token_of(req)
        user = await self.verifications.owner(token)
        show(resp, "reject_account.html", token=token, user=user)

    @Page("Remove it", allows=ANYBODY)
    async def on_post(self, req: Request, resp: Response) -> None:
        token = (await _form(req)).get("token", "")
        await self.verifications.reject(token, req.context.client)
        _done(resp, "The account is removed. Nobody can log in to it any more.")


@dataclass(frozen=True, slots=True)
class ResetPasswordPage:
    password_resets: driving.PasswordReset
    policy: PasswordPolicy

    @Page("Ask for a new password", allows=ANYBODY)
    async def on_get(self, req: Request, resp: Response) -> None:
        token = _token_of(req)
        user = await self.password_resets.owner(token)
        self._ask(resp, token, user)

    @Page("Set it", allows=ANYBODY, limit=CONFIRM_RESET, hashes=True)
    async def on_post(self, req: Request, resp: Response) -> None:
        form = await _form(req)
        token, password = form.get("token", ""), form.get("new_password", "")
        if broken := problems_of_new(password, self.policy):
            user = await self.password_resets.owner(token)
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            self._ask(resp, token, user, status, broken)
            return
        await self.password_resets.reset(token, password, req.context.client)
        _done(resp, "Your password is changed. Please log in with the new one.")

    def _ask(
        self,
        resp: Response,
        token: str,
        user: User,
        status: HTTPStatus = HTTPStatus.OK,
        broken: tuple[str, ...] = (),
    ) -> None:
        rules = self.policy.problems("")
        show(
            resp,
            "reset_password.html",
            status,
            token=token,
            user=user,
            rules=rules,
            special=SPECIAL,
            problems=broken,
        )
