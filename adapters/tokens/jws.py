"""
The compact JWS (RFC 7515, section 7.1): one spelling, one algorithm a key.

What is signed is put together and taken apart here; PyJWT's algorithms sign and verify it.
"""

import base64
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeAlias

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_private_key
from jwt.algorithms import (
    Algorithm,
    ECAlgorithm,
    HMACAlgorithm,
    OKPAlgorithm,
    RSAAlgorithm,
    RSAPSSAlgorithm,
)

from core import errors
from core.model import SigningKey

Json: TypeAlias = Mapping[str, Any]

LONGEST = 8 * 1024
"""More than any token of ours; what is longer is not looked at."""

COMPACT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
EXTENSIONS = {"b64", "crit"}
"""What changes the meaning of all else, and whoever does not know it has to refuse."""

UNUSABLE = (jwt.PyJWTError, LookupError, UnsupportedAlgorithm, ValueError)
UNREADABLE = (*UNUSABLE, TypeError, OverflowError, RecursionError)


class _Pss(RSAPSSAlgorithm):
    """Wants every byte (RFC 8017, section 8.1.2); OpenSSL lets zeroes in front go."""

    def verify(self, msg: bytes, key: RSAPublicKey, sig: bytes) -> bool:
        return 8 * len(sig) >= key.key_size and super().verify(msg, key, sig)


ALGORITHMS: Mapping[str, Algorithm] = {
    "HS256": HMACAlgorithm(HMACAlgorithm.SHA256),
    "HS384": HMACAlgorithm(HMACAlgorithm.SHA384),
    "HS512": HMACAlgorithm(HMACAlgorithm.SHA512),
    "RS256": RSAAlgorithm(RSAAlgorithm.SHA256),
    "PS256": _Pss(_Pss.SHA256),
    "ES256": ECAlgorithm(ECAlgorithm.SHA256, SECP256R1),
    "EdDSA": OKPAlgorithm(),
}


def signed(payload: bytes, typ: str, key: SigningKey) -> str:
    """Return the payload, signed; raises BadConfiguration for a key that can't."""
    head = _head(key.algorithm, key.kid, typ)
    text = head + b"." + _base64(payload)
    private = _secret if key.public_jwk is None else _private
    try:
        signature = ALGORITHMS[key.algorithm].sign(text, private(key.secret))
    except UNUSABLE as error:
        problem = f"JWT key {key.kid} can't sign with {key.algorithm}: {error}"
        raise errors.BadConfiguration([problem]) from error
    return (text + b"." + _base64(signature)).decode("ascii")


def opened(token: str, keys: Mapping[str, SigningKey]) -> tuple[Json, bytes]:
    """
    Return header and payload of what the key signed that the header names.

    Raises InvalidToken. What else the header may say is the caller's to judge.
    """
    header = header_of(token)
    try:
        key = keys[header["kid"]]
        if header["alg"] != key.algorithm or not EXTENSIONS.isdisjoint(header):
            raise errors.InvalidToken
        text, _, signature = token.encode("ascii").rpartition(b".")
        public = _secret if key.public_jwk is None else _public
        if not ALGORITHMS[key.algorithm].verify(
            text, public(key.secret), _from_base64(signature)
        ):
            raise errors.InvalidToken
        return header, _from_base64(text.partition(b".")[2])
    except UNREADABLE:
        raise errors.InvalidToken from None


def header_of(token: str) -> Json:
    """Return what the header says, of which nothing is proved; raises InvalidToken."""
    if len(token) > LONGEST or not COMPACT.fullmatch(token):
        raise errors.InvalidToken
    try:
        return _header(token.partition(".")[0])
    except UNREADABLE:
        raise errors.InvalidToken from None


def unambiguous(text: bytes) -> Json:
    """Return a JSON object whose every name is there once; raises InvalidToken, ValueError."""
    value = json.loads(text, object_pairs_hook=_once)
    if not isinstance(value, dict):
        raise errors.InvalidToken
    return value


def _once(pairs: list[tuple[str, Any]]) -> Json:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise errors.InvalidToken
    return values


def _base64(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")


def _from_base64(text: bytes) -> bytes:
    """Return what was written so; raises ValueError for any other spelling of it."""
    content = base64.urlsafe_b64decode(text + b"==")
    if _base64(content) != text:
        raise ValueError("another spelling")
    return content


# The same in all tokens of a kind and a key.
@lru_cache(maxsize=64)
def _head(algorithm: str, kid: str, typ: str) -> bytes:
    header = {"alg": algorithm, "kid": kid, "typ": typ}
    return _base64(json.dumps(header, separators=(",", ":")).encode())


@lru_cache(maxsize=64)
def _header(segment: str) -> Json:
    return unambiguous(_from_base64(segment.encode()))


# To look at a key takes longer than to sign with it.
@lru_cache(maxsize=64)
def _secret(key: bytes) -> bytes:
    return HMACAlgorithm(HMACAlgorithm.SHA256).prepare_key(key)


# Validated when the key was made.
@lru_cache(maxsize=64)
def _private(der: bytes) -> Any:  # noqa: ANN401 - of the kind that the algorithm wants
    return load_der_private_key(der, password=None, unsafe_skip_rsa_key_validation=True)


@lru_cache(maxsize=64)
def _public(der: bytes) -> Any:  # noqa: ANN401
    return _private(der).public_key()
