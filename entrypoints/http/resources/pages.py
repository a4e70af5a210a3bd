"""The pages behind mailed links. Opening one changes nothing; only its form does."""

from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import parse_qs

import falcon
from falcon.asgi import Request, Response

from core import errors
from core.mailed_codes import joined
from core.ports import driving
from entrypoints.http.declaration import ANYBODY, Page
from entrypoints.http.rendering import show

VERIFIED = "Your email address is verified."
MOST_FIELDS = 10
"""In a form; ours have two."""


async def form_of(req: Request) -> dict[str, str]:
    """Return the fields of a form; raises HTTP 400, 408 and 413."""
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


def token_of(req: Request) -> str:
    """Return what the link carried, empty if nothing; with the address where it names one."""
    token: str = req.get_param("token", default="")
    email: str = req.get_param("email", default="")
    return joined(email, token) if email else token


def done(resp: Response, message: str) -> None:
    """Answer that what was wanted is so."""
    show(resp, "message.html", title="Done", message=message)


@dataclass(frozen=True, slots=True)
class VerifyEmailPage:
    verifications: driving.EmailVerification
    may_reject: bool
    """Whether there is a way to remove the account instead."""

    @Page("Ask whether to prove an e-mail address", allows=ANYBODY)
    async def on_get(self, req: Request, resp: Response) -> None:
        token = token_of(req)
        try:
            user = await self.verifications.owner(token)
        except errors.EmailAlreadyVerified:
            done(resp, VERIFIED)
            return
        may_reject = self.may_reject
        show(resp, "verify_email.html", token=token, user=user, may_reject=may_reject)

    @Page("Prove it", allows=ANYBODY)
    async def on_post(self, req: Request, resp: Response) -> None:
        token = (await form_of(req)).get("token", "")
        # A second press of the button: all is as was wanted.
        with suppress(errors.EmailAlreadyVerified):
            await self.verifications.verify(token, req.context.client)
        done(resp, VERIFIED)


@dataclass(frozen=True, slots=True)
class RejectAccountPage:
    verifications: driving.EmailVerification

    @Page("Ask whether to remove an account that somebody else made", allows=ANYBODY)
    async def on_get(self, req: Request, resp: Response) -> None:
        token = token_of(req)
        user = await self.verifications.owner(token)
        show(resp, "reject_account.html", token=token, user=user)

    @Page("Remove it", allows=ANYBODY)
    async def on_post(self, req: Request, resp: Response) -> None:
        token = (await form_of(req)).get("token", "")
        await self.verifications.reject(token, req.context.client)
        done(resp, "The account is removed. Nobody can log in to it any more.")
