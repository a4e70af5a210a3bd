"""Resources for programs and people who use the API: the keys, and its own description."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import falcon
from falcon.asgi import Request, Response

from core.keys.token_service import TokenService
from entrypoints.http.answers import KeySet
from entrypoints.http.declaration import ANYBODY, Declaration, Page
from entrypoints.http.operation import Operation
from entrypoints.http.reference import Reference
from entrypoints.http.rendering import show

Document: TypeAlias = Callable[[], Mapping[str, Any]]
"""Makes the OpenAPI when it is first asked for: a start need not wait for it."""


@dataclass(frozen=True, slots=True)
class Jwks:
    token_service: TokenService

    @property
    def max_age(self) -> int:
        """In seconds; so short that nobody meets a signature before its key."""
        return int(self.token_service.keyring.rules.publication.total_seconds())

    @Operation(
        "The public keys that verify our tokens (RFC 7517)",
        id="listKeys",
        description="The `kid` of a token names one of them. Empty where the key is a"
        " shared secret.",
        allows=ANYBODY,
        cached=True,
        answers=KeySet,
    )
    async def on_get(self, req: Request) -> KeySet:
        return KeySet(keys=[dict(key) for key in self.token_service.public_keys()])


@dataclass(frozen=True, slots=True)
class OpenApi:
    document: Document

    @Declaration("Describe the API", allows=ANYBODY, needs_storage=False)
    async def on_get(self, req: Request, resp: Response) -> None:
        resp.content_type = falcon.MEDIA_JSON
        resp.text = json.dumps(await asyncio.to_thread(self.document))


@dataclass(frozen=True, slots=True)
class Docs:
    document: Document
    reference: Callable[[], Reference]

    @Page("Describe the API to people", allows=ANYBODY, needs_storage=False)
    async def on_get(self, req: Request, resp: Response) -> None:
        reference = await asyncio.to_thread(self.reference)
        show(resp, "docs.html", api=self.document(), reference=reference)
