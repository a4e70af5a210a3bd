import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.contract.base import Contract
from tests.contract.forgery import (
    opened,
    packed,
    packed_twice,
    resigned,
    signed,
    without,
)
from tests.contract.private_keys import coded
from tests.contract.tokens_samples import (
    ACCESS,
    KEY,
    NOON,
    REFRESH,
    RING,
    Tokens,
    refused,
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


class ClaimLaws(Contract):
    """What the payload says."""

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

    async def test_a_length_tells_neither_time_nor_generation(
        self, subject: Tokens
    ) -> None:
        chance = random.Random(2)  # noqa: S311 - the same moments at every run
        last = int(datetime(2286, 1, 1, tzinfo=UTC).timestamp() * 1000)
        seldom = [chance.randrange(10**12, last) for _ in range(300)]
        every = range(10**12, 10**12 + 1000)

        for claims in (ACCESS, REFRESH):
            lengths = set()
            for number, ms in enumerate((*every, *seldom)):
                moment = datetime.fromtimestamp(ms // 1000, UTC)
                moment += timedelta(milliseconds=ms % 1000)
                made = replace(claims, issued_at=moment, expires_at=moment)
                if claims is REFRESH:
                    made = replace(made, generation=min(number**2, 999_999))
                lengths.add(len(await subject.sign(made, KEY)))
            assert 1 == len(lengths)

    async def test_blanks_between_claims_say_nothing(self, subject: Tokens) -> None:
        for claims in (ACCESS, REFRESH):
            header, payload = opened(await subject.sign(claims, KEY))
            for spelling in ((",", ":"), (", ", ": "), (",\n", ":\t")):
                text = json.dumps(payload, separators=spelling).encode()
                token = resigned([packed(header), coded(text), ""], KEY)

                assert claims == await subject.verify(token, RING)

    async def test_times_are_not_judged(self, subject: Tokens) -> None:
        past = datetime(1970, 1, 1, tzinfo=UTC)
        future = datetime(2999, 1, 1, tzinfo=UTC)
        for issued_at, expires_at in ((past, past), (future, future), (future, past)):
            claims = replace(ACCESS, issued_at=issued_at, expires_at=expires_at)

            token = await subject.sign(claims, KEY)

            assert claims == await subject.verify(token, RING)

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
