"""JWTs made and read by PyJWT, at the level of the JWS: what they say is judged here."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from jwt.algorithms import HMACAlgorithm

from core import errors
from core.model import Claims, Role, SigningKey, TokenKind, UserId
from core.ports import TokenSigner, TokenVerifier

LONGEST = 8 * 1024
"""More than any token of ours; what is longer is not looked at."""

COMPACT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Hmac(HMACAlgorithm):
    """Takes short keys without a warning: the operator was told of them at the start."""

    def check_key_length(self, _: bytes) -> None:
        return None


def _jws() -> jwt.PyJWS:
    jws = jwt.PyJWS(algorithms=())
    jws.register_algorithm("HS256", _Hmac(hashlib.sha256))
    jws.register_algorithm("HS384", _Hmac(hashlib.sha384))
    jws.register_algorithm("HS512", _Hmac(hashlib.sha512))
    return jws


JWS = _jws()


@dataclass(frozen=True, slots=True)
class PyJwtTokens(TokenSigner, TokenVerifier):
    """``issuer`` and ``audience`` go into every token, and are asked of every token."""

    issuer: str
    audience: str

    async def sign(self, claims: Claims, key: SigningKey) -> str:
        issued_at, _ = _seconds(claims.issued_at)
        expires_at, milliseconds = _seconds(claims.expires_at)
        payload = {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": str(claims.user_id),
            "sid": claims.session_id,
            # Whole seconds, since many clients parse an int. What is cut off stands
            # beside it: here, no life is shorter than clients are told.
            "iat": issued_at,
            "exp": expires_at,
            "exp_ms": milliseconds,
            "jti": claims.token_id,
        }
        if claims.kind is TokenKind.ACCESS:
            payload["role"] = claims.role
        else:
            payload["gen"] = claims.generation
        try:
            return JWS.encode(
                json.dumps(payload, separators=(",", ":")).encode(),
                key.secret,
                key.algorithm,
                headers={"kid": key.kid, "typ": claims.kind},
            )
        except (jwt.PyJWTError, NotImplementedError) as error:
            problem = f"JWT key {key.kid} can't sign with {key.algorithm}: {error}"
            raise errors.BadConfiguration([problem]) from error

    async def verify(self, token: str, keys: Mapping[str, SigningKey]) -> Claims:
        if len(token) > LONGEST or not COMPACT.fullmatch(token):
            raise errors.InvalidToken
        try:
            header = _header(token)
            key = keys[header["kid"]]
            if header["alg"] != key.algorithm:
                raise errors.InvalidToken
            payload = JWS.decode(token, key.secret, algorithms=[key.algorithm])
            return self._claims(TokenKind(header["typ"]), json.loads(payload))
        except (
            jwt.PyJWTError,
            KeyError,
            ValueError,
            TypeError,
            OverflowError,
            RecursionError,
        ):
            raise errors.InvalidToken from None

    def _claims(self, kind: TokenKind, payload: dict[str, Any]) -> Claims:
        ours = payload["iss"] == self.issuer and payload["aud"] == self.audience
        # We make no token that is not yet valid, and would not know when it is.
        if not ours or "nbf" in payload:
            raise errors.InvalidToken
        access = kind is TokenKind.ACCESS
        return Claims(
            kind=kind,
            token_id=_name(payload["jti"]),
            user_id=_user_id(payload["sub"]),
            session_id=_name(payload["sid"]),
            issued_at=_time(payload["iat"]),
            expires_at=_time(payload["exp"], _milliseconds(payload["exp_ms"])),
            role=Role(payload["role"]) if access else None,
            generation=None if access else _generation(payload["gen"]),
        )


def _header(token: str) -> dict[str, Any]:
    # Read once more, and with more care, when the signature is checked.
    header = json.loads(base64.urlsafe_b64decode(token.partition(".")[0] + "=="))
    # Nothing else may stand there: no key, no pointer to one, no "crit", no "b64".
    if not isinstance(header, dict) or header.keys() != {"alg", "kid", "typ"}:
        raise errors.InvalidToken
    return header


def _seconds(time: datetime) -> tuple[int, int]:
    """Return the whole seconds since 1970, and the milliseconds beyond."""
    return divmod((time - EPOCH) // timedelta(milliseconds=1), 1000)


def _time(seconds: object, milliseconds: int = 0) -> datetime:
    return EPOCH + timedelta(seconds=_integer(seconds), milliseconds=milliseconds)


def _milliseconds(value: object) -> int:
    if (milliseconds := _integer(value)) not in range(1000):
        raise errors.InvalidToken
    return milliseconds


def _integer(value: object) -> int:
    if type(value) is not int:  # a bool is none
        raise errors.InvalidToken
    return value


def _generation(value: object) -> int:
    if (generation := _integer(value)) < 0:
        raise errors.InvalidToken
    return generation


def _name(value: object) -> str:
    # Ids are ASCII; a NUL or half a surrogate pair would be the storage's trouble.
    printable = isinstance(value, str) and value.isascii() and value.isprintable()
    if not (printable and value):
        raise errors.InvalidToken
    return str(value)


def _user_id(value: object) -> UserId:
    if not re.fullmatch(r"[1-9][0-9]{0,15}", _name(value)):
        raise errors.InvalidToken
    user_id = int(_name(value))
    if user_id >= 2**53:
        raise errors.InvalidToken
    return user_id
