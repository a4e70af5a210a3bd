import json

from core.model import SigningKey
from tests.contract.base import Contract
from tests.contract.forgery import (
    DIGESTS,
    Json,
    opened,
    packed,
    signed,
    uncoded,
)
from tests.contract.private_keys import (
    KINDS,
    coded,
    der,
    jwk_of,
    private_key,
    public_pem,
    sign,
    verify,
)
from tests.contract.tokens_samples import (
    ACCESS,
    KEY,
    REFRESH,
    Tokens,
    refused,
)


class PrivateKeyTokensContract(Contract):
    """The laws of ``TokenSigner`` and ``TokenVerifier`` for keys with a public half."""

    async def test_what_a_private_key_signed_anybody_can_check(
        self, subject: Tokens
    ) -> None:
        for kind in KINDS:
            key = key_of(kind)
            for claims in (ACCESS, REFRESH):
                token = await subject.sign(claims, key)

                header, _ = opened(token)
                assert {"alg": kind, "kid": key.kid, "typ": claims.kind} == header
                text, _, signature = token.rpartition(".")
                verify(private_key(kind), kind, text, uncoded(signature))
                assert claims == await subject.verify(token, {key.kid: key})

    async def test_only_the_algorithm_of_a_private_key_verifies(
        self, subject: Tokens
    ) -> None:
        for kind in KINDS:
            key = key_of(kind)
            header, payload = opened(await subject.sign(ACCESS, key))
            for forged in confused(header, payload, key):
                await refused(subject, forged, {key.kid: key, KEY.kid: KEY})

    async def test_no_signature_of_a_private_key_can_be_made_up(
        self, subject: Tokens
    ) -> None:
        for kind in KINDS:
            key = key_of(kind)
            text, _, good = (await subject.sign(ACCESS, key)).rpartition(".")
            for signature in made_up(uncoded(good), kind, text):
                await refused(subject, f"{text}.{coded(signature)}", {key.kid: key})

    async def test_no_byte_of_a_signature_can_be_left_out(
        self, subject: Tokens
    ) -> None:
        key = key_of("PS256")
        text = (await subject.sign(ACCESS, key)).rpartition(".")[0]
        # One in 256 begins with a zero, which is no less a byte of it.
        signature = b"x"
        while signature[0] != 0:
            signature = sign(private_key("PS256"), "PS256", text)

        ring = {key.kid: key}
        assert ACCESS == await subject.verify(f"{text}.{coded(signature)}", ring)
        await refused(subject, f"{text}.{coded(signature[1:])}", ring)

    async def test_the_same_claims_make_the_same_text_where_no_chance_is_wanted(
        self, subject: Tokens
    ) -> None:
        for kind in ("RS256", "EdDSA"):
            texts = {await subject.sign(REFRESH, key_of(kind)) for _ in range(3)}

            assert 1 == len(texts)


def key_of(kind: str) -> SigningKey:
    private = private_key(kind)
    return SigningKey(f"the {kind} one", kind, der(private), jwk_of(private))


def confused(header: Json, payload: Json, key: SigningKey) -> list[str]:
    """Return tokens that take the public half for a secret, or the key for another's."""
    kind = key.algorithm
    private = private_key(kind)
    pem = public_pem(private)
    secrets = [
        pem,
        pem.strip(),
        json.dumps(key.public_jwk).encode(),
        b"",
        key.kid.encode(),
    ]
    tokens = [
        signed(header | {"alg": algorithm}, payload, SigningKey("", mac, secret))
        for secret in secrets
        for mac in DIGESTS
        for algorithm in (mac, kind)
    ]
    for other in KINDS:
        text = f"{packed(header | {'alg': other})}.{packed(payload)}"
        if {kind, other} == {"RS256", "PS256"}:
            tokens.append(f"{text}.{coded(sign(private, other, text))}")
        elif other != kind:
            tokens.append(f"{text}.{coded(sign(private, kind, text))}")
            tokens.append(f"{text}.{coded(sign(private_key(other), other, text))}")
    tokens.append(signed(header | {"kid": KEY.kid, "alg": kind}, payload, KEY))
    return tokens


def made_up(good: bytes, kind: str, text: str) -> list[bytes]:
    """Return signatures of the right look."""
    half = len(good) // 2
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    n = order.to_bytes(32, "big")
    flipped = [
        good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :]
        for place in range(0, len(good), 7)
    ]
    # CVE-2022-21449: r and s of nothing, or of the order of the curve.
    psychic = [bytes(64), n + n, bytes(32) + n, n + bytes(32), bytes(31) + b"\1" + n]
    return [
        *flipped,
        *psychic,
        *(good[:-1], good[1:], good[:half], good[half:], good + b"\0", b"\0" + good),
        *(good + good, bytes(len(good)), b"\xff" * len(good), b"\0"),
        sign(private_key(kind), kind, text + "A"),
    ]
