"""Faults of removing users."""

from asyncio import sleep
from collections.abc import Callable
from dataclasses import replace

from adapters.storage.memory.tables import Tables
from adapters.storage.memory.users import MemoryUsers
from core.model import EndReason, User, UserChange, UserId
from core.model.events import Event
from tests.adapters.broken_storage import Rest, breaks
from tests.contract.storage_records import NOW


class Undoes(MemoryUsers):
    """Puts back, of what was there before a removal, what it should not."""

    async def remove(self, user_id: UserId, **rest: Rest) -> bool:
        before = Tables(
            sessions=dict(self.tables.sessions),
            tokens=dict(self.tables.tokens),
            events=dict(self.tables.events),
            emails=dict(self.tables.emails),
        )
        done = await super().remove(user_id, **rest)
        if done:
            self.undo(before, user_id)
        return done

    def undo(self, before: Tables, user_id: UserId) -> None:
        """Put it back."""

    def retell(self, tell: Callable[[Event], Event]) -> None:
        self.tables.events = {it: tell(e) for it, e in self.tables.events.items()}


@breaks("nothing that names a removed person is left")
class KeepsSessionsOfTheRemoved(Undoes):
    def undo(self, before: Tables, _: UserId) -> None:
        self.tables.sessions = before.sessions


@breaks("nothing that names a removed person is left")
class KeepsTokensOfTheRemoved(Undoes):
    def undo(self, before: Tables, _: UserId) -> None:
        self.tables.tokens = before.tokens


@breaks("nobody gets the id of who was removed but the names")
class KeepsTheAddressTaken(Undoes):
    def undo(self, before: Tables, _: UserId) -> None:
        self.tables.emails = before.emails | self.tables.emails


@breaks(
    "events keep what does not name who was removed",
    "nothing that names a removed person is left",
)
class KeepsEventsAsTheyWere(Undoes):
    def undo(self, before: Tables, _: UserId) -> None:
        self.tables.events |= before.events


@breaks(
    "events keep what does not name who was removed",
    "nothing that names a removed person is left",
)
class KeepsEventsByTheRemoved(Undoes):
    def undo(self, before: Tables, user_id: UserId) -> None:
        by = {i: e for i, e in before.events.items() if e.user_id != user_id}
        self.tables.events |= by


@breaks(
    "events keep what does not name who was removed",
    "nothing that names a removed person is left",
)
class KeepsTheDataOfEvents(Undoes):
    def undo(self, before: Tables, _: UserId) -> None:
        self.retell(lambda e: replace(e, data=before.events.get(e.id, e).data))


@breaks(
    "events keep what does not name who was removed",
    "nothing that names a removed person is left",
)
class KeepsAddressesInEvents(Undoes):
    def undo(self, before: Tables, _: UserId) -> None:
        self.retell(lambda e: replace(e, address=before.events.get(e.id, e).address))


@breaks("events keep what does not name who was removed")
class EmptiesAllItCaused(Undoes):
    def undo(self, _before: Tables, user_id: UserId) -> None:
        self.retell(lambda e: replace(e, data={}) if e.actor_id == user_id else e)


@breaks("events keep what does not name who was removed")
class TakesActorsForBeginnings(Undoes):
    def undo(self, _before: Tables, user_id: UserId) -> None:
        def told(event: Event) -> Event:
            starts = (event.actor or "").startswith(str(user_id))
            return replace(event, address=None, label=None) if starts else event

        self.retell(told)


@breaks(
    "an administrator may go while another stays",
    "events keep what does not name who was removed",
    "every change stores its events for delivery",
    "nothing that names a removed person is left",
    "of fifty pairs of administrators at one moment one remains",
    "one of many removes a user",
)
class ForgetsEventsOfTheRemoved(Undoes):
    def undo(self, _before: Tables, user_id: UserId) -> None:
        events = self.tables.events.items()
        self.tables.events = {i: e for i, e in events if e.user_id != user_id}


@breaks("events keep what does not name who was removed")
class EmptiesWhatTellsOfIt(MemoryUsers):
    async def remove(self, user_id: UserId, **rest: Rest) -> bool:
        done = await super().remove(user_id, **rest)
        self.tables.forget(user_id)
        return done


@breaks(
    "an administrator may go while another stays",
    "events keep what does not name who was removed",
    "every change stores its events for delivery",
    "of fifty pairs of administrators at one moment one remains",
    "one of many removes a user",
)
class RemovesInSilence(MemoryUsers):
    async def remove(self, user_id: UserId, **rest: Rest) -> bool:
        return await super().remove(user_id, **rest | {"events": []})


@breaks("nothing that names a removed person is left")
class EndsSessionsOfTheRemoved(Undoes):
    def undo(self, before: Tables, user_id: UserId) -> None:
        theirs = [s for s in before.sessions.values() if s.user_id == user_id]
        self.tables.end(theirs, NOW, EndReason.LOGGED_OUT)


@breaks(
    "a place holds whoever comes goes and is changed",
    "nobody gets the id of who was removed but the names",
)
class GivesAnIdOfTheRemovedAgain(Undoes):
    def undo(self, _before: Tables, _: UserId) -> None:
        self.tables.highest_user = max(self.tables.users, default=0)


@breaks("a removal touches nobody else")
class TouchesOthers(Undoes):
    def undo(self, _before: Tables, _: UserId) -> None:
        self.tables.sessions.clear()


@breaks(
    "a place holds whoever comes goes and is changed", "a removal touches nobody else"
)
class ForgetsDevicesOfOthers(Undoes):
    def undo(self, _before: Tables, _: UserId) -> None:
        for user in list(self.tables.users.values()):
            self.tables.update(user, last_login_at=None)


@breaks(
    "nobody is removed with another stamp",
    "the stamp counts before the last administrator",
)
class RemovesWithAnyStamp(MemoryUsers):
    async def remove(self, user_id: UserId, **rest: Rest) -> bool:
        return await super().remove(user_id, **rest | {"stamp": None})


@breaks(
    "a place holds whoever comes goes and is changed",
    "a removal touches nobody else",
    "nobody gets the id of who was removed but the names",
    "nothing begins for who is being deleted",
    "nothing that names a removed person is left",
    "users are counted by what they are now",
)
class RemovesWithAStampOnly(MemoryUsers):
    async def remove(self, user_id: UserId, **rest: Rest) -> bool:
        return rest["stamp"] is not None and await super().remove(user_id, **rest)


@breaks(
    "nobody is removed with another stamp",
    "one of many removes a user",
    "the stamp counts before the last administrator",
)
class TellsOfRemovalsThatWereNone(MemoryUsers):
    async def remove(self, user_id: UserId, **rest: Rest) -> bool:
        done = await super().remove(user_id, **rest)
        if not done:
            self.tables.record(rest["events"])
        return done


@breaks("one of many removes a user")
class LooksBeforeARemoval(MemoryUsers):
    async def remove(self, user_id: UserId, **rest: Rest) -> bool:
        user = self.tables.users.get(user_id)
        if user is None or rest["stamp"] not in {None, user.stamp}:
            return False
        await sleep(0)
        if user_id in self.tables.users:
            return await super().remove(user_id, **rest | {"stamp": None})
        self.tables.record(rest["events"])
        return True


@breaks(
    "nobody is changed without the token that is to be spent",
    "nothing begins for who is being deleted",
)
class IssuesToWhoIsGone(MemoryUsers):
    async def change(self, change: UserChange, **rest: Rest) -> User | None:
        after = await super().change(change, **rest)
        if after is None and change.issues:
            self.tables.tokens[change.issues.id] = change.issues
        return after
