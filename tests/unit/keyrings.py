"""Keyrings of given secrets."""

from datetime import datetime, timedelta

from adapters.tokens.jwt_tokens import JwtTokens
from adapters.tokens.secret_keys import SecretKeys
from core.keys.keyring import Keyring, KeyRules
from core.keys.token_service import TokenService
from core.model import UNTOLD, SecretVersion
from tests.doubles import NOON, SetClock

RULES = KeyRules(
    activation=timedelta(seconds=180),
    token_life=timedelta(days=7),
    leeway=timedelta(seconds=10),
)
TOKENS = JwtTokens("scribes-auth", "scribes")


def version(name: str, created_at: datetime = NOON) -> SecretVersion:
    """Return a version of that name, whose secret is that name, often enough."""
    return SecretVersion(name * 48, name, created_at)


def keyring(*versions: SecretVersion, rules: KeyRules = RULES) -> Keyring:
    """Return a ring of these versions, newest first."""
    ring = Keyring(SecretKeys(), rules)
    ring.load(versions)
    return ring


def keys_of(*secrets: str, algorithm: str = "HS256") -> TokenService:
    """Return keys of secrets, of which the first signs and all the others verify."""
    ring = Keyring(SecretKeys(algorithm), RULES)
    ring.load([SecretVersion(text, text[:4], UNTOLD) for text in secrets])
    return keys_with(ring)


def keys_with(ring: Keyring) -> TokenService:
    return TokenService(
        signer=TOKENS,
        verifier=TOKENS,
        keyring=ring,
        clock=SetClock(),
        leeway=RULES.leeway,
    )
