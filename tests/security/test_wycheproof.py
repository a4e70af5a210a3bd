"""Wycheproof's JOSE vectors against our verifier, each with the verdict it asks for."""

from itertools import chain

import pytest

from tests.security.wycheproof import DIRECTORY, vectors

NOT_OURS = "an algorithm that no key of ours is for"
ENCRYPTED = "a JWE: nothing here is encrypted"
NO_CLAIMS = "signs no payload at all: a JWT has claims"
NO_USE = "a JWK's use or key_ops forbids it; our keys are PEM, which says neither"
CANONICAL = "labelled invalid for padding that is not there: the token is canonical"
STRAY = "labelled valid, though it has a `?` where base64url has none"

NUMBER_OF = {"signature": 401, "crypto": 83, "key": 26}
LEFT_OUT: dict[str, dict[str, list[int]]] = {
    "signature": {
        NO_CLAIMS: [259, 272],
        NOT_OURS: [
            *(264, 265, 266, 267),  # RS384
            *(268, 269, 270, 271),  # RS512
            *(320, 321, 322, 323, 346, 350),  # PS384
            *(325, 326, 327, 328),  # PS512
            *(347, 351),  # ES512
        ],
        NO_USE: [353, 354, 355, 356],
        CANONICAL: [367, 370],
        STRAY: [372, 373],
    },
    "crypto": {ENCRYPTED: [50, 67]},
    "key": {NO_USE: [21]},
}
"""Those where our verdict is another than theirs, and why; no other may be."""


@pytest.fixture(autouse=True)
def there() -> None:
    if not DIRECTORY.is_dir():
        pytest.skip(f"no Wycheproof vectors in {DIRECTORY}: set WYCHEPROOF_DIR")


@pytest.mark.parametrize("file", NUMBER_OF)
def test_every_vector_gets_its_verdict(file: str) -> None:
    every = list(vectors(file))

    disputed = [it.number for it in every if it.is_accepted() != it.is_valid]

    assert NUMBER_OF[file] == len(every)
    assert sorted(chain(*LEFT_OUT[file].values())) == disputed


@pytest.mark.parametrize("file", NUMBER_OF)
def test_what_is_left_out_is_what_it_is_left_out_for(file: str) -> None:
    numbered = {it.number: it for it in vectors(file)}

    for reason, numbers in LEFT_OUT[file].items():
        # Where we are laxer than the label, it is for these two reasons only.
        lax = reason in {NO_USE, CANONICAL}
        assert {not lax} == {numbered[number].is_valid for number in numbers}
    for number in LEFT_OUT[file].get(CANONICAL, []):
        assert "=" not in numbered[number].token
    for number in LEFT_OUT[file].get(STRAY, []):
        assert "?" in numbered[number].token
    for number in LEFT_OUT[file].get(NO_CLAIMS, []):
        assert ".." in numbered[number].token
    for number in LEFT_OUT[file].get(NO_USE, []):
        (jwk,) = numbered[number].jwks
        assert "enc" == jwk.get("use") or "encrypt" in jwk["key_ops"]
