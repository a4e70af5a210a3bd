"""Tokens made and read with the keys as they stand: JWTs, and those that are mailed."""

import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from core import errors
from core.keys.keyring import Keyring
from core.model import Claims, Purpose, SigningKey, TokenId, TokenKind
from core.ports import Clock, TokenSigner, TokenVerifier


def hmac_key(secret: str, algorithm: str) -> SigningKey:
    """Make a key of the UTF-8 text of a secret; its ``kid`` is a MAC under that secret."""
    material = secret.encode()
    return SigningKey(_mac(material, "kid").hex()[:16], algorithm, material)


async def nothing_new() -> None:
    """Look for keys where they never change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenService:
    """
    Makes and reads tokens with the keys as they stand.

    ``leeway`` is how far into the future a token may be issued, for replicas whose
    clocks differ. Expiry has none: a token lives exactly as long as clients are told.
    ``on_unknown_kid`` is awaited once where a token names a key that is not there: it
    may ``load`` the keyring anew, and limits its own rate.
    """

    signer: TokenSigner
    verifier: TokenVerifier
    keyring: Keyring
    clock: Clock
    leeway: timedelta
    on_unknown_kid: Callable[[], Awaitable[None]] = nothing_new

    async def sign(self, claims: Claims) -> str:
        """Return the claims as a JWT."""
        ring = self.keyring.at(self.clock.now())
        return await self.signer.sign(claims, ring.signing)

    async def verify(self, token: str, kind: TokenKind, *, now: datetime) -> Claims:
        """Return the claims of a token of this kind; raises InvalidToken, ExpiredToken."""
        claims = await self._read(token, now)
        if claims.kind is not kind or claims.issued_at > now + self.leeway:
            raise errors.InvalidToken
        if claims.expires_at <= now:
            raise errors.ExpiredToken(claims.user_id)
        return claims

    def public_keys(self) -> list[Mapping[str, str]]:
        """Return the public halves as JWKs (RFC 7517); an HMAC key has none."""
        keys = self.keyring.at(self.clock.now()).verifying.values()
        return [key.public_jwk for key in keys if key.public_jwk is not None]

    def mail_token(self, token_id: TokenId, purpose: Purpose) -> str:
        """Return what the mail carries: only who holds a key can make it from the id."""
        ring = self.keyring.at(self.clock.now())
        return f"{token_id}.{_mail_mac(ring.signing, token_id, purpose)}"

    def open_mail_token(self, text: str, purpose: Purpose) -> TokenId:
        """Return the id in a mailed token; raises InvalidMailToken if we did not make it."""
        if not text.isascii():  # half a surrogate pair could not even be compared
            raise errors.InvalidMailToken
        token_id, _, given = text.partition(".")
        for key in self.keyring.at(self.clock.now()).verifying.values():
            expected = _mail_mac(key, token_id, purpose)
            if hmac.compare_digest(expected.encode(), given.encode()):
                return token_id
        raise errors.InvalidMailToken

    async def _read(self, token: str, now: datetime) -> Claims:
        ring = self.keyring.at(now)
        try:
            return await self.verifier.verify(token, ring.verifying)
        except errors.InvalidToken:
            kid = self.verifier.kid(token)
            if kid is None or ring.knows(kid):
                raise
        await self.on_unknown_kid()
        return await self.verifier.verify(token, self.keyring.at(now).verifying)


def _mail_mac(key: SigningKey, token_id: TokenId, purpose: Purpose) -> str:
    # A key of its own, so that no JWT can ever be taken for a mailed token.
    mail_key = _mac(key.secret, "mail")
    mac = _mac(mail_key, f"{purpose}.{token_id}")
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


def _mac(key: bytes, message: str) -> bytes:
    return hmac.digest(key, f"scribes-auth.{message}".encode(), hashlib.sha256)
