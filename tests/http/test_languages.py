import pytest

from adapters.emails.idna import key_of
from core.model import Locale
from tests.http.api import Api, Person
from tests.servers.databases import ON_WHAT_LASTS
from tests.servers.service import Service


@ON_WHAT_LASTS
@pytest.mark.parametrize(
    ("headers", "locale"),
    [
        ({"Accept-Language": "de-AT,de;q=0.9,en;q=0.8"}, Locale.DE),
        ({"Accept-Language": "fr, en;q=0.5"}, Locale.EN),
        ({"Accept-Language": "fr"}, None),
        ({"Accept-Language": "\xff;q=9,;"}, None),
        ({}, None),
    ],
)
async def test_who_registers_is_written_to_in_their_language(
    service: Service, api: Api, headers: dict[str, str], locale: Locale | None
) -> None:
    person = Person.new()
    body = person.details
    sent = [(name.encode(), text.encode("latin-1")) for name, text in headers.items()]

    answer = api.client.post("/auth/register", json=body, headers=sent)

    assert 201 == answer.status_code
    async with service.storage() as storage:
        account = await storage.users.account_by_email(key_of(person.email))
    assert account
    assert locale == account.user.locale
