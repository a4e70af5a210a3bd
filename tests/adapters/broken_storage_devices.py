"""Faults of noting log-ins."""

from dataclasses import replace

from adapters.storage.memory.sessions import MemorySessions
from core.model import Session
from tests.adapters.broken_storage import Rest, breaks


@breaks(
    "a change replaces the hash and nothing else",
    "a change stores all that may change and nothing else",
    "a hash made anew changes nothing else",
    "a log in is noted in utc",
    "a log in is noted with the devices and changes nothing else",
    "a removal touches nobody else",
    "a session comes back with its user",
    "an invitation sets a first password",
    "any text comes back unchanged",
    "many callers at once are all served",
    "no change without the stored stamp",
    "no verified user is removed",
    "nobody else is removed",
    "nobody is changed without the stored stamp",
    "nobody is removed with another stamp",
    "only a live session of the user is renewed",
    "sessions that are over are purged",
    "the archive has users and log ins as they are",
    "the last administrator stays",
    "times come back in utc",
    "what is no reset token resets nothing",
)
class NotesNoLogIn(MemorySessions):
    async def open(self, session: Session, **rest: Rest) -> bool:
        before = self.tables.users.get(session.user_id)
        opened = await super().open(session, **rest)
        if opened and before:
            self.tables.update(before)
        return opened


@breaks(
    "a change replaces the hash and nothing else",
    "a hash made anew changes nothing else",
    "a log in is noted with the devices and changes nothing else",
    "times come back in utc",
)
class NotesTheFirstLogInOnly(MemorySessions):
    async def open(self, session: Session, **rest: Rest) -> bool:
        before = self.tables.users.get(session.user_id)
        opened = await super().open(session, **rest)
        if opened and before and before.last_login_at:
            self.tables.update(before)
        return opened


@breaks("a refused log in is not noted")
class NotesLogInsThatAreRefused(MemorySessions):
    async def open(self, session: Session, **rest: Rest) -> bool:
        opened = await super().open(session, **rest)
        if not opened and session.user_id in self.tables.users:
            self.tables.devices[session.user_id] = tuple(rest["devices"])
        return opened


@breaks(
    "a change ends all sessions and opens a successor",
    "a change ends all sessions if that is a reason",
    "a change replaces the hash and nothing else",
    "a change stores all that may change and nothing else",
    "a hash made anew changes nothing else",
    "a log in is noted with the devices and changes nothing else",
    "a place among sessions holds whatever happens",
    "a removal touches nobody else",
    "a reset ends all the users sessions",
    "a session and its user are read at one moment",
    "a session comes back with its user",
    "a session stays ended whoever advances it",
    "advancing stores what a refresh changes and nothing else",
    "all of a users sessions end and are counted",
    "all sessions end but the one that is kept",
    "an account is read at one moment",
    "an ended session says when and why",
    "an invitation sets a first password",
    "any text comes back unchanged",
    "each session is ended by one of many",
    "events keep what does not name who was removed",
    "every change stores its events for delivery",
    "mailed tokens stay good through a change but not a new address",
    "many callers at once are all served",
    "no change without the stored stamp",
    "no hash that is made anew undoes a change it raced",
    "no log in outlives a change that it raced",
    "no log in outlives a deactivation that it raced",
    "no verified user is removed",
    "nobody else is removed",
    "nobody is changed without the stored stamp",
    "nobody is removed with another stamp",
    "nothing that names a removed person is left",
    "noting a client changes nothing else",
    "of who is removed nothing stays but events",
    "one of many changes a password",
    "only a live session of the user is renewed",
    "only the stored client of a live session is replaced",
    "sessions of an inactive user end once and are told once",
    "sessions that are over are purged",
    "the archive has users and log ins as they are",
    "the last administrator stays",
    "the stamp counts every new password of a race",
    "the stamp grows with every change of a user but by log ins",
    "times of changes come back in utc",
    "what an inactive user had ends and is counted",
    "what is no reset token resets nothing",
    "what was opened since the look stays",
)
class GrowsTheStampForALogIn(MemorySessions):
    async def open(self, session: Session, **rest: Rest) -> bool:
        opened = await super().open(session, **rest)
        if opened:
            user = self.tables.users[session.user_id]
            self.tables.update(user, stamp=user.stamp + 1)
        return opened


@breaks("a log in is noted with the devices and changes nothing else")
class AddsDevices(MemorySessions):
    async def open(self, session: Session, **rest: Rest) -> bool:
        before = self.tables.devices.get(session.user_id, ())
        opened = await super().open(session, **rest)
        if opened:
            devices = self.tables.devices[session.user_id]
            self.tables.devices[session.user_id] = (*devices, *before)
        return opened


@breaks("a log in is noted with the devices and changes nothing else")
class NotesDevicesOfEverybody(MemorySessions):
    async def open(self, session: Session, **rest: Rest) -> bool:
        opened = await super().open(session, **rest)
        if opened:
            devices = tuple(rest["devices"])
            self.tables.devices = dict.fromkeys(self.tables.devices, devices)
        return opened


@breaks("a log in is noted in utc", "times come back in utc")
class KeepsTheOffsetOfALogIn(MemorySessions):
    async def open(self, session: Session, **rest: Rest) -> bool:
        opened = await super().open(session, **rest)
        if opened:
            user = self.tables.users[session.user_id]
            as_given = replace(user, last_login_at=session.created_at)
            self.tables.users[user.id] = as_given
        return opened
