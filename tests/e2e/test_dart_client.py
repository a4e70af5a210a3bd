import asyncio
import time
from dataclasses import dataclass, field

import httpx
import pytest

from tests.http.api import Api, bearer
from tests.http.conftest import Serve
from tests.servers.service import Service

ACCESS_LIFE = 1
REFRESH_LIFE = 5
"""Seconds that stand for the guide's 30 minutes and 7 days."""

SCREENS = 6
"""Requests that an app sends at once when it wakes up."""


class LoggedOut(Exception):
    """The refresh failed, and the app shows its log-in page."""


@dataclass
class DartClient:
    """The guide's `AuthInterceptor`: keeps its first refresh token, whatever comes."""

    http: httpx.AsyncClient
    access_token: str
    refresh_token: str
    refreshes: int = 0
    requests: list[int] = field(default_factory=list)

    async def get(self, path: str) -> None:
        answer = await self._fetch(path)
        if answer.status_code == 401:
            await self._refresh()
            answer = await self._fetch(path)
        self.requests.append(answer.status_code)

    async def _fetch(self, path: str) -> httpx.Response:
        return await self.http.get(path, headers=bearer(self.access_token))

    async def _refresh(self) -> None:
        body = {"refresh_token": self.refresh_token}
        answer = await self.http.post("/auth/refresh", json=body)
        if answer.status_code != 200:
            raise LoggedOut
        self.refreshes += 1
        self.access_token = answer.json()["access_token"]


async def test_the_guides_client_stays_logged_in_for_its_whole_life(
    serve: Serve,
) -> None:
    services = [short_lived(serve, grace) for grace in ("30", "0")]

    await asyncio.gather(*map(assert_stays_logged_in, services))


def short_lived(serve: Serve, grace: str) -> Service:
    return serve(
        JWT_ACCESS_TOKEN_EXPIRE_SECONDS=str(ACCESS_LIFE),
        JWT_REFRESH_TOKEN_EXPIRE_SECONDS=str(REFRESH_LIFE),
        REFRESH_GRACE_SECONDS=grace,
    )


async def assert_stays_logged_in(service: Service) -> None:
    with service.client() as client:
        api = Api(client)
        person = api.newcomer()
        begun = time.monotonic()
        tokens = api.session(person)
    async with service.crowd() as crowd:
        app = DartClient(crowd, tokens["access_token"], tokens["refresh_token"])

        with pytest.raises(LoggedOut):
            await use(app)

    assert REFRESH_LIFE <= time.monotonic() - begun < REFRESH_LIFE + 10
    assert {200} == set(app.requests)
    # Several of them found out at the same moment that their token had expired.
    assert app.refreshes > REFRESH_LIFE / (ACCESS_LIFE + 1)
    assert "reuse detected" not in service.output


async def use(app: DartClient) -> None:
    """Wake up again and again, until the client is logged out."""
    while True:
        screens = (app.get("/auth/me") for _ in range(SCREENS))
        outcomes = await asyncio.gather(*screens, return_exceptions=True)
        for failure in filter(None, outcomes):
            raise failure
        await asyncio.sleep(0.1)
