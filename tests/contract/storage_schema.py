import asyncio

from core.model import RecordKind
from core.ports import Storage
from tests.contract.base import Contract
from tests.contract.storage_records import (
    a_password,
    a_user,
    add,
    an_event,
    history,
    log_in,
)


class SchemaLaws(Contract):
    async def test_after_migrating_nothing_is_pending(self, subject: Storage) -> None:
        assert [] == list(await subject.pending())
        assert [] == list(await subject.migrate())
        assert [] == list(await subject.pending())

    async def test_migrating_again_changes_nothing(self, subject: Storage) -> None:
        event = an_event()
        user = await subject.users.add(
            a_user(), a_password(), token=None, events=[event]
        )
        session = await log_in(subject, user)

        ran = await asyncio.gather(*(subject.migrate() for _ in range(10)))

        assert [[]] * 10 == [list(names) for names in ran]
        assert {session.id} == set(await subject.sessions.identities([session.id]))
        assert [event.id] == [stored.id for stored in await history(subject)]
        assert user.id + 1 == (await add(subject, "bob")).id

    async def test_after_migrating_no_right_is_missing(self, subject: Storage) -> None:
        assert [] == list(await subject.missing_rights())
        assert [] == list(await subject.missing_rights())

    async def test_asking_for_rights_leaves_no_trace(self, subject: Storage) -> None:
        await subject.missing_rights()

        counts = [await subject.archive.count(kind) for kind in RecordKind]
        assert [0] * len(RecordKind) == counts
        assert 1 == (await add(subject)).id

    async def test_a_ping_leaves_no_trace(self, subject: Storage) -> None:
        for _ in range(3):
            await subject.ping()

        counts = [await subject.archive.count(kind) for kind in RecordKind]
        assert [0] * len(RecordKind) == counts
        assert 1 == (await add(subject)).id
