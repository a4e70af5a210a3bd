from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from adapters.tokens.jwt_tokens import JwtTokens
from adapters.tokens.remembering import RememberingVerifier
from core import errors
from core.keys.token_service import hmac_key
from core.model import Claims, SigningKey
from core.ports import TokenVerifier
from tests.contract.tokens import TokensContract
from tests.contract.tokens_private_keys import PrivateKeyTokensContract
from tests.contract.tokens_samples import ACCESS, KEY, OTHER, REFRESH, RING, Tokens

TOKENS = JwtTokens(issuer="scribes", audience="tests")


@dataclass(slots=True)
class Counting(TokenVerifier):
    """Counts how often a signature is looked at."""

    looks: int = field(default=0)

    async def verify(self, token: str, keys: Mapping[str, SigningKey]) -> Claims:
        self.looks += 1
        return await TOKENS.verify(token, keys)

    def kid(self, token: str) -> str | None:
        return TOKENS.kid(token)


@dataclass(slots=True)
class ReadsTwice(Tokens):
    """Reads everything twice, so that what is remembered has to keep every law, too."""

    verifier: RememberingVerifier

    async def sign(self, claims: Claims, key: SigningKey) -> str:
        return await TOKENS.sign(claims, key)

    async def verify(self, token: str, keys: Mapping[str, SigningKey]) -> Claims:
        await self.verifier.verify(token, keys)
        return await self.verifier.verify(token, keys)

    def kid(self, token: str) -> str | None:
        return self.verifier.kid(token)


@pytest.fixture
def subject() -> Tokens:
    return ReadsTwice(RememberingVerifier(TOKENS))


class TestRemembering(TokensContract):
    @pytest.fixture
    def subject(self, subject: Tokens) -> Tokens:
        return subject


class TestRememberingWithPrivateKeys(PrivateKeyTokensContract):
    @pytest.fixture
    def subject(self, subject: Tokens) -> Tokens:
        return subject


async def test_a_signature_is_looked_at_once() -> None:
    counting = Counting()
    verifier = RememberingVerifier(counting)
    token = await TOKENS.sign(ACCESS, KEY)

    read = [await verifier.verify(token, RING) for _ in range(3)]

    assert [ACCESS] * 3 == read
    assert 1 == counting.looks


async def test_a_key_that_is_gone_or_another_by_its_name_vouches_for_nothing() -> None:
    verifier = RememberingVerifier(TOKENS)
    token = await TOKENS.sign(ACCESS, KEY)
    await verifier.verify(token, RING)
    namesake = replace(hmac_key("y" * 64, KEY.algorithm), kid=KEY.kid)

    for keys in ({}, {OTHER.kid: OTHER}, {KEY.kid: namesake}):
        with pytest.raises(errors.InvalidToken):
            await verifier.verify(token, keys)
    assert ACCESS == await verifier.verify(token, RING)


async def test_another_signature_under_what_is_known_is_refused() -> None:
    verifier = RememberingVerifier(TOKENS)
    token = await TOKENS.sign(ACCESS, KEY)
    await verifier.verify(token, RING)

    for forged in (f"{token}A", token[:-1], token + "=", f" {token}", "\ud800" + token):
        with pytest.raises(errors.InvalidToken):
            await verifier.verify(forged, RING)


async def test_who_came_longest_ago_is_forgotten_and_refresh_tokens_at_once() -> None:
    counting = Counting()
    verifier = RememberingVerifier(counting, most=2)
    first, second, third = [
        await TOKENS.sign(replace(ACCESS, token_id=it), KEY) for it in "abc"
    ]
    refresh = await TOKENS.sign(REFRESH, KEY)

    for token in (first, second, refresh, first, third):
        await verifier.verify(token, RING)
    looks = counting.looks
    for token in (first, third):
        await verifier.verify(token, RING)
    assert looks == counting.looks
    for token in (second, refresh):
        await verifier.verify(token, RING)

    assert looks + 2 == counting.looks
