"""Whose access token it is, as the pool has it now, or had it a moment ago."""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from adapters.identity.cognito.access_tokens import AccessToken
from adapters.identity.cognito.directory import Directory
from core import errors
from core.model import User

MOST = 10_000
"""Tokens that are remembered; beyond that, who came longest ago is forgotten."""


@dataclass(frozen=True, slots=True)
class _Seen:
    user: User
    sub: str
    session_id: str
    until: float


@dataclass(slots=True)
class Looks:
    """
    Asks the pool whether a token still counts, and who is behind it.

    The answer holds for ``seconds``: so long does another process take a token that was
    revoked, or know a role that was changed. Zero asks at every request.
    """

    directory: Directory
    seconds: float
    _seen: OrderedDict[bytes, _Seen] = field(
        default_factory=OrderedDict, init=False, repr=False
    )
    _forgotten: int = field(default=0, init=False)
    """How often something was."""

    async def user_of(self, token: AccessToken) -> User:
        """Return the user; raises SessionEnded."""
        digest = hashlib.sha256(token.text.encode()).digest()
        seen = self._seen.get(digest)
        if seen is not None and time.monotonic() < seen.until:
            return seen.user
        forgotten = self._forgotten
        user = await self._ask(token)
        if forgotten != self._forgotten:
            return user  # of a look that began before something changed nothing is kept
        until = time.monotonic() + self.seconds
        self._seen[digest] = _Seen(user, token.sub, token.session_id, until)
        self._seen.move_to_end(digest)
        if len(self._seen) > MOST:
            self._seen.popitem(last=False)
        return user

    def forget_user(self, sub: str) -> None:
        """Ask anew about all tokens of a user."""
        self._forget(lambda seen: seen.sub == sub)

    def forget_session(self, session_id: str) -> None:
        """Ask anew about all tokens of a log-in."""
        self._forget(lambda seen: seen.session_id == session_id)

    def _forget(self, is_meant: Callable[[_Seen], bool]) -> None:
        self._forgotten += 1
        meant = [digest for digest, seen in self._seen.items() if is_meant(seen)]
        for digest in meant:
            del self._seen[digest]

    async def _ask(self, token: AccessToken) -> User:
        ask = self.directory.pool.ask
        try:
            # Only the first knows of a token that was revoked, only the second of roles.
            _, user = await asyncio.gather(
                ask("get_user", AccessToken=token.text), self.directory.read(token.sub)
            )
        except (
            errors.InvalidCredentials,
            errors.AccountInactive,
            errors.EmailNotVerified,
            errors.MoreThanPassword,
            errors.UserNotFound,
            errors.NotApplicable,
        ):
            raise errors.SessionEnded from None
        if not user.is_active:
            raise errors.SessionEnded
        return user
