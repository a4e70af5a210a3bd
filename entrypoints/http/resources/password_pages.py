"""The pages behind mailed links that set a password."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeAlias

from falcon.asgi import Request, Response

from core.model import Client, User
from core.passwords import SPECIAL
from core.ports import PasswordPolicy, driving
from core.ports.own_account import Invitations
from entrypoints.fields import problems_of_new
from entrypoints.http.declaration import (
    ACCEPT_INVITATION,
    ANYBODY,
    CONFIRM_RESET,
    Page,
)
from entrypoints.http.rendering import show
from entrypoints.http.resources.pages import done, form_of, token_of

Owner: TypeAlias = Callable[[str], Awaitable[User]]
Spend: TypeAlias = Callable[[str, str, Client], Awaitable[User]]


@dataclass(frozen=True, slots=True)
class PasswordForm:
    """Asks for a new password until it keeps the rules."""

    policy: PasswordPolicy
    template: str

    def ask(
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
            self.template,
            status,
            token=token,
            user=user,
            rules=rules,
            special=SPECIAL,
            problems=broken,
        )

    async def takes(
        self, req: Request, resp: Response, owner: Owner, spend: Spend
    ) -> bool:
        """Tell whether the password was set; else the answer asks for another."""
        form = await form_of(req)
        token, password = form.get("token", ""), form.get("new_password", "")
        if broken := problems_of_new(password, self.policy):
            user = await owner(token)
            self.ask(resp, token, user, HTTPStatus.UNPROCESSABLE_ENTITY, broken)
            return False
        await spend(token, password, req.context.client)
        return True


class ResetPasswordPage:
    def __init__(self, resets: driving.PasswordReset, policy: PasswordPolicy) -> None:
        self._resets = resets
        self._form = PasswordForm(policy, "reset_password.html")

    @Page("Ask for a new password", allows=ANYBODY)
    async def on_get(self, req: Request, resp: Response) -> None:
        token = token_of(req)
        self._form.ask(resp, token, await self._resets.owner(token))

    @Page("Set it", allows=ANYBODY, limit=CONFIRM_RESET, hashes=True)
    async def on_post(self, req: Request, resp: Response) -> None:
        resets = self._resets
        if await self._form.takes(req, resp, resets.owner, resets.reset):
            done(resp, "Your password is changed. Please log in with the new one.")


class InvitationPage:
    def __init__(self, invitations: Invitations, policy: PasswordPolicy) -> None:
        self._invitations = invitations
        self._form = PasswordForm(policy, "invitation.html")

    @Page("Ask for the first password", allows=ANYBODY)
    async def on_get(self, req: Request, resp: Response) -> None:
        token = token_of(req)
        self._form.ask(resp, token, await self._invitations.owner(token))

    @Page("Set it", allows=ANYBODY, limit=ACCEPT_INVITATION, hashes=True)
    async def on_post(self, req: Request, resp: Response) -> None:
        invitations = self._invitations
        if await self._form.takes(req, resp, invitations.owner, invitations.accept):
            done(resp, "Your password is set. You can log in with it now.")
