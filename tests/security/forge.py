"""JWTs made by hand, so that nothing stops us from making bad ones."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

SECRET = "a secret that the tests know, and nobody else does: 0123456789abcdef"

GONE: Any = object()
"""As a changed value: the name is left out."""


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def part(value: object) -> str:
    """Return a header or claims, or any text that stands in their place, encoded."""
    text = value if isinstance(value, str) else json.dumps(value)
    return b64(text.encode())


def hs256(signed: str, secret: bytes = SECRET.encode()) -> str:
    return b64(hmac.digest(secret, signed.encode(), hashlib.sha256))


@dataclass(frozen=True, slots=True)
class Forger:
    """Holds what a good token says, and makes others like it."""

    header: dict[str, Any]
    claims: dict[str, Any]
    signature: Callable[[str], str]
    """Makes the right one."""

    @classmethod
    def of(cls, token: str, signature: Callable[[str], str]) -> "Forger":
        header, claims, _ = token.split(".")
        return cls(_decoded(header), _decoded(claims), signature)

    def unsigned(self, **header: Any) -> str:  # noqa: ANN401 - JSON
        """Return header and claims without a signature, not even an empty one."""
        return f"{part(_changed(self.header, header))}.{part(self.claims)}"

    def with_header(self, **changes: Any) -> str:  # noqa: ANN401 - JSON
        """Return the token with another header, rightly signed."""
        signed = self.unsigned(**changes)
        return f"{signed}.{self.signature(signed)}"

    def with_claims(self, **changes: Any) -> str:  # noqa: ANN401 - JSON
        """Return the token with other claims, rightly signed."""
        signed = f"{part(self.header)}.{part(_changed(self.claims, changes))}"
        return f"{signed}.{self.signature(signed)}"

    def with_parts(self, header: object, claims: object) -> str:
        """Return a token of anything, rightly signed."""
        signed = f"{part(header)}.{part(claims)}"
        return f"{signed}.{self.signature(signed)}"

    def with_mac(self, secret: bytes, **header: Any) -> str:  # noqa: ANN401 - JSON
        """Return the token with a MAC under some secret for its signature."""
        signed = self.unsigned(**header)
        return f"{signed}.{hs256(signed, secret)}"


def _decoded(text: str) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=="))
    return decoded


def _changed(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    both = {**values, **changes}
    return {name: value for name, value in both.items() if value is not GONE}
