"""Keys of secrets: PEM by cryptography, any other text as it is."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from adapters.tokens.mistaken_secrets import PEM, mistake
from adapters.tokens.weak_secrets import weakness
from core import errors
from core.keys.token_service import hmac_key
from core.model import SigningKey
from core.ports import KeyParser

PrivateKey: TypeAlias = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey

MAKE_ONE = "make one with `scribes-auth generate-secret`"
LEAST_HMAC_BYTES = {"HS256": 32, "HS384": 48, "HS512": 64}
"""An HMAC key is at least as long as the hash (RFC 7518, section 3.2)."""
LEAST_RSA_BITS = 2048
"""RFC 7518, sections 3.3 and 3.5."""
ROCA_PRIMES = (11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157)
"""Modulo each of these, a weak modulus is a power of 65537 (CVE-2017-15361)."""
ROCA_REMAINDERS = {p: {pow(65537, n, p) for n in range(p)} for p in ROCA_PRIMES}
THUMBPRINT = {"RSA": ("e", "kty", "n"), "EC": ("crv", "kty", "x", "y")}
"""What is hashed, in this order (RFC 7638, section 3.2)."""
OKP_THUMBPRINT = ("crv", "kty", "x")
"""RFC 8037, section 2."""


@dataclass(frozen=True, slots=True)
class SecretKeys(KeyParser):
    """
    ``algorithm`` is for keys of its own kind; others get the default of theirs.

    ``allow_short`` takes HMAC keys of any length, for development;
    ``demand_strong`` takes none that can be guessed.
    """

    algorithm: str = "HS256"
    allow_short: bool = False
    demand_strong: bool = False

    def parse(self, secret: str) -> SigningKey:
        if PEM in secret:
            return self._private(_loaded(secret))
        if problem := mistake(secret):
            raise _bad(problem)
        return self._shared(secret)

    def _shared(self, secret: str) -> SigningKey:
        algorithm = self._of("HS256", "HS384", "HS512")
        least = 1 if self.allow_short else LEAST_HMAC_BYTES[algorithm]
        length = len(secret.encode())
        if length < least:
            raise _bad(
                f"{length} bytes are too short, {algorithm} needs {least} (RFC 7518);"
                f" {MAKE_ONE}"
            )
        if self.demand_strong and (reason := weakness(secret)):
            raise _bad(f"it can be guessed: {reason}; {MAKE_ONE}")
        return hmac_key(secret, algorithm)

    def _private(self, key: PrivateKey) -> SigningKey:
        if isinstance(key, RSAPrivateKey):
            _demand_strong(key)
            jwk = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
            return _signing_key(key, self._of("RS256", "PS256"), jwk)
        if isinstance(key, EllipticCurvePrivateKey):
            if not isinstance(key.curve, SECP256R1):
                raise _bad(f"the curve {key.curve.name} is not P-256, as ES256 needs")
            jwk = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
            return _signing_key(key, "ES256", jwk)
        jwk = OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)
        return _signing_key(key, "EdDSA", jwk)

    def _of(self, *kind: str) -> str:
        return self.algorithm if self.algorithm in kind else kind[0]


def _loaded(pem: str) -> PrivateKey:
    # A line of an environment file holds no newline but as two characters.
    text = pem if "\n" in pem.strip() else pem.replace("\\n", "\n")
    try:
        key = load_pem_private_key(text.encode(), password=None)
    except TypeError:
        raise _bad(
            "the private key is encrypted; store it without a passphrase"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise _bad(
            "this PEM can't be read as a private key (a public key or a certificate"
            " signs nothing); make one with `openssl genpkey -algorithm ed25519`"
        ) from None
    if not isinstance(key, PrivateKey):
        kind = type(key).__name__.removesuffix("PrivateKey")
        raise _bad(f"a key of kind {kind} is neither RSA, P-256 nor Ed25519")
    return key


def _demand_strong(key: RSAPrivateKey) -> None:
    if key.key_size < LEAST_RSA_BITS:
        raise _bad(
            f"an RSA key of {key.key_size} bits is too short, JWTs need"
            f" {LEAST_RSA_BITS} (RFC 7518)"
        )
    n = key.public_key().public_numbers().n
    if all(n % p in remainders for p, remainders in ROCA_REMAINDERS.items()):
        raise _bad("this RSA key can be factored (CVE-2017-15361); make another one")


def _signing_key(key: PrivateKey, algorithm: str, jwk: Mapping[str, str]) -> SigningKey:
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    public = {name: jwk[name] for name in THUMBPRINT.get(jwk["kty"], OKP_THUMBPRINT)}
    text = json.dumps(public, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).digest()
    kid = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    published = public | {"kid": kid, "alg": algorithm, "use": "sig"}
    return SigningKey(kid, algorithm, der, published)


def _bad(problem: str) -> errors.BadConfiguration:
    return errors.BadConfiguration([problem])
