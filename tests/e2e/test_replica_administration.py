"""What an administrator does on one replica counts on the other at the next request."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from tests.http.api import Api, bearer
from tests.http.records import promote
from tests.servers.databases import ON_SERVERS, NewDatabase
from tests.servers.service import Service, together

pytestmark = ON_SERVERS


@pytest.fixture
def here_and_there(
    tmp_path_factory: pytest.TempPathFactory, database: NewDatabase
) -> Iterator[tuple[Service, Api, httpx.Client]]:
    """Yield a service, a client of it, and a client of another replica."""
    shared = database() | {"JWT_SECRET_KEY": "k" * 64}
    services = [Service(tmp_path_factory.mktemp("replica"), **shared) for _ in "ab"]
    with (
        together(*services) as (one, other),
        one.client() as here,
        other.client() as there,
    ):
        yield one, Api(here), there


def test_roles_and_activity_count_on_the_other_replica_at_the_next_request(
    here_and_there: tuple[Service, Api, httpx.Client],
) -> None:
    service, here, there = here_and_there
    root, deputy, user = (here.newcomer() for _ in range(3))
    for person in (root, deputy):
        asyncio.run(promote(service, person))
    roots, deputys, users = (here.session(it) for it in (root, deputy, user))
    admin = bearer(roots["access_token"])

    def status(path: str, tokens: dict[str, str]) -> int:
        return there.get(path, headers=bearer(tokens["access_token"])).status_code

    def change(tokens: dict[str, dict[str, int]], **edit: object) -> None:
        path = f"/admin/users/{tokens['user']['id']}"
        assert 200 == here.client.patch(path, json=edit, headers=admin).status_code

    for _ in range(5):
        assert (200, 200) == (
            status("/auth/me", users),
            status("/admin/stats", deputys),
        )
        change(users, is_active=False)
        change(deputys, role="user")
        assert (401, 403) == (
            status("/auth/me", users),
            status("/admin/stats", deputys),
        )
        assert 200 == status("/auth/me", deputys)
        change(users, is_active=True)
        change(deputys, role="admin")
        assert 401 == status("/auth/me", users)
        users = here.session(user)
