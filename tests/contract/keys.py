import hashlib
import json
from base64 import b64encode, encodebytes, urlsafe_b64encode
from collections.abc import Callable
from functools import cache
from typing import TypeAlias

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa, x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)

from core import errors
from core.ports import KeyParser
from tests.contract.base import Contract
from tests.contract.private_keys import (
    KINDS,
    PrivateKey,
    coded,
    der,
    jwk_of,
    pem,
    private_key,
    public_pem,
)

ParserFor: TypeAlias = Callable[[str], KeyParser]
"""Makes a parser that prefers this algorithm."""

ONE_A_FORM = ("RS256", "ES256", "EdDSA")
LEAST = {"HS256": 32, "HS384": 48, "HS512": 64}
DEFAULTS = {"RS256": "RS256", "PS256": "RS256", "ES256": "ES256", "EdDSA": "EdDSA"}
RFC_8037_KEY = (
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    "-----END PRIVATE KEY-----\n"
)
RFC_8037_THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


class KeysContract(Contract):
    """The laws of ``KeyParser``."""

    async def test_a_text_is_an_hmac_key_byte_for_byte(
        self, subject: ParserFor
    ) -> None:
        for algorithm, least in LEAST.items():
            for text in (
                "k" * least,
                "\u00e4\n" * least,
                f" {'k' * least}\n",
                "k" * 4096,
            ):
                key = subject(algorithm).parse(text)

                assert (algorithm, text.encode()) == (key.algorithm, key.secret)
                assert key.public_jwk is None

    async def test_a_private_key_is_for_the_algorithm_of_its_kind(
        self, subject: ParserFor
    ) -> None:
        for kind in KINDS:
            text = pem(private_key(kind))

            assert kind == subject(kind).parse(text).algorithm
            for other in {"HS512", "ES256"} - {kind}:
                assert DEFAULTS[kind] == subject(other).parse(text).algorithm
        assert "HS256" == subject("EdDSA").parse("k" * 32).algorithm

    async def test_a_private_key_is_kept_as_pkcs_8(self, subject: ParserFor) -> None:
        for kind in ONE_A_FORM:
            key = private_key(kind)

            assert der(key) == subject(kind).parse(pem(key)).secret

    async def test_however_it_is_written_a_key_is_the_same(
        self, subject: ParserFor
    ) -> None:
        for kind in ONE_A_FORM:
            key, parser = private_key(kind), subject(kind)
            text = pem(key)
            expected = parser.parse(text)
            one_line = text.strip().replace("\n", "\\n")
            spellings = [
                text.strip(),
                f"\n{text}\n",
                text.replace("\n", "\r\n"),
                one_line,
            ]
            if kind != "EdDSA":
                spellings.append(pem(key, PrivateFormat.TraditionalOpenSSL))

            for spelling in spellings:
                assert expected == parser.parse(spelling)

    async def test_a_kid_is_the_thumbprint_of_the_public_half(
        self, subject: ParserFor
    ) -> None:
        for kind in ONE_A_FORM:
            key = private_key(kind)
            # RFC 7638, section 3: the required members, sorted, without a blank.
            text = json.dumps(jwk_of(key), separators=(",", ":"), sort_keys=True)
            thumbprint = coded(hashlib.sha256(text.encode()).digest())

            assert thumbprint == subject(kind).parse(pem(key)).kid
        # RFC 8037, appendix A.3
        assert RFC_8037_THUMBPRINT == subject("EdDSA").parse(RFC_8037_KEY).kid

    async def test_the_kid_of_a_text_tells_nothing_of_it(
        self, subject: ParserFor
    ) -> None:
        texts = [f"{number:032}" for number in range(50)]

        kids = [subject("HS256").parse(text).kid for text in texts]

        assert len(texts) == len(set(kids))
        for text, kid in zip(texts, kids, strict=True):
            digests = [
                hashlib.new(it, text.encode()) for it in ("sha256", "sha1", "md5")
            ]
            assert not [it for it in digests if it.hexdigest().startswith(kid[:8])]
            assert kid == subject("HS256").parse(text).kid

    async def test_what_is_published_is_the_public_half_and_no_more(
        self, subject: ParserFor
    ) -> None:
        for kind in KINDS:
            key = subject(kind).parse(pem(private_key(kind)))

            told = {"kid": key.kid, "alg": kind, "use": "sig"}
            assert jwk_of(private_key(kind)) | told == key.public_jwk

    async def test_a_weak_key_is_refused(self, subject: ParserFor) -> None:
        for algorithm, least in LEAST.items():
            for text in ("", "k", "k" * (least - 1), "\u00e4" * (least // 2 - 1)):
                refused(subject(algorithm), text)
        for bits in (1024, 2047):
            for algorithm in ("RS256", "PS256"):
                refused(subject(algorithm), pem(rsa_key(bits)))

    async def test_a_key_of_another_kind_is_refused(self, subject: ParserFor) -> None:
        for key in (
            *(ec.generate_private_key(it()) for it in (ec.SECP384R1, ec.SECP521R1)),
            ec.generate_private_key(ec.SECP256K1()),
            ed448.Ed448PrivateKey.generate(),
            x25519.X25519PrivateKey.generate(),
        ):
            for algorithm in ("HS256", *KINDS):
                refused(subject(algorithm), pem(key))

    async def test_what_looks_like_a_key_and_is_none_never_becomes_a_text(
        self, subject: ParserFor
    ) -> None:
        text = pem(private_key("ES256"))
        locked = private_key("ES256").private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"passphrase")
        )

        for broken in (
            *(public_pem(private_key(kind)).decode() for kind in KINDS),
            *(locked.decode(), text[: len(text) // 2], text.replace("MI", "MM", 1)),
            text.replace("PRIVATE KEY", "CERTIFICATE"),
            "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
            "-----BEGIN RSA PRIVATE KEY-----" + "A" * 64,
        ):
            refused(subject("HS256"), broken)

    async def test_a_key_in_another_wrapping_never_becomes_a_text(
        self, subject: ParserFor
    ) -> None:
        for kind in ONE_A_FORM:
            key = private_key(kind)
            text, public = pem(key).encode(), public_pem(key)
            body = b"".join(pem(key).encode().splitlines()[1:-1])
            jwk = json.dumps(jwk_of(key)).encode()

            for wrapped in (
                *(b64encode(it) for it in (text, public, der(key), jwk)),
                *(b64encode(b64encode(text)), encodebytes(text), text.hex().encode()),
                *(urlsafe_b64encode(text).rstrip(b"="), body, der(key).hex().encode()),
                *(jwk, b'{"keys": [' + jwk + b"]}", b'{"jwt-secret": "%b"}' % body),
            ):
                refused(subject("HS256"), wrapped.decode())

    async def test_what_only_names_a_secret_never_becomes_one(
        self, subject: ParserFor
    ) -> None:
        for reference in (
            "${JWT_SECRET_KEY_OF_THE_PRODUCTION_SERVICE}",
            "$(JWT_SECRET_KEY_OF_THE_PRODUCTION_SERVICE)",
            "{{ .Values.secrets.jwtSecretKeyOfProduction }}",
            "ENC[AES256_GCM,data:8hKq3ZxTn2Lw0,iv:P5v,tag:Yt7,type:str]",
            "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7 me@host",
            "@Microsoft.KeyVault(SecretUri=https://vault.vault.azure.net/secrets/jwt/)",
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:scribes/jwt-secret",
            "projects/scribes-production/secrets/jwt-secret/versions/latest",
            "/run/secrets/scribes-auth-production/jwt-secret",
            "./deploy/production/secrets/jwt-secret.pem",
            "file:///run/secrets/scribes-auth/jwt-secret",
            "secrets:scribes-auth-production/jwt-secret",
        ):
            refused(subject("HS256"), reference)

    async def test_a_token_never_becomes_a_key(self, subject: ParserFor) -> None:
        parts = (b'{"alg":"HS256","typ":"JWT"}', b'{"sub":"1"}', b"s" * 32)
        token = ".".join(urlsafe_b64encode(it).decode().rstrip("=") for it in parts)

        refused(subject("HS256"), token)


@cache
def rsa_key(bits: int) -> PrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def refused(parser: KeyParser, secret: str) -> None:
    """Fail unless the secret is refused, in a message that does not show it."""
    with pytest.raises(errors.BadConfiguration) as bad:
        parser.parse(secret)

    lines = [line for line in secret.splitlines() if len(line) > 24 and "-" not in line]
    assert not [line for line in lines if line in str(bad.value)]
    assert bad.value.__cause__ is None
