"""Where the links of mails lead."""

from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

from core.model import Mail, MailKind


@dataclass(frozen=True, slots=True, kw_only=True)
class MailPages:
    """URLs of the pages that take a token, ours or an app's."""

    verify_email: str
    not_me: str
    """Where an account that somebody else made is removed."""
    reset_password: str
    invitation: str
    change_email: str
    undo_email: str

    def link(self, mail: Mail) -> str | None:
        """Return where the mail sends its reader; None if there is no token to spend."""
        pages = {
            MailKind.VERIFY_EMAIL: self.verify_email,
            MailKind.RESET_PASSWORD: self.reset_password,
            MailKind.INVITATION: self.invitation,
            MailKind.CHANGE_EMAIL: self.change_email,
            MailKind.EMAIL_LEFT: self.undo_email,
        }
        page = pages.get(mail.kind)
        return _with_token(page, mail.token) if page and mail.token else None

    def rejection(self, mail: Mail) -> str | None:
        """Return where its reader says that the account is somebody else's doing."""
        if mail.kind is not MailKind.VERIFY_EMAIL or not mail.token:
            return None
        return _with_token(self.not_me, mail.token)


def _with_token(page: str, token: str) -> str:
    parts = urlsplit(page)
    token_pair = f"token={quote(token, safe='')}"
    query = f"{parts.query}&{token_pair}" if parts.query else token_pair
    return urlunsplit(parts._replace(query=query))
