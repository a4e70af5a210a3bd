import base64
import hmac
import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeAlias

import pytest

from core import errors
from core.keys import hmac_key
from core.model import Claims, Role, SigningKey, TokenKind
from core.ports import TokenSigner, TokenVerifier
from tests.contract.base import Contract
from tests.contract.private_keys import coded

Json: TypeAlias = dict[str, Any]

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DIGESTS = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}
KEY = hmac_key("a secret of the tests, and of no other use", "HS256")
OTHER = hmac_key("another secret, which signs as well as that", "HS256")
RING = {KEY.kid: KEY, OTHER.kid: OTHER}

ACCESS = Claims(
    kind=TokenKind.ACCESS,
    token_id="0123456789abcdef0123456789abcdef",
    user_id=7,
    session_id="fedcba9876543210fedcba9876543210",
    issued_at=NOON,
    expires_at=NOON + timedelta(minutes=30),
    role=Role.USER,
)
REFRESH = Claims(
    kind=TokenKind.REFRESH,
    token_id="fedcba9876543210fedcba9876543210.3",
    user_id=7,
    session_id="fedcba9876543210fedcba9876543210",
    issued_at=NOON,
    expires_at=NOON + timedelta(days=7),
    generation=3,
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
NOT_TEXT: tuple[object, ...] = (None, "", 7, True, ["x"], {"x": 1}, "\0", "\ud800")
NOT_A_TIME: tuple[object, ...] = (
    *(None, "", "1772366400", True, False, 1.5, 1772366400.0, [1772366400], {}),
    *(float("nan"), float("inf"), 10**18, -(10**18), 10**400),
)
WRONG: dict[str, tuple[object, ...]] = {
    "iss": (None, "", "elsewhere", ["elsewhere"], True, 7),
    "aud": (None, "", "elsewhere", ["elsewhere"], True, 7),
    "sub": (
        *(None, "", 7, 7.0, True, ["7"], {"7": 7}, "0", "-7", "+7", "07", "7.0", "7e0"),
        *(
            " 7",
            "7 ",
            "7\n",
            "x",
            "7_0",
            "\N{ARABIC-INDIC DIGIT SEVEN}",
            str(2**53),
            "9" * 16,
            "9" * 5000,
        ),
    ),
    "sid": NOT_TEXT,
    "jti": NOT_TEXT,
    "iat": NOT_A_TIME,
    "exp": NOT_A_TIME,
    "exp_ms": (None, "", "0", True, 0.0, -1, 1000, [0], {}),
}
WRONG_OF_KIND: dict[str, tuple[object, ...]] = {
    "role": (None, "", "root", "USER", 1, True, ["user"], {"user": 1}),
    "gen": (None, "", "3", 3.0, True, -1, [3], {}, float("nan")),
}


class Tokens(TokenSigner, TokenVerifier, Protocol):
    """Both ports: what one signs, the other reads."""


class TokensContract(Contract):
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

            header, payload = opened(token)
            assert {"alg": algorithm, "kid": key.kid, "typ": "at+jwt"} == header
            assert token == signed(header, payload, key)

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

    async def test_claims_bear_their_registered_names(self, subject: Tokens) -> None:
        _, access = opened(await subject.sign(ACCESS, KEY))
        _, refresh = opened(await subject.sign(REFRESH, KEY))

        common = {"iss", "aud", "sub", "sid", "iat", "exp", "exp_ms", "jti"}
        assert common | {"role"} == access.keys()
        assert common | {"gen"} == refresh.keys()
        assert ("7", "user", ACCESS.session_id) == tuple(
            access[name] for name in ("sub", "role", "sid")
        )
        assert 3 == refresh["gen"]

    async def test_the_same_claims_make_the_same_text(self, subject: Tokens) -> None:
        for claims in (ACCESS, REFRESH):
            texts = {await subject.sign(claims, KEY) for _ in range(5)}

            assert 1 == len(texts)

    async def test_times_are_whole_seconds_and_no_life_is_shortened(
        self, subject: Tokens
    ) -> None:
        second = timedelta(seconds=1)
        for ms in (1, 499, 500, 999):
            moment = NOON + timedelta(milliseconds=ms)
            claims = replace(ACCESS, issued_at=moment, expires_at=moment + second)

            token = await subject.sign(claims, KEY)
            read = await subject.verify(token, RING)

            _, payload = opened(token)
            assert {int} == {type(payload[name]) for name in ("iat", "exp")}
            assert 1 == payload["exp"] - payload["iat"]
            assert moment - second < read.issued_at <= moment
            assert moment + second == read.expires_at

    async def test_times_are_not_judged(self, subject: Tokens) -> None:
        past = datetime(1970, 1, 1, tzinfo=UTC)
        future = datetime(2999, 1, 1, tzinfo=UTC)
        for issued_at, expires_at in ((past, past), (future, future), (future, past)):
            claims = replace(ACCESS, issued_at=issued_at, expires_at=expires_at)

            token = await subject.sign(claims, KEY)

            assert claims == await subject.verify(token, RING)

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

    async def test_every_claim_is_asked_for(self, subject: Tokens) -> None:
        for claims, own in ((ACCESS, "role"), (REFRESH, "gen")):
            header, payload = opened(await subject.sign(claims, KEY))

            for name in (*WRONG, own):
                await refused(subject, signed(header, without(payload, name), KEY))

    async def test_a_claim_of_a_wrong_type_or_value_is_refused(
        self, subject: Tokens
    ) -> None:
        for claims, own in ((ACCESS, "role"), (REFRESH, "gen")):
            header, payload = opened(await subject.sign(claims, KEY))

            for name, values in {**WRONG, own: WRONG_OF_KIND[own]}.items():
                for value in values:
                    wrong = payload | {name: value}
                    await refused(subject, signed(header, wrong, KEY))

    async def test_issuer_and_audience_are_ours_alone(self, subject: Tokens) -> None:
        header, payload = opened(await subject.sign(ACCESS, KEY))

        for name in ("iss", "aud"):
            ours = payload[name]
            for other in (ours + "x", ours.upper(), [ours], [ours, "x"], {ours: 1}):
                wrong = payload | {name: other}
                await refused(subject, signed(header, wrong, KEY))

    async def test_a_time_before_which_a_token_is_void_is_refused(
        self, subject: Tokens
    ) -> None:
        header, payload = opened(await subject.sign(ACCESS, KEY))

        for value in (0, 1, 2**40, "1", None):
            await refused(subject, signed(header, payload | {"nbf": value}, KEY))

    async def test_other_claims_are_passed_over(self, subject: Tokens) -> None:
        header, payload = opened(await subject.sign(ACCESS, KEY))

        token = signed(header, payload | {"name": ["Ada"], "gen": "x"}, KEY)

        assert ACCESS == await subject.verify(token, RING)

    async def test_a_signed_text_that_is_no_set_of_claims_is_refused(
        self, subject: Tokens
    ) -> None:
        header, payload = opened(await subject.sign(ACCESS, KEY))

        for text in (
            *(b"", b"x", b"7", b"[]", b"{}", b"null", b'"iss"', b"\xff\xfe", b"\x00"),
            *(b"[" * 3000, b'{"iss":' * 700, b"1" * 5000, b"NaN", b'{"iss":NaN}'),
            # Readers differ in which of two counts (RFC 8259, section 4).
            packed_twice(payload, "sub"),
            packed_twice(payload, "role"),
            packed_twice(payload | {"x": {}}, "x"),
        ):
            await refused(subject, resigned([packed(header), coded(text), ""], KEY))

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


def every_claims() -> list[Claims]:
    return [
        ACCESS,
        REFRESH,
        replace(ACCESS, user_id=1, role=Role.ADMIN),
        replace(ACCESS, user_id=2**53 - 1),
        replace(REFRESH, generation=0),
        replace(REFRESH, generation=2**31),
    ]


def packed_twice(values: Json, name: str) -> bytes:
    """Return JSON text in which one name comes once more, first with another value."""
    rest = json.dumps(values)[1:]
    return f'{{"{name}": "x", {rest}'.encode()


async def refused(
    tokens: Tokens, token: str, ring: dict[str, SigningKey] | None = None
) -> None:
    with pytest.raises(errors.InvalidToken):
        await tokens.verify(token, RING if ring is None else ring)


def opened(token: str) -> tuple[Json, Json]:
    header, payload, _ = token.split(".")
    return json.loads(uncoded(header)), json.loads(uncoded(payload))


def signed(header: Json, payload: Json, key: SigningKey) -> str:
    return resigned([packed(header), packed(payload), ""], key)


def resigned(segments: list[str], key: SigningKey) -> str:
    text = ".".join(segments[:2])
    mac = hmac.digest(key.secret, text.encode(), DIGESTS[key.algorithm])
    return f"{text}.{coded(mac)}"


def packed(value: Json) -> str:
    return coded(json.dumps(value, separators=(",", ":")).encode())


def uncoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "==")


def without(values: Json, name: str) -> Json:
    return {key: value for key, value in values.items() if key != name}


def twins(text: str) -> list[str]:
    """Return the other texts of which lax decoders make the same bytes."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    others = [text[:-1] + last for last in alphabet if last != text[-1]]
    return [other for other in others if uncoded(other) == uncoded(text)]


def junk_of(chance: random.Random) -> str:
    segments = [coded(chance.randbytes(chance.randrange(60))) for _ in range(3)]
    return ".".join(segments)
