"""
Some of all these tokens by the wire, for a server stands before the application.

What is tried inside, in the `test_jwt_*.py` beside this, is tried here on the service as a
process: every spelling, since a header's value goes through a parser first, and some of each
other kind.
"""

from collections.abc import Callable

import pytest

from tests.contract.private_keys import sign
from tests.http.api import Api
from tests.security.forge import b64
from tests.security.rings import Ring
from tests.security.target import Target, Tokens
from tests.security.test_jwt_claims import CLAIMS, EXPIRED
from tests.security.test_jwt_signatures import ATTACKERS, HEADERS
from tests.security.test_jwt_spelling import MUTATIONS

pytestmark = pytest.mark.parametrize("ring", ["EdDSA"], indirect=True, scope="module")

SOME_HEADERS = (
    *("embedded jwk", "jku", "crit", "b64", "no kid", "no alg", "no typ"),
    *("kid a path", "kid SQL", "kid surrogate", "typ JWT", "typ a list"),
)
SOME_CLAIMS = (
    *("no exp", "exp infinite", "iat in the future", "iss of another", "aud null"),
    *("sub SQL", "sub 2**63", "sid NUL", "sid surrogate", "jti an object"),
)


@pytest.fixture(scope="module")
def tokens(api: Api) -> Tokens:
    return api.session()


@pytest.fixture(params=["access", "refresh"])
def target(
    request: pytest.FixtureRequest, api: Api, tokens: Tokens, ring: Ring
) -> Target:
    return Target(request.param, api, tokens, ring)


def test_a_token_forged_without_a_fault_is_good(target: Target) -> None:
    """Or else nothing here would be shown by a refusal."""
    assert 200 == target.use(target.forger.with_claims()).status_code


@pytest.mark.parametrize("mutate", MUTATIONS.values(), ids=MUTATIONS)
def test_a_token_has_one_spelling(target: Target, mutate: Callable[[str], str]) -> None:
    target.refuses(mutate(target.genuine))


@pytest.mark.parametrize("name", SOME_HEADERS)
def test_a_header_says_three_things_and_no_others(target: Target, name: str) -> None:
    target.refuses(target.forger.with_header(**HEADERS[name]))


@pytest.mark.parametrize("name", SOME_CLAIMS)
def test_a_claim_is_there_and_says_what_it_must(target: Target, name: str) -> None:
    target.refuses(target.forger.with_claims(**CLAIMS[name]))


def test_a_token_of_the_past_has_expired(target: Target) -> None:
    target.refuses(target.forger.with_claims(exp=1, iat=0), EXPIRED)


def test_a_token_is_signed_by_our_key_alone(target: Target, ring: Ring) -> None:
    unsigned = target.forger.unsigned()
    stranger = b64(sign(ATTACKERS[ring.algorithm], ring.algorithm, unsigned))

    target.refuses(f"{target.forger.unsigned(alg='none')}.")
    target.refuses(f"{unsigned}.{stranger}")
    target.refuses(target.forger.with_mac(ring.public, alg="HS256"))
