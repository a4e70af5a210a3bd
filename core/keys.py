"""Which key signs, which verify, and the tokens that are mailed."""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core import errors
from core.model import Claims, Purpose, SigningKey, TokenId, TokenKind
from core.ports import TokenSigner, TokenVerifier


def hmac_key(secret: str, algorithm: str) -> SigningKey:
    """Make a key of the UTF-8 text of a secret; its ``kid`` is a MAC under that secret."""
    material = secret.encode()
    return SigningKey(_mac(material, "kid").hex()[:16], algorithm, material)


@dataclass(frozen=True, slots=True)
class Keys:
    """
    The keyring; ``ring[0]`` signs, all of them verify.

    ``leeway`` is how far into the future a token may be issued, for replicas whose
    clocks differ. Expiry has none: a token lives exactly as long as clients are told.
    """

    signer: TokenSigner
    verifier: TokenVerifier
    ring: Sequence[SigningKey]
    leeway: timedelta

    async def sign(self, claims: Claims) -> str:
        """Return the claims as a JWT."""
        return await self.signer.sign(claims, self.ring[0])

    async def verify(self, token: str, kind: TokenKind, *, now: datetime) -> Claims:
        """Return the claims of a token of this kind; raises InvalidToken, ExpiredToken."""
        keys = {key.kid: key for key in self.ring}
        claims = await self.verifier.verify(token, keys)
        if claims.kind is not kind or claims.issued_at > now + self.leeway:
            raise errors.InvalidToken
        if claims.expires_at <= now:
            raise errors.ExpiredToken
        return claims

    def public_keys(self) -> list[Mapping[str, str]]:
        """Return the public halves as JWKs (RFC 7517); an HMAC key has none."""
        return [key.public_jwk for key in self.ring if key.public_jwk is not None]

    def mail_token(self, token_id: TokenId, purpose: Purpose) -> str:
        """Return what the mail carries: only who holds a key can make it from the id."""
        return f"{token_id}.{_mail_mac(self.ring[0], token_id, purpose)}"

    def open_mail_token(self, text: str, purpose: Purpose) -> TokenId:
        """Return the id in a mailed token; raises InvalidMailToken if we did not make it."""
        token_id, _, given = text.partition(".")
        for key in self.ring:
            expected = _mail_mac(key, token_id, purpose)
            if hmac.compare_digest(expected.encode(), given.encode()):
                return token_id
        raise errors.InvalidMailToken


def _mail_mac(key: SigningKey, token_id: TokenId, purpose: Purpose) -> str:
    # A key of its own, so that no JWT can ever be taken for a mailed token.
    mail_key = _mac(key.secret, "mail")
    mac = _mac(mail_key, f"{purpose}.{token_id}")
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


def _mac(key: bytes, message: str) -> bytes:
    return hmac.digest(key, f"scribes-auth.{message}".encode(), hashlib.sha256)
