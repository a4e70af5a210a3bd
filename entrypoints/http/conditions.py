"""Conditional requests (RFC 9110, section 13): what a change was decided on."""

import re

from falcon.asgi import Request

from core.model import User

TAG = re.compile(r'"(0|[1-9][0-9]{0,18})"')
"""An entity tag of ours. A weak one never is: the comparison is the strong one."""


def etag_of(user: User) -> str:
    """Return the entity tag of a user: the same as long as nobody changes them."""
    return f'"{user.stamp}"'


def stamps_wanted(req: Request) -> frozenset[int] | None:
    """
    Return which stamps ``If-Match`` lets pass, None for any.

    What is no list of entity tags names none, and so does an empty one.
    """
    wanted = (req.get_header("If-Match") or "").strip()
    if wanted == "*":
        return None
    tags = (TAG.fullmatch(part.strip()) for part in wanted.split(","))
    return frozenset(int(tag[1]) for tag in tags if tag)
