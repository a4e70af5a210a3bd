"""Tokens taken apart, changed, and signed again with HMAC keys."""

import base64
import hmac
import json
import random
from typing import Any, TypeAlias

from core.model import SigningKey
from tests.contract.private_keys import coded

Json: TypeAlias = dict[str, Any]

DIGESTS = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}


def opened(token: str) -> tuple[Json, Json]:
    header, payload, _ = token.split(".")
    return json.loads(uncoded(header)), json.loads(uncoded(payload))


def signed(header: Json, payload: Json, key: SigningKey) -> str:
    return resigned([packed(header), packed(payload), ""], key)


def resigned(segments: list[str], key: SigningKey) -> str:
    text = ".".join(segments[:2])
    mac = hmac.digest(key.secret, text.encode(), DIGESTS[key.algorithm])
    return f"{text}.{coded(mac)}"


def packed(value: Json) -> str:
    return coded(json.dumps(value, separators=(",", ":")).encode())


def uncoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "==")


def packed_twice(values: Json, name: str) -> bytes:
    """Return JSON text in which one name comes once more, first with another value."""
    rest = json.dumps(values)[1:]
    return f'{{"{name}": "x", {rest}'.encode()


def without(values: Json, name: str) -> Json:
    return {key: value for key, value in values.items() if key != name}


def twins(text: str) -> list[str]:
    """Return the other texts of which lax decoders make the same bytes."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    others = [text[:-1] + last for last in alphabet if last != text[-1]]
    return [other for other in others if uncoded(other) == uncoded(text)]


def junk_of(chance: random.Random) -> str:
    segments = [coded(chance.randbytes(chance.randrange(60))) for _ in range(3)]
    return ".".join(segments)
