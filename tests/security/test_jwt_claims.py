"""Rightly signed tokens that say what no token of ours does."""

import json
from typing import Any

import pytest

from tests.http.api import Api
from tests.security.forge import GONE, Forger
from tests.security.rings import Ring
from tests.security.target import Target, Tokens

pytestmark = pytest.mark.parametrize(
    "ring", ["HS256", "EdDSA"], indirect=True, scope="module"
)

EXPIRED = "Token has expired"
ENDED = "Session has ended"


@pytest.fixture(scope="module")
def strangers(application: Api) -> Tokens:
    """Somebody else's session."""
    return application.session()


BOTH_KINDS = ("iss", "aud", "sub", "sid", "iat", "exp", "jti")
CLAIMS: dict[str, dict[str, Any]] = {
    **{f"no {name}": {name: GONE} for name in BOTH_KINDS},
    **{f"{name} null": {name: None} for name in BOTH_KINDS},
    **{f"{name} an object": {name: {"": 1}} for name in BOTH_KINDS},
    **{f"{name} a list": {name: ["1"]} for name in BOTH_KINDS},
    "exp text": {"exp": "9999999999"},
    "exp true": {"exp": True},
    "exp a fraction": {"exp": 9999999999.5},
    "exp out of every range": {"exp": 10**400},
    "exp out of the calendar": {"exp": 2**63},
    "exp far in the past": {"exp": -(2**63)},
    "exp infinite": {"exp": float("inf")},
    "exp not a number": {"exp": float("nan")},
    "iat text": {"iat": "0"},
    "iat true": {"iat": True},
    "iat in the future": {"iat": 4102444800, "exp": 4102448400},
    "nbf": {"nbf": 0},
    "nbf in the future": {"nbf": 4102444800},
    "iss of another": {"iss": "https://attacker.example"},
    "iss a list with ours": {"iss": ["scribes-auth"]},
    "aud of another": {"aud": "other"},
    "aud a list with ours": {"aud": ["scribes"]},
    "aud a list with ours and another": {"aud": ["scribes", "other"]},
    "sub a number": {"sub": 1},
    "sub true": {"sub": True},
    "sub zero": {"sub": "0"},
    "sub negative": {"sub": "-1"},
    "sub with a plus": {"sub": "+1"},
    "sub with a blank": {"sub": " 1"},
    "sub with a zero before it": {"sub": "01"},
    "sub in other digits": {"sub": "\u0661"},
    "sub a fraction": {"sub": "1.0"},
    "sub SQL": {"sub": "1 OR 1=1"},
    "sub 2**53": {"sub": str(2**53)},
    "sub 2**63": {"sub": str(2**63)},
    "sub very long": {"sub": "1" * 5000},
    "sid empty": {"sid": ""},
    "sid NUL": {"sid": "\0"},
    "sid surrogate": {"sid": "\ud800"},
    "sid SQL": {"sid": "' OR ''='\n"},
    "sub a name that looks like ours": {"sub": "\uff11"},
    "jti beyond ASCII": {"jti": "\u202e\u0000"},
    "sid a right-to-left mark": {"sid": "\u202e"},
    "iss in other letters": {"iss": "\u0455cribes-auth"},
    "aud composed in another way": {"aud": "scribe\u0073\u0301"},
    "iat out of the calendar": {"iat": 10**18},
    "exp_ms beyond a second": {"exp_ms": 1000},
}


@pytest.mark.parametrize("change", CLAIMS.values(), ids=CLAIMS)
def test_a_claim_is_there_and_says_what_it_must(
    target: Target, change: dict[str, Any]
) -> None:
    target.refuses(target.forger.with_claims(**change))


KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "no role": ("access", {"role": GONE}),
    "an unknown role": ("access", {"role": "root"}),
    "several roles": ("access", {"role": ["user", "admin"]}),
    "no generation": ("refresh", {"gen": GONE}),
    "generation text": ("refresh", {"gen": "0"}),
    "generation true": ("refresh", {"gen": True}),
    "generation negative": ("refresh", {"gen": -1}),
    "generation a fraction": ("refresh", {"gen": 0.5}),
}


@pytest.mark.parametrize(("kind", "change"), KINDS.values(), ids=KINDS)
def test_each_kind_has_its_own_claim(
    application: Api, tokens: Tokens, ring: Ring, kind: str, change: dict[str, Any]
) -> None:
    target = Target(kind, application, tokens, ring)

    target.refuses(target.forger.with_claims(**change))


@pytest.mark.parametrize("name", ["sub", "sid", "exp", "iss", "aud", "jti"])
def test_a_claim_is_not_made_twice(target: Target, name: str) -> None:
    """Readers differ in which of two counts (RFC 8259, section 4)."""
    claims = json.dumps(target.forger.claims)
    ours = json.dumps(target.forger.claims[name])

    for twice in (
        f'{{"{name}": "mine", {claims[1:]}',
        f'{claims[:-1]}, "{name}": "mine"}}',
        f'{claims[:-1]}, "{name}": {ours}}}',
    ):
        target.refuses(target.forger.with_parts(target.forger.header, twice))


@pytest.mark.parametrize("past", [1, 0, -1, -62135596799])
def test_a_token_of_the_past_has_expired(target: Target, past: int) -> None:
    target.refuses(target.forger.with_claims(exp=past, iat=past - 1), EXPIRED)


def test_each_kind_is_refused_where_the_other_is_due(
    target: Target, tokens: Tokens
) -> None:
    other = "refresh" if target.kind == "access" else "access"
    theirs = Forger.of(tokens[f"{other}_token"], target.ring.signature)
    typ = theirs.header["typ"]

    target.refuses(tokens[f"{other}_token"])
    target.refuses(target.forger.with_header(typ=typ))
    target.refuses(theirs.with_header(typ=target.forger.header["typ"]))


def test_a_token_is_for_one_user_and_that_users_session(
    target: Target, strangers: Tokens
) -> None:
    token = strangers[f"{target.kind}_token"]
    stranger = Forger.of(token, target.ring.signature).claims

    target.refuses(target.forger.with_claims(sid=stranger["sid"]), ENDED)
    target.refuses(target.forger.with_claims(sub=stranger["sub"]), ENDED)
    target.refuses(target.forger.with_claims(sub=str(2**53 - 1)), ENDED)
    target.refuses(target.forger.with_claims(sid="0" * 32), ENDED)
    assert 200 == target.use(strangers[f"{target.kind}_token"]).status_code
