"""The pages behind mailed links that change an address, and change it back."""

from dataclasses import dataclass

from falcon.asgi import Request, Response

from core.ports.own_account import EmailChange
from entrypoints.http.declaration import ANYBODY, CONFIRM_EMAIL, UNDO_EMAIL, Page
from entrypoints.http.rendering import show
from entrypoints.http.resources.pages import done, form_of, token_of

UNDONE = (
    "You have your address back, and everybody is logged out. Somebody else may know the"
    " password: please set a new one by the mail that we have just sent you."
)


@dataclass(frozen=True, slots=True)
class ChangeEmailPage:
    email_changes: EmailChange

    @Page("Ask whether to change the address", allows=ANYBODY)
    async def on_get(self, req: Request, resp: Response) -> None:
        token = token_of(req)
        user, email = await self.email_changes.owner(token, undo=False)
        show(resp, "change_email.html", token=token, user=user, email=email)

    @Page("Change it", allows=ANYBODY, limit=CONFIRM_EMAIL)
    async def on_post(self, req: Request, resp: Response) -> None:
        token = (await form_of(req)).get("token", "")
        user = await self.email_changes.confirm(token, req.context.client)
        done(resp, f"Your email address is {user.email} now. Please log in with it.")


@dataclass(frozen=True, slots=True)
class UndoEmailPage:
    email_changes: EmailChange

    @Page("Ask whether to change the address back", allows=ANYBODY)
    async def on_get(self, req: Request, resp: Response) -> None:
        token = token_of(req)
        user, email = await self.email_changes.owner(token, undo=True)
        show(resp, "undo_email.html", token=token, user=user, email=email)

    @Page("Change it back", allows=ANYBODY, limit=UNDO_EMAIL)
    async def on_post(self, req: Request, resp: Response) -> None:
        token = (await form_of(req)).get("token", "")
        await self.email_changes.undo(token, req.context.client)
        done(resp, UNDONE)
