"""Texts that are nearly a token."""

import json
from collections.abc import Callable

import pytest

from tests.http.api import Api, assert_problem
from tests.security.forge import part
from tests.security.rings import Ring
from tests.security.target import Target, Tokens

pytestmark = pytest.mark.parametrize(
    "ring", ["HS256", "RS256", "EdDSA"], indirect=True, scope="module"
)


def _in_json(token: str) -> str:
    names = ("protected", "payload", "signature")
    return json.dumps(dict(zip(names, token.split("."), strict=True)))


MUTATIONS: dict[str, Callable[[str], str]] = {
    "no signature": lambda t: t.rpartition(".")[0] + ".",
    "two parts": lambda t: t.rpartition(".")[0],
    "one part": lambda t: t.partition(".")[0],
    "four parts": lambda t: f"{t}.{t.rpartition('.')[2]}",
    "five parts, as encrypted ones have": lambda t: f"{t}..",
    "a dot after it": lambda t: f"{t}.",
    "a dot before it": lambda t: f".{t}",
    "no claims": lambda t: f"{t.split('.')[0]}..{t.split('.')[2]}",
    "other claims": lambda t: f"{t.split('.')[0]}.{part({})}.{t.split('.')[2]}",
    "a letter after it": lambda t: f"{t}A",
    "garbage after it": lambda t: f"{t} garbage",
    "a comma and a second one": lambda t: f"{t},{t}",
    "padded": lambda t: f"{t}=",
    "padded twice": lambda t: f"{t}==",
    "padded within": lambda t: t.replace(".", "=.", 1),
    "in the other base64": lambda t: f"{t[:-2]}+/",
    "a percent sign": lambda t: t.replace(".", "%2e"),
    "half a signature": lambda t: t[:-20],
    "other spare bits at the end": lambda t: t[:-1] + _neighbour(t[-1]),
    "the signature twice": lambda t: t + t.rpartition(".")[2],
    "a blank in it": lambda t: t.replace(".", " .", 1),
    "a tab in it": lambda t: t.replace(".", "\t.", 1),
    "in JSON (RFC 7515, section 7.2)": _in_json,
}


def _neighbour(letter: str) -> str:
    """Return a letter that only differs in bits that a lenient decoder drops."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return alphabet[alphabet.index(letter) ^ 1]


@pytest.mark.parametrize("mutate", MUTATIONS.values(), ids=MUTATIONS)
def test_a_token_has_one_spelling(target: Target, mutate: Callable[[str], str]) -> None:
    target.refuses(mutate(target.genuine))


def test_a_token_longer_than_any_of_ours_is_not_read(
    application: Api, tokens: Tokens, ring: Ring
) -> None:
    access = Target("access", application, tokens, ring)
    signed = access.forger.with_claims(more="A" * 10_000)

    for text in (signed, "A" * 10_000, "." * 10_000, ".".join(["A" * 10_000] * 3)):
        access.refuses(text)
        assert_problem(application.refresh(text), 422)


def test_what_is_no_json_object_is_refused(target: Target) -> None:
    header, claims = target.forger.header, target.forger.claims
    for odd in ("", "{", "null", "[]", '"text"', "1", "NaN", "\0", "[" * 3000):
        target.refuses(target.forger.with_parts(odd, claims))
        target.refuses(target.forger.with_parts(header, odd))
