"""Keys, and the secrets that they are made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class SigningKey:
    """
    A key and the one algorithm it is for. ``kid`` reveals nothing of ``secret``.

    ``secret`` is the HMAC key itself, or a private key as PKCS #8 in DER (RFC 5958).
    """

    kid: str
    algorithm: str
    secret: bytes = field(repr=False)
    public_jwk: Mapping[str, str] | None = None
    """As RFC 7517; None for a key that has no public half."""


@dataclass(frozen=True, slots=True)
class RevokedKey:
    """A key that counts for nothing since ``at``, whatever its backend says of it."""

    kid: str
    at: datetime


UNTOLD = datetime(1970, 1, 1, tzinfo=UTC)
"""When a version was created whose backend does not tell: the environment."""


@dataclass(frozen=True, slots=True)
class SecretVersion:
    """One enabled version of a secret."""

    value: str = field(repr=False)
    version: str
    created_at: datetime
