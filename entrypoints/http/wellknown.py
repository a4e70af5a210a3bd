"""Resources for operators and programs: health, keys and the API's own description."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import falcon
from falcon.asgi import Request, Response

from core import errors
from core.keys import Keys
from core.ports import Clock, Storage
from core.readiness import Readiness
from entrypoints.http.bodies import Alive, Health, KeySet, Ready
from entrypoints.http.operation import operation
from entrypoints.http.pages import show


@dataclass(frozen=True, slots=True)
class Livez:
    """Asks nothing of anybody: a database outage must not get every replica killed."""

    @operation("Is the process alive?", answers=Alive)
    async def on_get(self, req: Request) -> Alive:
        return Alive()


@dataclass(frozen=True, slots=True)
class Readyz:
    readiness: Readiness

    @operation("Can requests be served?", answers=Ready)
    async def on_get(self, req: Request) -> Ready:
        await self.readiness.demand()
        return Ready()


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """Always 200: the guide probes liveness here, and a restart mends no database."""

    storage: Storage
    clock: Clock

    @operation("How are the service and what it needs?", answers=Health)
    async def on_get(self, req: Request) -> Health:
        connected = await _answers(self.storage)
        return Health(
            status="healthy" if connected else "unhealthy",
            database="connected" if connected else "disconnected",
            redis="not configured",
            timestamp=self.clock.now(),
        )


async def _answers(storage: Storage) -> bool:
    try:
        await storage.ping()
    except errors.Unavailable:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Jwks:
    keys: Keys

    @operation("The public keys that verify our tokens (RFC 7517)", answers=KeySet)
    async def on_get(self, req: Request) -> KeySet:
        return KeySet(keys=[dict(key) for key in self.keys.public_keys()])


@dataclass(frozen=True, slots=True)
class OpenApi:
    document: Mapping[str, Any]

    async def on_get(self, req: Request, resp: Response) -> None:
        resp.content_type = falcon.MEDIA_JSON
        resp.text = json.dumps(self.document)


@dataclass(frozen=True, slots=True)
class Docs:
    document: Mapping[str, Any]

    async def on_get(self, req: Request, resp: Response) -> None:
        show(resp, "docs.html", api=self.document)
