"""Writes what the pool mails: a link to the service's own pages, with address and code."""

import html
import os
from typing import Any
from urllib.parse import quote

URL = os.environ["AUTH_URL"].rstrip("/")
PAGES = {
    "CustomMessage_SignUp": ("verify-email", "Confirm your email address"),
    "CustomMessage_ResendCode": ("verify-email", "Confirm your email address"),
    "CustomMessage_ForgotPassword": ("reset-password", "Reset your password"),
    "CustomMessage_AdminCreateUser": ("invitation", "You are invited"),
}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer with a mail for what the service has a page for; leave others as they are."""
    page, subject = PAGES.get(event["triggerSource"], (None, ""))
    if page is None:
        return event
    request = event["request"]
    email = quote(request["userAttributes"]["email"], safe="")
    # The pool puts the code in the place of its parameter after this function has answered.
    link = f"{URL}/{page}?email={email}&token={request['codeParameter']}"
    invited = request.get("usernameParameter")
    event["response"]["emailSubject"] = subject
    event["response"]["emailMessage"] = (
        f'<p>{subject}:</p><p><a href="{html.escape(link)}">{html.escape(link)}</a></p>'
        + (f"<p>For {invited}.</p>" if invited else "")
    )
    return event
