"""JWTs made and read: what they say is judged here, who signed them by `jws`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from json.encoder import encode_basestring_ascii as _quoted

from adapters.tokens import jws
from core import errors
from core.model import Claims, Role, SigningKey, TokenKind, UserId
from core.ports import TokenSigner, TokenVerifier

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = 86_400
HEADER = {"alg", "kid", "typ"}
"""Nothing else may stand there: no key, no pointer to one, no "crit", no "b64"."""

PAYLOAD = (
    '{"iss":%s,"aud":%s,"sub":"%d","sid":%s,"iat":%d,"exp":%d,"exp_ms":%3d,"jti":%s,%s}'
)
ROLE, GENERATION = '"role":%s', '"gen":%6d'
"""
A number of changing length has blanks before it, which JSON takes.

So all tokens of one session have one length: a client that holds a different length for a
failure, as `ab` does, sees none. To readers of any version they are the same numbers.
"""


@dataclass(frozen=True, slots=True)
class JwtTokens(TokenSigner, TokenVerifier):
    """``issuer`` and ``audience`` go into every token, and are asked of every token."""

    issuer: str
    audience: str

    async def sign(self, claims: Claims, key: SigningKey) -> str:
        issued_at, _ = _seconds(claims.issued_at)
        expires_at, milliseconds = _seconds(claims.expires_at)
        if claims.kind is TokenKind.ACCESS:
            last = ROLE % _quoted(claims.role or "")
        else:
            last = GENERATION % claims.generation
        payload = PAYLOAD % (
            _quoted(self.issuer),
            _quoted(self.audience),
            claims.user_id,
            _quoted(claims.session_id),
            # Whole seconds, since many clients parse an int. What is cut off stands
            # beside it: here, no life is shorter than clients are told.
            issued_at,
            expires_at,
            milliseconds,
            _quoted(claims.token_id),
            last,
        )
        return jws.signed(payload.encode(), claims.kind, key)

    async def verify(self, token: str, keys: Mapping[str, SigningKey]) -> Claims:
        header, payload = jws.opened(token, keys)
        if header.keys() != HEADER:
            raise errors.InvalidToken
        try:
            return self._claims(TokenKind(header["typ"]), jws.unambiguous(payload))
        except jws.UNREADABLE:
            raise errors.InvalidToken from None

    def kid(self, token: str) -> str | None:
        try:
            header = jws.header_of(token)
        except errors.InvalidToken:
            return None
        kid = header.get("kid")
        ours = header.keys() == HEADER and header["typ"] in list(TokenKind)
        return kid if ours and isinstance(kid, str) else None

    def _claims(self, kind: TokenKind, payload: jws.Json) -> Claims:
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


def _seconds(time: datetime) -> tuple[int, int]:
    """Return the whole seconds since 1970, and the milliseconds beyond."""
    since = time - EPOCH
    return since.days * DAY + since.seconds, since.microseconds // 1000


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
