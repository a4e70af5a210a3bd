"""Private keys of every kind, made once a run, and what anybody knows of their halves."""

import base64
from functools import cache
from typing import Any, TypeAlias

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

PrivateKey: TypeAlias = Any
"""One of cryptography's."""

KINDS = ("RS256", "PS256", "ES256", "EdDSA")


@cache
def private_key(algorithm: str) -> PrivateKey:
    if algorithm == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: PrivateKey, private_format: PrivateFormat = PrivateFormat.PKCS8) -> str:
    raw: bytes = key.private_bytes(Encoding.PEM, private_format, NoEncryption())
    return raw.decode()


def der(key: PrivateKey) -> bytes:
    raw: bytes = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return raw


def public_pem(key: PrivateKey) -> bytes:
    form = PublicFormat.SubjectPublicKeyInfo
    raw: bytes = key.public_key().public_bytes(Encoding.PEM, form)
    return raw


def jwk_of(key: PrivateKey) -> dict[str, str]:
    """Return the public half as RFC 7518, section 6, and RFC 8037 write it."""
    public = key.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        n, e = public.public_numbers().n, public.public_numbers().e
        return {"kty": "RSA", "n": _number(n), "e": _number(e)}
    if isinstance(public, ec.EllipticCurvePublicKey):
        x, y = public.public_numbers().x, public.public_numbers().y
        return {"kty": "EC", "crv": "P-256", "x": _number(x, 32), "y": _number(y, 32)}
    return {"kty": "OKP", "crv": "Ed25519", "x": coded(public.public_bytes_raw())}


def sign(key: PrivateKey, algorithm: str, text: str) -> bytes:
    """Return a JWS signature (RFC 7518, section 3)."""
    message = text.encode()
    if algorithm == "ES256":
        r, s = utils.decode_dss_signature(key.sign(message, ec.ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
    if algorithm == "EdDSA":
        signature: bytes = key.sign(message)
    else:
        signature = key.sign(message, _padding(algorithm), SHA256())
    return signature


def verify(key: PrivateKey, algorithm: str, text: str, signature: bytes) -> None:
    """Return if the public half verifies it; raises cryptography's InvalidSignature."""
    public, message = key.public_key(), text.encode()
    if algorithm == "ES256":
        r, s = (
            int.from_bytes(half, "big") for half in (signature[:32], signature[32:])
        )
        public.verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))
    elif algorithm == "EdDSA":
        public.verify(signature, message)
    else:
        public.verify(signature, message, _padding(algorithm), SHA256())


def coded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _padding(algorithm: str) -> padding.AsymmetricPadding:
    if algorithm == "PS256":
        return padding.PSS(padding.MGF1(SHA256()), salt_length=32)
    return padding.PKCS1v15()


def _number(value: int, length: int | None = None) -> str:
    return coded(value.to_bytes(length or -(-value.bit_length() // 8), "big"))
