import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TypeAlias

import pytest

from adapters.tokens.jwt_tokens import JwtTokens
from core import errors
from core.keys.token_service import hmac_key
from tests.adapters import broken_tokens as broken
from tests.adapters import broken_tokens_private_keys as broken_private
from tests.contract.base import Contract, broken_laws
from tests.contract.forgery import opened, signed
from tests.contract.tokens import TokensContract
from tests.contract.tokens_private_keys import PrivateKeyTokensContract
from tests.contract.tokens_samples import (
    ACCESS,
    KEY,
    RING,
    Tokens,
    refused,
)

PEM = "-----BEGIN PUBLIC KEY-----\nMA==\n-----END PUBLIC KEY-----\n"


Breaches: TypeAlias = list[tuple[type[JwtTokens], set[str]]]


@pytest.fixture
def tokens() -> JwtTokens:
    return JwtTokens(issuer="scribes", audience="tests")


class TestPyJwt(TokensContract):
    @pytest.fixture
    def subject(self, tokens: JwtTokens) -> Tokens:
        return tokens


class TestPyJwtWithPrivateKeys(PrivateKeyTokensContract):
    @pytest.fixture
    def subject(self, tokens: JwtTokens) -> Tokens:
        return tokens


BREACHES: Breaches = [
    (JwtTokens, set()),
    (broken.Amends, set()),
    (broken.SignsAllAsUsers, {"what_was_signed_is_read"}),
    (
        broken.SignsWithAnotherKey,
        {
            "a_token_is_a_compact_jws_that_anybody_can_check",
            "other_claims_are_passed_over",
            "blanks_between_claims_say_nothing",
        },
    ),
    (
        broken.SaysMore,
        {
            "claims_bear_their_registered_names",
            "a_length_tells_neither_time_nor_generation",
        },
    ),
    (
        broken.ShufflesClaims,
        {
            "the_same_claims_make_the_same_text",
            "a_length_tells_neither_time_nor_generation",
        },
    ),
    (broken.SavesBlanks, {"a_length_tells_neither_time_nor_generation"}),
    (broken.ReadsOneSpelling, {"blanks_between_claims_say_nothing"}),
    (
        broken.ShortensLives,
        {"times_are_whole_seconds_and_no_life_is_shortened"},
    ),
    (broken.JudgesTimes, {"times_are_not_judged"}),
    (broken.KnowsOneKey, {"any_key_of_the_ring_verifies"}),
    (broken.TriesEveryKey, {"only_the_key_that_is_named_verifies"}),
    (broken.BelievesTheAlgorithm, {"only_the_algorithm_of_the_key_verifies"}),
    (broken.TakesUnsigned, {"an_unsigned_token_is_refused"}),
    (
        broken.PassesOverKeyHeaders,
        {"headers_that_bring_or_point_to_a_key_are_refused"},
    ),
    (broken.PassesOverExtensions, {"extensions_are_refused"}),
    (broken.TakesAnyKind, {"only_the_two_kinds_are_tokens"}),
    (broken.MixesKinds, {"one_kind_is_not_read_as_the_other"}),
    (
        broken.ReadsHalfTheSignature,
        {
            "no_character_of_a_token_can_be_changed",
            "a_token_is_written_in_one_way_only",
        },
    ),
    (broken.StripsSpelling, {"a_token_is_written_in_one_way_only"}),
    (broken.TrustsTheLastName, {"a_header_says_everything_once"}),
    (
        broken.TrustsTheLastClaim,
        {"a_signed_text_that_is_no_set_of_claims_is_refused"},
    ),
    (broken.NamesAnyKey, {"a_token_names_its_key"}),
    (broken.MakesUpIds, {"every_claim_is_asked_for"}),
    (broken.TakesNumbersForText, {"a_claim_of_a_wrong_type_or_value_is_refused"}),
    (broken.TakesOneOfManyAudiences, {"issuer_and_audience_are_ours_alone"}),
    (
        broken.PassesOverNotBefore,
        {"a_time_before_which_a_token_is_void_is_refused"},
    ),
    (broken.RefusesOtherClaims, {"other_claims_are_passed_over"}),
    (
        broken.TrustsThePayload,
        {
            "a_signed_text_that_is_no_set_of_claims_is_refused",
            "anything_else_is_refused",
        },
    ),
    (broken.TrustsTheText, {"anything_else_is_refused"}),
]


PRIVATE_BREACHES: Breaches = [
    (JwtTokens, set()),
    (
        broken_private.SignsInItsOwnWay,
        {"what_a_private_key_signed_anybody_can_check"},
    ),
    (
        broken_private.TakesPublicKeysForSecrets,
        {"only_the_algorithm_of_a_private_key_verifies"},
    ),
    (
        broken_private.BelievesInZeroes,
        {"no_signature_of_a_private_key_can_be_made_up"},
    ),
    (broken_private.AddsZeroes, {"no_byte_of_a_signature_can_be_left_out"}),
    (
        broken_private.SignsAnewEachTime,
        {"the_same_claims_make_the_same_text_where_no_chance_is_wanted"},
    ),
]
SUITES: list[tuple[type[Contract], Breaches]] = [
    (TokensContract, BREACHES),
    (PrivateKeyTokensContract, PRIVATE_BREACHES),
]


@pytest.mark.parametrize(
    ("suite", "make", "laws"),
    [(suite, *breach) for suite, breaches in SUITES for breach in breaches],
)
async def test_broken_tokens_are_caught_by_the_law_they_break(
    suite: type[Contract], make: type[JwtTokens], laws: set[str]
) -> None:
    @asynccontextmanager
    async def subject() -> AsyncIterator[Tokens]:
        yield make(issuer="scribes", audience="tests")

    assert {f"test_{law}" for law in laws} == await broken_laws(suite, subject)


@pytest.mark.parametrize(("suite", "breaches"), SUITES)
def test_every_law_can_fail(suite: type[Contract], breaches: Breaches) -> None:
    caught = {f"test_{law}" for _, laws in breaches for law in laws}

    assert set(suite.laws()) == caught


async def test_a_very_long_token_is_not_looked_at(tokens: JwtTokens) -> None:
    header, payload = opened(await tokens.sign(ACCESS, KEY))

    long = signed(header, payload | {"x": "x" * 5000}, KEY)
    too_long = signed(header, payload | {"x": "x" * 8000}, KEY)

    assert ACCESS == await tokens.verify(long, RING)
    await refused(tokens, too_long)


async def test_a_short_key_is_used_without_a_warning(tokens: JwtTokens) -> None:
    key = hmac_key("short", "HS512")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        token = await tokens.sign(ACCESS, key)

        assert ACCESS == await tokens.verify(token, {key.kid: key})


@pytest.mark.parametrize(
    ("secret", "algorithm"),
    [("", "HS256"), (PEM, "HS256"), ("x" * 64, "none")],
)
async def test_a_key_that_can_not_sign_is_the_operators_to_mend(
    tokens: JwtTokens, secret: str, algorithm: str
) -> None:
    key = replace(KEY, secret=secret.encode(), algorithm=algorithm)

    with pytest.raises(errors.BadConfiguration, match=key.kid):
        await tokens.sign(ACCESS, key)
    await refused(tokens, await tokens.sign(ACCESS, KEY), {key.kid: key})
