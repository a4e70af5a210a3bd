"""Remembers which tokens were signed: that costs more than all else about a request."""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from core.model import Claims, SigningKey, TokenKind
from core.ports import TokenVerifier

MOST = 10_000
"""Tokens, of some 600 bytes each; beyond that, who came longest ago is forgotten."""

Digest: TypeAlias = bytes


@dataclass(frozen=True, slots=True)
class _Read:
    claims: Claims
    key: SigningKey


@dataclass(slots=True)
class RememberingVerifier(TokenVerifier):
    """
    Reads an access token again without a look at its signature, while its key is in force.

    What is remembered is what the text said and who signed it, by the SHA-256 of all of
    the text; whether the session lives and who the user is, is asked of the storage as
    ever. A refresh token is shown once: that is not worth a place.
    """

    verifier: TokenVerifier
    most: int = MOST
    _read: OrderedDict[Digest, _Read] = field(default_factory=OrderedDict, repr=False)

    async def verify(self, token: str, keys: Mapping[str, SigningKey]) -> Claims:
        if not token.isascii():  # half a surrogate pair has no bytes
            return await self.verifier.verify(token, keys)
        digest = hashlib.sha256(token.encode()).digest()
        read = self._read.get(digest)
        if read is not None and keys.get(read.key.kid) is read.key:
            self._read.move_to_end(digest)
            return read.claims
        claims = await self.verifier.verify(token, keys)
        if claims.kind is TokenKind.ACCESS and (kid := self.verifier.kid(token)):
            self._remember(digest, _Read(claims, keys[kid]))
        return claims

    def kid(self, token: str) -> str | None:
        return self.verifier.kid(token)

    def _remember(self, digest: Digest, read: _Read) -> None:
        self._read[digest] = read
        if len(self._read) > self.most:
            self._read.popitem(last=False)
