from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from adapters.tokens.secret_keys import SecretKeys
from core.errors import BadConfiguration
from tests.adapters import broken_keys as broken
from tests.contract.base import broken_laws
from tests.contract.keys import KeysContract, ParserFor
from tests.unit.environment import STRONG


class TestSecretKeys(KeysContract):
    @pytest.fixture
    def subject(self) -> ParserFor:
        return SecretKeys


BREACHES = [
    (SecretKeys, set()),
    (broken.Strips, {"a_text_is_an_hmac_key_byte_for_byte"}),
    (
        broken.KnowsOneAlgorithmAKind,
        {"a_private_key_is_for_the_algorithm_of_its_kind"},
    ),
    (broken.KeepsThePem, {"a_private_key_is_kept_as_pkcs_8"}),
    (broken.WantsItsOwnSpelling, {"however_it_is_written_a_key_is_the_same"}),
    (
        broken.NamesKeysInItsOwnWay,
        {"a_kid_is_the_thumbprint_of_the_public_half"},
    ),
    (broken.NamesKeysByTheirHash, {"the_kid_of_a_text_tells_nothing_of_it"}),
    (
        broken.PublishesTooMuch,
        {"what_is_published_is_the_public_half_and_no_more"},
    ),
    (broken.TakesWeakKeys, {"a_weak_key_is_refused"}),
    (broken.TakesAnyCurve, {"a_key_of_another_kind_is_refused"}),
    (
        broken.TakesBrokenKeysForTexts,
        {"what_looks_like_a_key_and_is_none_never_becomes_a_text"},
    ),
    (broken.TakesWrappings, {"a_key_in_another_wrapping_never_becomes_a_text"}),
    (broken.TakesJson, {"a_key_in_another_wrapping_never_becomes_a_text"}),
    (broken.TakesNames, {"what_only_names_a_secret_never_becomes_one"}),
    (broken.TakesTokens, {"a_token_never_becomes_a_key"}),
    (
        broken.TellsTheSecret,
        {
            "a_key_in_another_wrapping_never_becomes_a_text",
            "what_only_names_a_secret_never_becomes_one",
            "a_token_never_becomes_a_key",
            "a_weak_key_is_refused",
            "a_key_of_another_kind_is_refused",
            "what_looks_like_a_key_and_is_none_never_becomes_a_text",
        },
    ),
]


@pytest.mark.parametrize(("make", "laws"), BREACHES)
async def test_broken_parsers_are_caught_by_the_law_they_break(
    make: type[SecretKeys], laws: set[str]
) -> None:
    @asynccontextmanager
    async def subject() -> AsyncIterator[ParserFor]:
        yield make

    assert {f"test_{law}" for law in laws} == await broken_laws(KeysContract, subject)


def test_every_law_can_fail() -> None:
    caught = {f"test_{law}" for _, laws in BREACHES for law in laws}

    assert set(KeysContract.laws()) == caught


def test_development_takes_a_short_text_but_no_empty_one() -> None:
    lenient = SecretKeys("HS512", allow_short=True)

    assert b"short" == lenient.parse("short").secret
    with pytest.raises(BadConfiguration, match="0 bytes"):
        lenient.parse("")


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_production_takes_no_text_that_can_be_guessed(algorithm: str) -> None:
    strict = SecretKeys(algorithm, demand_strong=True)

    assert STRONG.encode() == strict.parse(STRONG).secret
    with pytest.raises(BadConfiguration, match="can be guessed"):
        strict.parse("changeme" * 8)
