from core.model.events import Backlog, EventKind
from core.ports import Storage
from tests.contract.base import Contract
from tests.contract.storage_records import MINUTE, NOW, an_event

LIMIT = 100


class BacklogLaws(Contract):
    async def test_the_backlog_is_what_was_not_delivered(
        self, subject: Storage
    ) -> None:
        seen = [await subject.events.backlog(limit=LIMIT)]
        events = [an_event(at=NOW + minutes * MINUTE) for minutes in (1, 0, 2, 3)]
        silent = an_event(EventKind.SESSION_OPENED, at=NOW - MINUTE)
        await subject.events.append([silent, *events])
        seen.append(await subject.events.backlog(limit=LIMIT))
        later = NOW + 5 * MINUTE
        first, second, third, _ = await subject.events.claim(
            at=later, lease=MINUTE, limit=4
        )
        seen.append(await subject.events.backlog(limit=LIMIT))
        await subject.events.delivered(second.event.id)
        seen.append(await subject.events.backlog(limit=LIMIT))
        await subject.events.failed(first, retry_at=None)
        await subject.events.failed(third, retry_at=later + MINUTE)
        seen.append(await subject.events.backlog(limit=LIMIT))

        assert [
            Backlog(0, 0, None),
            Backlog(4, 0, NOW),
            Backlog(4, 0, NOW),
            Backlog(3, 0, NOW + MINUTE),
            Backlog(2, 0, NOW + 2 * MINUTE),
        ] == seen

    async def test_the_backlog_tells_what_was_tried_in_vain(
        self, subject: Storage
    ) -> None:
        await subject.events.append([an_event() for _ in range(3)])
        first, lost, _ = await subject.events.claim(at=NOW, lease=MINUTE, limit=3)
        await subject.events.failed(first, retry_at=NOW)
        await subject.events.claim(at=NOW, lease=MINUTE, limit=3)
        seen = [await subject.events.backlog(limit=LIMIT)]
        await subject.events.delivered(first.event.id)
        seen.append(await subject.events.backlog(limit=LIMIT))
        await subject.events.claim(at=NOW + MINUTE, lease=MINUTE, limit=1)
        seen.append(await subject.events.backlog(limit=LIMIT))

        assert [(3, 1), (2, 0), (2, 1)] == [(it.waiting, it.retried) for it in seen]
        assert lost.attempt == 1

    async def test_the_backlog_is_counted_no_further_than_asked(
        self, subject: Storage
    ) -> None:
        await subject.events.append([an_event() for _ in range(7)])

        seen = [await subject.events.backlog(limit=limit) for limit in (1, 6, 7, 8)]

        assert [1, 6, 7, 7] == [backlog.waiting for backlog in seen]
