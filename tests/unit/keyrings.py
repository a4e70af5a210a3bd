"""Keyrings of given secrets."""

from datetime import datetime, timedelta

from adapters.tokens.pyjwt import PyJwtTokens
from adapters.tokens.secret_keys import SecretKeys
from core.keyring import Keyring, KeyRules
from core.keys import Keys
from core.model import UNTOLD, SecretVersion
from tests.doubles import NOON, SetClock

RULES = KeyRules(
    activation=timedelta(seconds=180),
    token_life=timedelta(days=7),
    leeway=timedelta(seconds=10),
)
TOKENS = PyJwtTokens("scribes-auth", "scribes")


def version(name: str, created_at: datetime = NOON) -> SecretVersion:
    """Return a version of that name, whose secret is that name, often enough."""
    return SecretVersion(name * 48, name, created_at)


def keyring(*versions: SecretVersion, rules: KeyRules = RULES) -> Keyring:
    """Return a ring of these versions, newest first."""
    ring = Keyring(SecretKeys(), rules)
    ring.load(versions)
    return ring


def keys_of(*secrets: str, algorithm: str = "HS256") -> Keys:
    """Return keys of secrets, of which the first signs and all the others verify."""
    ring = Keyring(SecretKeys(algorithm), RULES)
    ring.load([SecretVersion(text, text[:4], UNTOLD) for text in secrets])
    return keys_with(ring)


def keys_with(ring: Keyring) -> Keys:
    return Keys(
        signer=TOKENS,
        verifier=TOKENS,
        keyring=ring,
        clock=SetClock(),
        leeway=RULES.leeway,
    )
