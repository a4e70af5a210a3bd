"""Where JWTs are due."""

from typing import Any, TypeAlias

import httpx

from tests.http.api import Api, assert_problem
from tests.security.forge import Forger
from tests.security.rings import Ring

Tokens: TypeAlias = dict[str, Any]
"""The answer to a log-in."""

MALFORMED = "JWT decoding failed"
NO_REFRESH = "Invalid or expired refresh token"


class Target:
    """Where one kind of token is due, and what is said there of a bad one."""

    def __init__(self, kind: str, api: Api, tokens: Tokens, ring: Ring) -> None:
        self.kind, self.api, self.ring = kind, api, ring
        self.genuine: str = tokens[f"{kind}_token"]
        self.forger = Forger.of(self.genuine, ring.signature)

    def use(self, token: str) -> httpx.Response:
        return self.api.me(token) if self.kind == "access" else self.api.refresh(token)

    def refuses(self, token: str, detail: str = MALFORMED) -> None:
        answer = self.use(token)

        assert_problem(answer, 401, detail if self.kind == "access" else NO_REFRESH)
        challenge = (
            "Bearer" if self.kind == "refresh" else 'Bearer error="invalid_token"'
        )
        assert answer.headers["WWW-Authenticate"].startswith(challenge)
        assert 200 == self.use(self.genuine).status_code
