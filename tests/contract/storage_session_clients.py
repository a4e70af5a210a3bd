from dataclasses import replace

from core.model import Client, Session
from core.ports import Storage
from tests.contract.base import Contract
from tests.contract.storage_records import (
    NOW,
    RACERS,
    add,
    an_event,
    end,
    history,
    log_in,
    new_id,
    race,
    stored,
)

CURL = Client(address="2001:db8::1", label="curl")


class ClientLaws(Contract):
    async def test_an_advance_is_told_by_the_one_who_makes_it(
        self, subject: Storage
    ) -> None:
        session = await log_in(subject, await add(subject))
        ahead = replace(session, generation=1, rotations=(NOW,))

        won = await race(lambda _: subject.sessions.advance(ahead, events=[an_event()]))

        assert 1 == sum(won)
        assert 1 == len(await history(subject))

    async def test_noting_a_client_changes_nothing_else(self, subject: Storage) -> None:
        user = await add(subject)
        session = await log_in(subject, user, generation=3, rotations=(NOW,))
        bystander = await log_in(subject, user)

        assert await _noted(subject, session, CURL)

        assert replace(session, client=CURL) == await stored(subject, session.id)
        assert bystander == await stored(subject, bystander.id)
        assert 1 == len(await history(subject))

    async def test_one_of_many_replaces_a_client(self, subject: Storage) -> None:
        session = await log_in(subject, await add(subject))
        clients = [replace(CURL, label=f"curl {number}") for number in range(RACERS)]

        won = await race(lambda number: _noted(subject, session, clients[number]))

        assert 1 == sum(won)
        after = await stored(subject, session.id)
        assert clients[won.index(True)] == after.client
        assert 1 == len(await history(subject))

    async def test_only_the_stored_client_of_a_live_session_is_replaced(
        self, subject: Storage
    ) -> None:
        user = await add(subject)
        session, gone = await log_in(subject, user), await log_in(subject, user)
        await end(subject, gone)
        address, label = replace(CURL, label="Firefox"), replace(CURL, address="::1")

        for other in (CURL, address, label):
            assert not await _noted(subject, replace(session, client=other), CURL)
        assert not await _noted(subject, gone, CURL)
        assert not await _noted(subject, replace(session, id=new_id()), CURL)

        assert session == await stored(subject, session.id)
        assert gone.client == (await stored(subject, gone.id)).client
        assert [] == await history(subject)


async def _noted(storage: Storage, session: Session, client: Client) -> bool:
    return await storage.sessions.note_client(
        session.id, old=session.client, new=client, events=[an_event()]
    )
