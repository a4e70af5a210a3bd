"""What a service stores, seen from beside it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from adapters.emails.idna import key_of
from core.model import Account, RecordKind, Role
from core.ports import Record, Storage
from tests.http.api import Api, Person
from tests.servers.service import Service

PAGE = 1000


def verified(service: Service, api: Api) -> Person:
    """Return a newcomer whose address is proven."""
    person = api.newcomer()
    token = service.mailed_token(person.email, "confirm")
    assert 200 == api.post("/auth/verify-email", {"token": token}).status_code
    return person


async def deactivate(service: Service, person: Person) -> None:
    """Switch an account off."""
    await _switch(service, person, is_active=False)


async def activate(service: Service, person: Person) -> None:
    """Switch an account on."""
    await _switch(service, person, is_active=True)


async def promote(service: Service, person: Person) -> None:
    """Make somebody an administrator."""
    await _switch(service, person, role=Role.ADMIN)


async def _switch(service: Service, person: Person, **changes: Any) -> None:  # noqa: ANN401 - a user's fields
    async with service.storage() as storage:
        account = await storage.users.account_by_email(key_of(person.email))
        assert account
        user = replace(account.user, **changes)
        switched: Account = replace(account, user=user)
        await storage.archive.write(RecordKind.USERS, [switched])


async def every(storage: Storage, kind: RecordKind) -> Sequence[Record]:
    """Return all records of a kind."""
    found: list[Record] = []
    after = None
    while page := await storage.archive.read(kind, after=after, limit=PAGE):
        found += [record for _, record in page]
        after = page[-1][0]
    return found
