"""Takes users over from the service itself, as they log in: the pool's trigger for migration."""

import json
import os
import urllib.error
import urllib.request
from typing import Any

URL = os.environ["AUTH_URL"].rstrip("/")
SECONDS = 2
"""For each of two questions; the pool waits for five."""


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer who logs in with a password that the service takes; raise for all others."""
    if event["triggerSource"] != "UserMigration_Authentication":
        raise ValueError(
            "log in once with the old password, or ask the service to reset it"
        )
    credentials = {"email": event["userName"], "password": event["request"]["password"]}
    grant = ask("/auth/login", credentials)
    user = ask("/auth/me", token=grant["access_token"])
    ask("/auth/logout", {"refresh_token": grant["refresh_token"]})
    number = str(user["id"])
    event["response"]["userAttributes"] = {
        "email": user["email"].lower(),
        "email_verified": str(user["is_verified"]).lower(),
        "custom:scribes_id": number,
        "family_name": number,
        "preferred_username": user["username"],
        "given_name": user["username"].lower(),
        **({"name": user["full_name"]} if user["full_name"] else {}),
    }
    event["response"]["finalUserStatus"] = "CONFIRMED"
    event["response"]["messageAction"] = "SUPPRESS"
    return event


def ask(
    path: str, body: dict[str, str] | None = None, token: str | None = None
) -> dict[str, Any]:
    """Return the service's answer; raises an error that quotes nothing of what was asked."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(URL + path, data, headers)  # noqa: S310 - AUTH_URL's
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            said: dict[str, Any] = json.load(answer)
            return said
    except urllib.error.HTTPError as refusal:
        refusal.close()
        raise ValueError(f"{path}: {refusal.code}") from None
    except OSError:
        raise RuntimeError(f"{path}: the service did not answer") from None
