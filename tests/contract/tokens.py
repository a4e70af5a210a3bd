import random
from dataclasses import replace

from core.keys.token_service import hmac_key
from tests.contract.forgery import (
    DIGESTS,
    Json,
    junk_of,
    opened,
    packed,
    packed_twice,
    resigned,
    signed,
    twins,
    without,
)
from tests.contract.private_keys import coded
from tests.contract.tokens_claims import ClaimLaws
from tests.contract.tokens_samples import (
    ACCESS,
    KEY,
    OTHER,
    REFRESH,
    RING,
    Tokens,
    every_claims,
    refused,
)

WRONG_KIDS: tuple[object, ...] = (
    *(OTHER.kid, "unknown", "", KEY.kid.upper(), None, 7, [KEY.kid], {}),
)
NO_KIDS: tuple[object, ...] = (None, 7, [KEY.kid], {})
WRONG_ALGORITHMS: tuple[object, ...] = (
    *("hs256", "RS256", "ES256", "", None, 7, ["HS256"], {}),
)
WRONG_KINDS: tuple[object, ...] = (
    *("JWT", "AT+JWT", "at", "", "application/at+jwt", None, 7, ["at+jwt"], {}),
)
EXTENSIONS: tuple[Json, ...] = (
    *({"crit": []}, {"crit": ["exp"], "exp": 1}, {"crit": ["b64"], "b64": True}),
    *({"b64": False}, {"b64": True}, {"zip": "DEF"}),
)


class TokensContract(ClaimLaws):
    """The laws of ``TokenSigner`` and ``TokenVerifier``, with HMAC keys."""

    async def test_what_was_signed_is_read(self, subject: Tokens) -> None:
        for algorithm in DIGESTS:
            key = hmac_key("x" * 64, algorithm)
            for claims in every_claims():
                token = await subject.sign(claims, key)

                assert claims == await subject.verify(token, {key.kid: key})

    async def test_a_token_is_a_compact_jws_that_anybody_can_check(
        self, subject: Tokens
    ) -> None:
        for algorithm in DIGESTS:
            key = hmac_key("x" * 64, algorithm)

            token = await subject.sign(ACCESS, key)

            header, _ = opened(token)
            assert {"alg": algorithm, "kid": key.kid, "typ": "at+jwt"} == header
            assert token == resigned(token.split("."), key)

    async def test_a_token_names_its_key(self, subject: Tokens) -> None:
        for claims in (ACCESS, REFRESH):
            header, payload = opened(token := await subject.sign(claims, KEY))

            assert KEY.kid == subject.kid(token)
            stranger = signed(header | {"kid": "who?"}, payload, KEY)
            assert "who?" == subject.kid(stranger)
            for shapeless in (
                *("", "junk", "e30.e30.e30", f"{token}.", f" {token}", "a" * 100_000),
                *(signed(header | extra, payload, KEY) for extra in EXTENSIONS),
                *(signed(header | {"typ": typ}, payload, KEY) for typ in WRONG_KINDS),
                *(signed(header | {"kid": kid}, payload, KEY) for kid in NO_KIDS),
                f"{coded(b'[' * 3000)}.e30.x",
            ):
                assert subject.kid(shapeless) is None

    async def test_the_same_claims_make_the_same_text(self, subject: Tokens) -> None:
        for claims in (ACCESS, REFRESH):
            texts = {await subject.sign(claims, KEY) for _ in range(5)}

            assert 1 == len(texts)

    async def test_any_key_of_the_ring_verifies(self, subject: Tokens) -> None:
        by_key = await subject.sign(ACCESS, KEY)
        by_other = await subject.sign(ACCESS, OTHER)

        assert ACCESS == await subject.verify(by_key, RING)
        assert ACCESS == await subject.verify(by_other, RING)

    async def test_only_the_key_that_is_named_verifies(self, subject: Tokens) -> None:
        header, payload = opened(await subject.sign(ACCESS, KEY))

        for kid in WRONG_KIDS:
            await refused(subject, signed(header | {"kid": kid}, payload, KEY))
        await refused(subject, signed(without(header, "kid"), payload, KEY))
        await refused(subject, await subject.sign(ACCESS, KEY), {})

    async def test_only_the_algorithm_of_the_key_verifies(
        self, subject: Tokens
    ) -> None:
        header, payload = opened(await subject.sign(ACCESS, KEY))

        for algorithm in ("HS384", "HS512"):
            key = replace(KEY, algorithm=algorithm)
            await refused(subject, signed(header | {"alg": algorithm}, payload, key))
        for value in WRONG_ALGORITHMS:
            await refused(subject, signed(header | {"alg": value}, payload, KEY))
        await refused(subject, signed(without(header, "alg"), payload, KEY))

    async def test_an_unsigned_token_is_refused(self, subject: Tokens) -> None:
        token = await subject.sign(ACCESS, KEY)
        header, payload = opened(token)
        body = token.rpartition(".")[0]

        await refused(subject, f"{body}.")
        await refused(subject, body)
        for algorithm in ("none", "None", "NONE", "nOnE"):
            unsigned = signed(header | {"alg": algorithm}, payload, KEY)
            await refused(subject, unsigned)
            await refused(subject, unsigned.rpartition(".")[0] + ".")

    async def test_headers_that_bring_or_point_to_a_key_are_refused(
        self, subject: Tokens
    ) -> None:
        header, payload = opened(await subject.sign(ACCESS, KEY))
        jwk = {"kty": "oct", "k": coded(KEY.secret), "kid": KEY.kid, "alg": "HS256"}
        url = "https://attacker.example/keys"

        for name, value in (
            *(("jwk", jwk), ("jku", url), ("x5u", url), ("x5c", ["MIIB"])),
            *(("x5t", "x"), ("x5t#S256", "x"), ("jku", None), ("jwk", {})),
        ):
            await refused(subject, signed(header | {name: value}, payload, KEY))

    async def test_a_header_says_everything_once(self, subject: Tokens) -> None:
        header, payload = opened(await subject.sign(ACCESS, KEY))

        for name in header:
            twice = [coded(packed_twice(header, name)), packed(payload), ""]
            await refused(subject, resigned(twice, KEY))

    async def test_extensions_are_refused(self, subject: Tokens) -> None:
        header, payload = opened(await subject.sign(ACCESS, KEY))

        for extra in EXTENSIONS:
            await refused(subject, signed(header | extra, payload, KEY))

    async def test_only_the_two_kinds_are_tokens(self, subject: Tokens) -> None:
        header, payload = opened(await subject.sign(ACCESS, KEY))

        for typ in WRONG_KINDS:
            await refused(subject, signed(header | {"typ": typ}, payload, KEY))
        await refused(subject, signed(without(header, "typ"), payload, KEY))

    async def test_one_kind_is_not_read_as_the_other(self, subject: Tokens) -> None:
        access, refresh = [
            opened(await subject.sign(claims, KEY)) for claims in (ACCESS, REFRESH)
        ]

        await refused(subject, signed(access[0], refresh[1], KEY))
        await refused(subject, signed(refresh[0], access[1], KEY))

    async def test_no_character_of_a_token_can_be_changed(
        self, subject: Tokens
    ) -> None:
        token = await subject.sign(ACCESS, KEY)

        for place, character in enumerate(token):
            for other in "Aa-.=+" if place % 16 == 0 else "B":
                if other != character:
                    await refused(subject, token[:place] + other + token[place + 1 :])

    async def test_a_token_is_written_in_one_way_only(self, subject: Tokens) -> None:
        token = await subject.sign(ACCESS, KEY)
        parts = token.split(".")

        for variant in (
            *(f"{token}=", f"{token}==", f"{token} ", f" {token}", f"{token}\n"),
            *(f"{token}.", f".{token}", f"{token}.{parts[2]}", f"{token}\0"),
            *(token.replace(".", ".."), token.replace(".", " . "), f"{token}#"),
            *(".".join([*parts[:2], twin]) for twin in twins(parts[2])),
        ):
            await refused(subject, variant)
        for spelling in ("=", "==", " ", "\n", "#", "%3D"):
            for segment in (0, 1):
                spelt = [*parts]
                spelt[segment] += spelling
                await refused(subject, resigned(spelt, KEY))

    async def test_anything_else_is_refused(self, subject: Tokens) -> None:
        chance = random.Random(1)  # noqa: S311 - the same junk at every run

        for junk in (
            *("", ".", "..", "...", "a.b.c", "null", "Bearer x", "é.é.é", "\ud800.a.b"),
            *("." * 5000, "a" * 100_000, "[[[[.[[[[.[[[[", "e30.e30.", "e30.e30.e30"),
            *(
                "🐎",
                "\0.\0.\0",
                "W10.W10.W10",
                "MQ.MQ.MQ",
                f"{coded(b'[' * 3000)}.e30.x",
            ),
            *(junk_of(chance) for _ in range(300)),
        ):
            await refused(subject, junk)
