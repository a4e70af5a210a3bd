"""Wycheproof's vectors for JOSE, as our verifier sees them."""

import base64
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from cryptography.hazmat.primitives import serialization
from jwt import PyJWK, PyJWTError

from adapters.tokens import jws
from adapters.tokens.secret_keys import SecretKeys
from core.errors import BadConfiguration, InvalidToken
from core.model import SigningKey
from tests.contract.private_keys import pem

Jwk: TypeAlias = dict[str, Any]

DIRECTORY = Path(os.environ.get("WYCHEPROOF_DIR", "../shared/data/wycheproof"))
"""The project carries no copy of C2SP/wycheproof's `testvectors_v1`."""


@dataclass(frozen=True, slots=True)
class Vector:
    number: int
    is_valid: bool
    token: str
    """An object, which stands for a JWS in JSON, as the text that a client would send."""
    jwks: list[Jwk]

    def is_accepted(self) -> bool:
        """Tell whether the service would take the token, had it these keys."""
        try:
            keys = [_signing_key(json.dumps(jwk)) for jwk in self.jwks]
            jws.opened(self.token, {key.kid: key for key in keys})
        except (BadConfiguration, InvalidToken):
            return False
        return True


def vectors(file: str) -> Iterator[Vector]:
    """Return the vectors of `json_web_{file}_test.json`."""
    path = DIRECTORY / f"json_web_{file}_test.json"
    for group in json.loads(path.read_text("utf-8"))["testGroups"]:
        key = group["private"]
        for test in group["tests"]:
            token = test.get("jws", test.get("jwe"))
            yield Vector(
                number=test["tcId"],
                is_valid=test["result"] == "valid",
                token=token if isinstance(token, str) else json.dumps(token),
                jwks=key.get("keys", [key]),
            )


@cache
def _signing_key(text: str) -> SigningKey:
    """Return what the service makes of a JWK; raises BadConfiguration if it takes none."""
    jwk: Jwk = json.loads(text)
    wanted = jwk.get("alg")
    if jwk["kty"] == "oct":
        raw = base64.urlsafe_b64decode(jwk["k"] + "==")
        # A secret is text for us: these bytes are none, but their length counts alike.
        key = SecretKeys(wanted or "").parse("k" * len(raw))
        key = replace(key, secret=raw)
    else:
        key = SecretKeys(wanted or "").parse(_pem(jwk))
    if wanted not in {None, key.algorithm}:
        raise BadConfiguration([f"no key of ours is for {wanted}"])
    return replace(key, kid=jwk.get("kid", ""))


def _pem(jwk: Jwk) -> str:
    try:
        # Which algorithm it is for is not asked here, but of our own parser.
        key = PyJWK({**jwk, "alg": {"RSA": "RS256"}.get(jwk["kty"], "ES256")}).key
    except (PyJWTError, ValueError, TypeError) as error:
        raise BadConfiguration([f"no key: {error}"]) from error
    return pem(key) if "d" in jwk else _text(key)


def _text(public: Any) -> str:  # noqa: ANN401 - one of cryptography's
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    raw: bytes = public.public_bytes(serialization.Encoding.PEM, form)
    return raw.decode()
