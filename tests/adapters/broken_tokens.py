"""Signers and verifiers that are wrong on purpose, each in one way."""

import hashlib
import random
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from adapters.tokens.jwt_tokens import JwtTokens
from core import errors
from core.model import Claims, Role, SigningKey
from tests.contract.forgery import (
    DIGESTS,
    Json,
    opened,
    resigned,
    signed,
    uncoded,
)

Keys = Mapping[str, SigningKey]
CLAIMS = {"iss", "aud", "sub", "sid", "iat", "exp", "exp_ms", "jti", "role"}
UNREADABLE = (
    *(AttributeError, LookupError, RecursionError, StopIteration),
    *(TypeError, ValueError),
)


class SignsAllAsUsers(JwtTokens):
    async def sign(self, claims: Claims, key: SigningKey) -> str:
        role = Role.USER if claims.role else None
        return await super().sign(replace(claims, role=role), key)


class SignsWithAnotherKey(JwtTokens):
    async def sign(self, claims: Claims, key: SigningKey) -> str:
        return await super().sign(claims, derived(key))

    async def verify(self, token: str, keys: Keys) -> Claims:
        return await super().verify(token, {k: derived(key) for k, key in keys.items()})


class SaysMore(JwtTokens):
    async def sign(self, claims: Claims, key: SigningKey) -> str:
        header, payload = opened(await super().sign(claims, key))
        return signed(header, payload | {"email": "ada@example.com"}, key)


class SavesBlanks(JwtTokens):
    async def sign(self, claims: Claims, key: SigningKey) -> str:
        return signed(*opened(await super().sign(claims, key)), key)


class ReadsOneSpelling(JwtTokens):
    async def verify(self, token: str, keys: Keys) -> Claims:
        claims = await super().verify(token, keys)
        if uncoded(token.split(".")[1]).startswith(b'{"iss": '):
            raise errors.InvalidToken
        return claims


class ShufflesClaims(JwtTokens):
    async def sign(self, claims: Claims, key: SigningKey) -> str:
        header, payload = opened(await super().sign(claims, key))
        return signed(
            header, dict(random.sample([*payload.items()], len(payload))), key
        )


class ShortensLives(JwtTokens):
    async def sign(self, claims: Claims, key: SigningKey) -> str:
        expires_at = claims.expires_at.replace(microsecond=0)
        return await super().sign(replace(claims, expires_at=expires_at), key)


class JudgesTimes(JwtTokens):
    async def verify(self, token: str, keys: Keys) -> Claims:
        claims = await super().verify(token, keys)
        if claims.expires_at.year < 2000:
            raise errors.InvalidToken
        return claims


class KnowsOneKey(JwtTokens):
    async def verify(self, token: str, keys: Keys) -> Claims:
        return await super().verify(token, dict(list(keys.items())[:1]))


class RefusesOtherClaims(JwtTokens):
    async def verify(self, token: str, keys: Keys) -> Claims:
        claims = await super().verify(token, keys)
        if claims.role and opened(token)[1].keys() != CLAIMS:
            raise errors.InvalidToken
        return claims


class TrustsThePayload(JwtTokens):
    """Lets an error of its own out where the payload is no object."""

    async def verify(self, token: str, keys: Keys) -> Claims:
        with suppress(ValueError, RecursionError):
            opened(token)[1].get("iss")
        return await super().verify(token, keys)


class TrustsTheText(JwtTokens):
    async def verify(self, token: str, keys: Keys) -> Claims:
        return await super().verify(token.encode("ascii").decode(), keys)


class StripsSpelling(JwtTokens):
    async def verify(self, token: str, keys: Keys) -> Claims:
        return await super().verify(token.strip().rstrip("="), keys)


class Amends(JwtTokens):
    """Takes a well-signed token for what ``amend`` makes of it."""

    async def verify(self, token: str, keys: Keys) -> Claims:
        with suppress(*UNREADABLE):
            header, payload = opened(token)
            key = self.key(header, keys, token)
            if self.is_signed(token, header, payload, key):
                self.amend(header, payload)
                token = signed({"kid": key.kid} | header, payload, key)
        return await super().verify(token, keys)

    def key(self, header: Json, keys: Keys, _: str) -> SigningKey:
        return keys[header["kid"]]

    def is_signed(
        self, token: str, header: Json, payload: Json, key: SigningKey
    ) -> bool:
        return token == signed(header, payload, key)

    def amend(self, header: Json, payload: Json) -> None:
        """Change nothing."""


class TriesEveryKey(Amends):
    def key(self, header: Json, keys: Keys, token: str) -> SigningKey:
        signers = (k for k in keys.values() if token == signed(*opened(token), k))
        header["kid"] = next(signers).kid
        return keys[header["kid"]]

    def is_signed(self, *_: object) -> bool:
        return True


class BelievesTheAlgorithm(JwtTokens):
    async def verify(self, token: str, keys: Keys) -> Claims:
        with suppress(*UNREADABLE):
            algorithm = opened(token)[0]["alg"]
            if algorithm in DIGESTS:
                keys = {k: replace(key, algorithm=algorithm) for k, key in keys.items()}
        return await super().verify(token, keys)


class TakesUnsigned(Amends):
    def is_signed(self, token: str, header: Json, *_: object) -> bool:
        return token.endswith(".") and header["alg"].lower() == "none"

    def amend(self, header: Json, _: Json) -> None:
        header["alg"] = "HS256"


class PassesOverKeyHeaders(Amends):
    def amend(self, header: Json, _: Json) -> None:
        for name in ("jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256"):
            header.pop(name, None)


class PassesOverExtensions(Amends):
    def amend(self, header: Json, _: Json) -> None:
        for name in ("crit", "b64", "zip", "exp"):
            header.pop(name, None)


class TakesAnyKind(Amends):
    def amend(self, header: Json, payload: Json) -> None:
        if header["typ"] == "JWT":
            header["typ"] = "at+jwt" if "role" in payload else "rt+jwt"


class MixesKinds(Amends):
    def amend(self, header: Json, payload: Json) -> None:
        if header["typ"] in ("at+jwt", "rt+jwt") and ("role" in payload) != (
            "gen" in payload
        ):
            header["typ"] = "at+jwt" if "role" in payload else "rt+jwt"


class ReadsHalfTheSignature(JwtTokens):
    async def verify(self, token: str, keys: Keys) -> Claims:
        with suppress(*UNREADABLE):
            whole = resigned(token.split("."), keys[opened(token)[0]["kid"]])
            token = whole if token[:-22] == whole[:-22] else token
        return await super().verify(token, keys)


class TrustsTheLastName(JwtTokens):
    """Reads the last of two names, as many do."""

    part = 0

    async def verify(self, token: str, keys: Keys) -> Claims:
        with suppress(*UNREADABLE):
            header, payload = opened(token)
            key = keys[header["kid"]]
            rightly = token == resigned(token.split("."), key)
            if rightly and b'": "x", ' in uncoded(token.split(".")[self.part]):
                token = signed(header, payload, key)
        return await super().verify(token, keys)


class TrustsTheLastClaim(TrustsTheLastName):
    part = 1


class NamesAnyKey(JwtTokens):
    def kid(self, token: str) -> str | None:
        with suppress(*UNREADABLE):
            return str(opened(token)[0]["kid"])
        return None


class MakesUpIds(Amends):
    def amend(self, _: Json, payload: Json) -> None:
        payload.setdefault("jti", "x")


class TakesNumbersForText(Amends):
    def amend(self, _: Json, payload: Json) -> None:
        if type(payload["sub"]) is int:
            payload["sub"] = str(payload["sub"])


class TakesOneOfManyAudiences(Amends):
    def amend(self, _: Json, payload: Json) -> None:
        if isinstance(payload["aud"], list) and self.audience in payload["aud"]:
            payload["aud"] = self.audience


class PassesOverNotBefore(Amends):
    def amend(self, _: Json, payload: Json) -> None:
        payload.pop("nbf", None)


def derived(key: SigningKey) -> SigningKey:
    return replace(key, secret=hashlib.sha512(key.secret).digest())
