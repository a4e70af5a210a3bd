"""Claims, the keys that sign them, and what it means to be refused."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

from core import errors
from core.keys.token_service import hmac_key
from core.model import Claims, Role, SigningKey, TokenKind
from core.ports import TokenSigner, TokenVerifier

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = hmac_key("a secret of the tests, and of no other use", "HS256")
OTHER = hmac_key("another secret, which signs as well as that", "HS256")
RING = {KEY.kid: KEY, OTHER.kid: OTHER}

ACCESS = Claims(
    kind=TokenKind.ACCESS,
    token_id="0123456789abcdef0123456789abcdef",
    user_id=7,
    session_id="fedcba9876543210fedcba9876543210",
    issued_at=NOON,
    expires_at=NOON + timedelta(minutes=30),
    role=Role.USER,
)
REFRESH = Claims(
    kind=TokenKind.REFRESH,
    token_id="fedcba9876543210fedcba9876543210.3",
    user_id=7,
    session_id="fedcba9876543210fedcba9876543210",
    issued_at=NOON,
    expires_at=NOON + timedelta(days=7),
    generation=3,
)


class Tokens(TokenSigner, TokenVerifier, Protocol):
    """Both ports: what one signs, the other reads."""


def every_claims() -> list[Claims]:
    return [
        ACCESS,
        REFRESH,
        replace(ACCESS, user_id=1, role=Role.ADMIN),
        replace(ACCESS, user_id=2**53 - 1),
        replace(REFRESH, generation=0),
        replace(REFRESH, generation=2**31),
    ]


async def refused(
    tokens: Tokens, token: str, ring: dict[str, SigningKey] | None = None
) -> None:
    with pytest.raises(errors.InvalidToken):
        await tokens.verify(token, RING if ring is None else ring)
