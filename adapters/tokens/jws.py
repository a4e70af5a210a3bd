"""The compact JWS (RFC 7515) by PyJWT: one spelling, one algorithm a key."""

import base64
import hashlib
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
UNUSABLE = (jwt.PyJWTError, NotImplementedError, UnsupportedAlgorithm, ValueError)
UNREADABLE = (*UNUSABLE, KeyError, TypeError, OverflowError, RecursionError)


class _Hmac(HMACAlgorithm):
    """Takes short keys without a warning: the operator was told of them at the start."""

    def check_key_length(self, _: bytes) -> None:
        return None

    def prepare_key(self, key: str | bytes) -> bytes:
        return _looked_at(key)


@lru_cache(maxsize=64)
def _looked_at(key: str | bytes) -> bytes:
    """Return the key, unless it is of another kind; to look at it takes longer than to sign."""
    return HMACAlgorithm(HMACAlgorithm.SHA256).prepare_key(key)


class _Pss(RSAPSSAlgorithm):
    """Wants every byte (RFC 8017, section 8.1.2); OpenSSL lets zeroes in front go."""

    def verify(self, msg: bytes, key: RSAPublicKey, sig: bytes) -> bool:
        return 8 * len(sig) >= key.key_size and super().verify(msg, key, sig)


def _jws() -> jwt.PyJWS:
    jws = jwt.PyJWS(algorithms=())
    jws.register_algorithm("HS256", _Hmac(hashlib.sha256))
    jws.register_algorithm("HS384", _Hmac(hashlib.sha384))
    jws.register_algorithm("HS512", _Hmac(hashlib.sha512))
    jws.register_algorithm("RS256", RSAAlgorithm(RSAAlgorithm.SHA256))
    jws.register_algorithm("PS256", _Pss(_Pss.SHA256))
    jws.register_algorithm("ES256", ECAlgorithm(ECAlgorithm.SHA256, SECP256R1))
    jws.register_algorithm("EdDSA", OKPAlgorithm())
    return jws


JWS = _jws()


def signed(payload: bytes, typ: str, key: SigningKey) -> str:
    """Return the payload, signed; raises BadConfiguration for a key that can't."""
    try:
        return JWS.encode(
            payload,
            key.secret if key.public_jwk is None else _private(key.secret),
            key.algorithm,
            headers={"kid": key.kid, "typ": typ},
        )
    except UNUSABLE as error:
        problem = f"JWT key {key.kid} can't sign with {key.algorithm}: {error}"
        raise errors.BadConfiguration([problem]) from error


def opened(token: str, keys: Mapping[str, SigningKey]) -> tuple[Json, bytes]:
    """
    Return header and payload of what the key signed that the header names.

    Raises InvalidToken. What else the header may say is the caller's to judge.
    """
    header = header_of(token)
    try:
        key = keys[header["kid"]]
        if header["alg"] != key.algorithm:
            raise errors.InvalidToken
        verifying = key.secret if key.public_jwk is None else _public(key.secret)
        return header, JWS.decode(token, verifying, algorithms=[key.algorithm])
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


# The same in all tokens of a key.
@lru_cache(maxsize=64)
def _header(segment: str) -> Json:
    return unambiguous(base64.urlsafe_b64decode(segment + "=="))


# Parsed once, since it costs more than a signature; validated when the key was made.
@lru_cache(maxsize=64)
def _private(der: bytes) -> Any:  # noqa: ANN401 - of the kind that the algorithm wants
    return load_der_private_key(der, password=None, unsafe_skip_rsa_key_validation=True)


@lru_cache(maxsize=64)
def _public(der: bytes) -> Any:  # noqa: ANN401
    return _private(der).public_key()
