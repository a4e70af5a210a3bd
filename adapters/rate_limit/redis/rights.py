"""What a user of the server must be allowed, and how to allow it."""

import re
from collections.abc import Iterable
from pathlib import Path

from redis.exceptions import NoPermissionError, RedisError

from adapters.rate_limit.redis.url import RedisUrl

SCRIPTS = Path(__file__).with_name("scripts")
CALLED = re.compile(r"redis\.call\('([A-Z]+)'")
DENIED = re.compile("acl failure|user executing the script", re.IGNORECASE)
"""How the servers say it of what a script does."""


def commands(scripts: Iterable[Path]) -> set[str]:
    """Return the commands that scripts call, in lower case."""
    texts = (script.read_text(encoding="ascii") for script in scripts)
    return {name.lower() for text in texts for name in CALLED.findall(text)}


COMMANDS = {"eval", "evalsha", "set", *commands(SCRIPTS.glob("*.lua"))}


def told(error: Exception, url: RedisUrl) -> Exception:
    """Return the error, and what to grant if that is what is missing."""
    if not isinstance(error, NoPermissionError) and not DENIED.search(str(error)):
        return error
    return RedisError(f"redis: {error}; grant it: {grant(url)}")


def grant(url: RedisUrl) -> str:
    """Return the command that gives our user all rights that are needed."""
    needed = COMMANDS | ({"select"} if url.database else set())
    rights = " ".join(f"+{command}" for command in sorted(needed))
    user = url.user or "default"
    return f"ACL SETUSER {user} ~{{{url.prefix}}}:* {rights}"
