"""Access tokens of the pool, checked without asking it (RFC 7515, 7517 and 7519)."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import jwt
from jwt import PyJWK, PyJWKClient

from adapters.identity.cognito.pool import Pool
from core import errors
from core.ports import Clock

ALGORITHM = "RS256"
OF_ACCESS = "access"
DEMANDED = ["exp", "iat", "sub", "iss", "token_use", "client_id"]

RULES: Any = {
    "require": DEMANDED,
    "verify_aud": False,
    # By our clock, and to the second: below.
    "verify_exp": False,
    "verify_iat": False,
}

PAUSE = 2.0
"""Seconds from one look for a key that is not known to the next."""

LONGEST = 8 * 1024


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a token says, of which all is proved."""

    text: str = field(repr=False)
    sub: str
    session_id: str
    began_at: datetime
    expires_at: datetime


@dataclass(slots=True)
class AccessTokens:
    """Reads tokens by the pool's keys, which are kept, and read anew for a key not known."""

    pool: Pool
    clock: Clock
    _keys: dict[str, PyJWK] = field(default_factory=dict, init=False, repr=False)
    _next_look: float = field(default=0.0, init=False)
    _look: asyncio.Task[None] | None = field(default=None, init=False)

    async def read(self, text: str) -> AccessToken:
        """Return what a token says; raises InvalidToken, ExpiredToken."""
        key = await self._key(_kid(text))
        try:
            claims = jwt.decode(
                text,
                key,
                algorithms=[ALGORITHM],
                issuer=self.pool.issuer,
                options=RULES,
            )
        except (jwt.PyJWTError, ValueError):
            raise errors.InvalidToken from None
        return self._told(text, claims)

    def _told(self, text: str, claims: dict[str, Any]) -> AccessToken:
        is_ours = claims["client_id"] == self.pool.client_id
        if claims["token_use"] != OF_ACCESS or not is_ours:
            raise errors.InvalidToken
        expires_at = _time(claims["exp"])
        if expires_at <= self.clock.now():
            raise errors.ExpiredToken
        began_at = _time(claims.get("auth_time", claims["iat"]))
        session_id = str(claims.get("origin_jti") or claims.get("jti") or claims["sub"])
        return AccessToken(text, str(claims["sub"]), session_id, began_at, expires_at)

    async def _key(self, kid: str) -> PyJWK:
        if kid not in self._keys:
            await self._look_once()
        try:
            return self._keys[kid]
        except KeyError:
            raise errors.InvalidToken from None

    async def _look_once(self) -> None:
        """Look anew, with all who want to at this moment; not again right after it."""
        if self._look is None and time.monotonic() >= self._next_look:
            self._look = asyncio.create_task(self._renew())
        if self._look is not None:
            await asyncio.shield(self._look)
        elif not self._keys:
            raise errors.Unavailable

    async def _renew(self) -> None:
        try:
            self._keys = await self._read_keys()
        finally:
            self._next_look = time.monotonic() + PAUSE
            self._look = None

    async def _read_keys(self) -> dict[str, PyJWK]:
        pool = self.pool
        client = PyJWKClient(pool.keys_url, cache_jwk_set=False, timeout=pool.deadline)
        try:
            found = await pool.run(partial(client.get_jwk_set, refresh=True))
        except (jwt.PyJWTError, ValueError, TimeoutError) as error:
            raise errors.Unavailable from error
        return {it.key_id: it for it in found.keys if it.key_id}


def _kid(text: str) -> str:
    if len(text) > LONGEST or not text.isascii():
        raise errors.InvalidToken
    try:
        header = jwt.get_unverified_header(text)
    except jwt.PyJWTError:
        raise errors.InvalidToken from None
    kid = header.get("kid")
    if header.get("alg") != ALGORITHM or not isinstance(kid, str):
        raise errors.InvalidToken
    return kid


def _time(seconds: object) -> datetime:
    if not isinstance(seconds, int | float):
        raise errors.InvalidToken
    return datetime.fromtimestamp(seconds, UTC)
