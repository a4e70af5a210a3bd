"""The known ways round a JWT's signature, each tried where the token is due."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.security.forge import GONE, SECRET, b64, hs256
from tests.security.target import Target

RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
JWK = {
    "kty": "RSA",
    "e": "AQAB",
    "n": b64(RSA_KEY.public_key().public_numbers().n.to_bytes(256, "big")),
}
OCT = {"kty": "oct", "k": b64(b"mine")}


def test_a_token_forged_without_a_fault_is_good(target: Target) -> None:
    """Or else nothing here would be shown by a refusal."""
    assert 200 == target.use(target.forger.with_claims()).status_code
    assert 200 == target.use(target.forger.with_key(SECRET.encode())).status_code


@pytest.mark.parametrize(
    "alg", ["none", "None", "NONE", "nOnE", "", None, "HS1", 0, []]
)
def test_a_token_needs_an_algorithm(target: Target, alg: object) -> None:
    unsigned = target.forger.unsigned(alg=alg)

    for signature in ("", hs256(unsigned), b64(b"\0" * 32)):
        target.refuses(f"{unsigned}.{signature}")


@pytest.mark.parametrize(
    "alg", ["HS384", "HS512", "RS256", "PS256", "ES256", "EdDSA", "hs256", "HS256 "]
)
def test_the_keys_algorithm_is_the_only_one(target: Target, alg: str) -> None:
    target.refuses(target.forger.with_header(alg=alg))


def test_a_public_key_does_not_sign(target: Target) -> None:
    for public in (PEM, PEM.strip(), json.dumps(JWK).encode()):
        target.refuses(target.forger.with_key(public))

    signed = target.forger.unsigned(alg="RS256")
    signature = RSA_KEY.sign(signed.encode(), padding.PKCS1v15(), SHA256())
    target.refuses(f"{signed}.{b64(signature)}")


@pytest.mark.parametrize(
    "secret",
    [b"", b"\0", b"secret", b"null", SECRET[:-1].encode(), SECRET.upper().encode()],
)
def test_another_key_does_not_sign(target: Target, secret: bytes) -> None:
    target.refuses(target.forger.with_key(secret))
    target.refuses(target.forger.with_key(str(target.forger.header["kid"]).encode()))


HEADERS: dict[str, dict[str, Any]] = {
    "embedded jwk": {"jwk": JWK},
    "embedded symmetric jwk": {"jwk": OCT},
    "jku": {"jku": "https://attacker.example/jwks.json"},
    "x5u": {"x5u": "https://attacker.example/cert.pem"},
    "x5c": {"x5c": [b64(PEM)]},
    "x5t": {"x5t": "AAAA"},
    "crit": {"crit": ["exp"]},
    "crit of an unknown name": {"crit": ["magic"], "magic": True},
    "crit, empty": {"crit": []},
    "b64": {"b64": False, "crit": ["b64"]},
    "cty": {"cty": "JWT"},
    "zip": {"zip": "DEF"},
    "enc": {"enc": "A256GCM"},
    "no kid": {"kid": GONE},
    "no alg": {"alg": GONE},
    "no typ": {"typ": GONE},
    "kid unknown": {"kid": "0123456789abcdef"},
    "kid empty": {"kid": ""},
    "kid a path": {"kid": "../../../../dev/null"},
    "kid SQL": {"kid": "' UNION SELECT 'mine' --"},
    "kid a command": {"kid": "|/usr/bin/id"},
    "kid NUL": {"kid": "\0"},
    "kid surrogate": {"kid": "\ud800"},
    "kid null": {"kid": None},
    "kid a list": {"kid": ["mine"]},
    "kid a number": {"kid": 0},
    "typ JWT": {"typ": "JWT"},
    "typ in capitals": {"typ": "AT+JWT"},
    "typ with its prefix": {"typ": "application/at+jwt"},
    "typ a list": {"typ": ["at+jwt", "rt+jwt"]},
    "typ null": {"typ": None},
}


@pytest.mark.parametrize("change", HEADERS.values(), ids=HEADERS)
def test_a_header_says_three_things_and_no_others(
    target: Target, change: dict[str, Any]
) -> None:
    target.refuses(target.forger.with_header(**change))


def test_a_key_that_comes_along_is_not_used(target: Target) -> None:
    symmetric = target.forger.unsigned(jwk=OCT)
    target.refuses(f"{symmetric}.{hs256(symmetric, b'mine')}")

    public = target.forger.unsigned(jwk=JWK, alg="RS256")
    signature = RSA_KEY.sign(public.encode(), padding.PKCS1v15(), SHA256())
    target.refuses(f"{public}.{b64(signature)}")
