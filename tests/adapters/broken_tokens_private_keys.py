"""Signers and verifiers that are wrong on purpose with keys that have a public half."""

import random
from collections.abc import Mapping
from contextlib import suppress

from adapters.tokens.jwt_tokens import JwtTokens
from core.model import Claims, SigningKey
from tests.adapters.broken_tokens import UNREADABLE
from tests.contract.forgery import (
    opened,
    packed,
    signed,
    uncoded,
)
from tests.contract.private_keys import coded, private_key, public_pem, sign

Keys = Mapping[str, SigningKey]


class AddsZeroes(JwtTokens):
    """Takes a signature for a number, of which zeroes in front are no part."""

    async def verify(self, token: str, keys: Keys) -> Claims:
        text, _, signature = token.rpartition(".")
        with suppress(*UNREADABLE):
            if opened(token)[0]["alg"] == "PS256" and len(uncoded(signature)) == 255:
                token = f"{text}.{coded(uncoded(signature).rjust(256, bytes(1)))}"
        return await super().verify(token, keys)


class SignsInItsOwnWay(JwtTokens):
    """Writes a signature as DER, and reads it so, where the JWS wants two numbers."""

    async def sign(self, claims: Claims, key: SigningKey) -> str:
        token = await super().sign(claims, key)
        return token + "AAAA" if key.algorithm == "ES256" else token

    async def verify(self, token: str, keys: Keys) -> Claims:
        with suppress(*UNREADABLE):
            if opened(token)[0]["alg"] == "ES256":
                token = token.removesuffix("AAAA")
        return await super().verify(token, keys)


class TakesPublicKeysForSecrets(JwtTokens):
    async def verify(self, token: str, keys: Keys) -> Claims:
        with suppress(*UNREADABLE):
            header, payload = opened(token)
            key = keys[header["kid"]]
            private = private_key(key.algorithm)
            secret = SigningKey(key.kid, "HS256", public_pem(private))
            if token == signed(header, payload, secret):
                text = f"{packed(header | {'alg': key.algorithm})}.{packed(payload)}"
                token = f"{text}.{coded(sign(private, key.algorithm, text))}"
        return await super().verify(token, keys)


class BelievesInZeroes(JwtTokens):
    async def verify(self, token: str, keys: Keys) -> Claims:
        text, _, signature = token.rpartition(".")
        with suppress(*UNREADABLE):
            kind = opened(token)[0]["alg"]
            if kind == "ES256" and uncoded(signature) == bytes(64):
                token = f"{text}.{coded(sign(private_key(kind), kind, text))}"
        return await super().verify(token, keys)


class SignsAnewEachTime(JwtTokens):
    async def sign(self, claims: Claims, key: SigningKey) -> str:
        header, payload = opened(await super().sign(claims, key))
        shuffled = dict(random.sample([*payload.items()], len(payload)))
        text = f"{packed(header)}.{packed(shuffled)}"
        kind = key.algorithm
        return f"{text}.{coded(sign(private_key(kind), kind, text))}"
