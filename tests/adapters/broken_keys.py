"""Key parsers that are wrong on purpose, each in one way."""

import hashlib
from dataclasses import replace
from functools import cache

from adapters.tokens.secret_keys import SecretKeys
from core.errors import BadConfiguration
from core.keys.token_service import hmac_key
from core.model import SigningKey
from tests.contract.private_keys import der, private_key


@cache
def parsed(parser: SecretKeys, secret: str) -> SigningKey | BadConfiguration:
    try:
        return parser.parse(secret)
    except BadConfiguration as refusal:
        return refusal


class Sound(SecretKeys):
    """Parses each secret once for all that are wrong: to check an RSA key takes long."""

    def parse(self, secret: str) -> SigningKey:
        parser = SecretKeys(self.algorithm, self.allow_short, self.demand_strong)
        found = parsed(parser, secret)
        if isinstance(found, BadConfiguration):
            raise BadConfiguration(found.problems)
        return found


class Strips(Sound):
    def parse(self, secret: str) -> SigningKey:
        key = super().parse(secret)
        return key if key.public_jwk else replace(key, secret=key.secret.strip())


class KnowsOneAlgorithmAKind(Sound):
    def parse(self, secret: str) -> SigningKey:
        key = super().parse(secret)
        if not key.public_jwk or key.algorithm != "PS256":
            return key
        return replace(key, algorithm="RS256")


class KeepsThePem(Sound):
    def parse(self, secret: str) -> SigningKey:
        key = super().parse(secret)
        kept = der(private_key("EdDSA")) if key.public_jwk else key.secret
        return replace(key, secret=kept)


class WantsItsOwnSpelling(Sound):
    def parse(self, secret: str) -> SigningKey:
        if "\\n" in secret:
            raise BadConfiguration(["this PEM can't be read"])
        return super().parse(secret)


class NamesKeysInItsOwnWay(Sound):
    def parse(self, secret: str) -> SigningKey:
        key = super().parse(secret)
        if key.public_jwk is None:
            return key
        kid = key.kid[::-1]
        return replace(key, kid=kid, public_jwk={**key.public_jwk, "kid": kid})


class NamesKeysByTheirHash(Sound):
    def parse(self, secret: str) -> SigningKey:
        key = super().parse(secret)
        digest = hashlib.sha256(key.secret).hexdigest()
        return key if key.public_jwk else replace(key, kid=digest[:16])


class PublishesTooMuch(Sound):
    def parse(self, secret: str) -> SigningKey:
        key = super().parse(secret)
        jwk = key.public_jwk
        return replace(key, public_jwk={**jwk, "d": "AQAB"}) if jwk else key


class TakesWeakKeys(Sound):
    def parse(self, secret: str) -> SigningKey:
        lenient = replace(self, allow_short=len(secret) > 1)
        return SecretKeys.parse(lenient, secret)


class TakesAnyCurve(Sound):
    def parse(self, secret: str) -> SigningKey:
        try:
            return super().parse(secret)
        except BadConfiguration as bad:
            if "curve" not in str(bad):
                raise
            return SigningKey("x", "ES256", b"x")


class TakesBrokenKeysForTexts(Sound):
    def parse(self, secret: str) -> SigningKey:
        try:
            return super().parse(secret)
        except BadConfiguration as bad:
            if "can't be read" not in str(bad):
                raise
            return hmac_key(secret, "HS256")


class TakesMistakes(Sound):
    """Takes what is something else for a text, if the message says so."""

    told: tuple[str, ...] = ()

    def parse(self, secret: str) -> SigningKey:
        try:
            return super().parse(secret)
        except BadConfiguration as bad:
            if not any(told in str(bad) for told in self.told):
                raise
            return hmac_key(secret, "HS256")


class TakesWrappings(TakesMistakes):
    told = ("wrapped", "DER")


class TakesJson(TakesMistakes):
    told = ("JSON", "JWK")


class TakesNames(TakesMistakes):
    told = ("variable", "reference", "name of a secret", "address", "path")


class TakesTokens(TakesMistakes):
    told = ("token",)


class TellsTheSecret(Sound):
    def parse(self, secret: str) -> SigningKey:
        try:
            return super().parse(secret)
        except BadConfiguration as bad:
            raise BadConfiguration([f"{bad}: {secret}"]) from None
