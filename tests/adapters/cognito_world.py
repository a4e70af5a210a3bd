"""Our use cases on a pool of the stand-in, as the laws of the driving ports ask for them."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from typing import Any, cast

from dependency_injector.providers import Object
from pydantic import SecretStr

from adapters.identity.cognito import people
from config.cognito import CognitoContainer
from config.settings import Settings
from core.mailed_codes import joined
from core.model import Client, Grant, Purpose, Role, SignedIn, User
from core.ports import Clock
from tests.contract.driving_service import PASSWORD, PHONE, log_in, register
from tests.servers.cognito import CognitoServer, MadePool

CODES = {
    Purpose.VERIFY_EMAIL: "verify",
    Purpose.RESET_PASSWORD: "reset",
    Purpose.INVITATION: "invitation",
}


class PoolClock(Clock):
    """The stand-in's."""

    def __init__(self, server: CognitoServer) -> None:
        self._server = server

    def now(self) -> datetime:
        now = self._server.now()
        return now.replace(microsecond=now.microsecond // 1000 * 1000)


class PoolService:
    """All driving ports, on a pool with nobody in it."""

    def __init__(self, made: MadePool, *, confirms: bool) -> None:
        self.made = made
        self._confirms = confirms
        self.container = CognitoContainer(
            settings=Settings(
                auth_backend="cognito",
                cognito_url=made.url,
                cognito_client_secret=SecretStr(made.secret),
                cognito_user_cache_seconds=0,
                rate_limit_enabled=False,
            )
        )
        self.container.clock.override(Object(PoolClock(made.server)))

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - a port's
        return getattr(self.container, name)()

    async def register(self, **person: Any) -> User:  # noqa: ANN401 - the port's
        user: User = await self.container.accounts().register(**person)
        if self._confirms:
            return self.change_user(user, is_verified=True)
        return user

    @property
    def accounts(self) -> "PoolService":
        """Who registers may log in at once, where the laws are about what comes after."""
        return self

    def wait(self, **time: float) -> None:
        server = self.made.server
        server.moved = (server.moved or timedelta()) + timedelta(**time)

    def mailed_token(self, purpose: Purpose) -> str:
        what = CODES.get(purpose, str(purpose))
        found = [
            (email, code)
            for (kind, email), code in self.made.server.codes.items()
            if kind == what
        ]
        if not found:
            raise LookupError(purpose)
        return joined(*found[-1])

    def change_user(self, user: User, **changes: Any) -> User:  # noqa: ANN401 - its fields
        pool = self.made.server.pool(self.made.id)
        theirs = pool._get_user(user.email_key)  # noqa: SLF001 - moto's
        api = cast("Any", self.made.server.client())
        name = {"UserPoolId": self.made.id, "Username": theirs.username}
        if "is_active" in changes:
            theirs.enabled = changes["is_active"]
            api.admin_user_global_sign_out(**name)  # as our administration does
        if changes.get("is_verified"):
            api.admin_confirm_sign_up(**name)
        if changes.get("role") is Role.ADMIN:
            api.admin_add_user_to_group(**name, GroupName="admin")
        elif "role" in changes:
            api.admin_remove_user_from_group(**name, GroupName="admin")
        answer = api.admin_get_user(**name)
        groups = api.admin_list_groups_for_user(**name)["Groups"]
        changed = people.user_of(answer, people.role_of(groups))
        if changed is None:
            raise LookupError(user.id)
        return changed

    async def signed_in(self, grant: Grant, client: Client = PHONE) -> SignedIn:
        identity = await self.sessions.identify(grant.access_token)
        return SignedIn(identity, client)

    async def admin(self, name: str = "root") -> SignedIn:
        user = await register(self, name)
        self.change_user(user, role=Role.ADMIN, is_verified=True)
        grant = await log_in(self, PASSWORD, email=user.email)
        return await self.signed_in(grant)


@contextmanager
def reachable(server: CognitoServer) -> Iterator[None]:
    """Let boto3 find the stand-in, and nothing else."""
    before = {name: os.environ.get(name) for name in server.environment}
    os.environ.update(server.environment)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


@asynccontextmanager
async def service_on(made: MadePool, *, confirms: bool) -> AsyncIterator[PoolService]:
    """Yield a service on an empty pool; who ``confirms`` has proved the address at once."""
    made.server.empty(made)
    made.server.moved = timedelta()
    service = PoolService(made, confirms=confirms)
    pool = service.container.pool()
    pool.deadline = 30  # fifty at once are many for a stand-in
    await pool.check()
    yield service
    await pool.aclose()
