import asyncio
from dataclasses import replace

from core.model import Purpose, RecordKind, Role, TokenId, User
from core.model.events import EventKind
from core.ports import Storage
from tests.contract.base import Contract
from tests.contract.storage_records import (
    MINUTE,
    NOW,
    RACERS,
    a_session,
    a_token,
    add,
    an_event,
    history,
    issue,
    log_in,
    new_id,
    race,
    seen,
    stored,
)

RESET = Purpose.RESET_PASSWORD
LATER = NOW + MINUTE


class RemovalLaws(Contract):
    async def test_of_who_is_removed_nothing_stays_but_events(
        self, subject: Storage
    ) -> None:
        user = await add(subject)
        told = an_event(EventKind.SESSION_OPENED, user.id)
        session = a_session(user)
        await subject.sessions.open(
            session, stamp=user.stamp, devices=[], events=[told]
        )
        await log_in(subject, user)
        reset, verify = await issue(subject, user, RESET), await issue(subject, user)

        removed = an_event(EventKind.USER_REJECTED, user.id)
        assert await subject.users.remove_unverified(verify, at=LATER, events=[removed])

        assert await subject.users.get(user.id) is None
        assert await subject.users.by_email(user.email_key) is None
        assert await subject.users.account(user.id) is None
        assert {} == await subject.sessions.identities([session.id])
        assert [None, None] == [await subject.tokens.get(t) for t in (reset, verify)]
        nameless = replace(told, address=None, label=None, data={})
        assert [nameless, removed] == await history(subject)
        left = {kind: await subject.archive.count(kind) for kind in RecordKind}
        assert {RecordKind.EVENTS: 2} == {k: n for k, n in left.items() if n}

    async def test_who_is_removed_can_do_nothing_more(self, subject: Storage) -> None:
        user = await add(subject)
        session = await log_in(subject, user)
        reset, verify = await issue(subject, user, RESET), await issue(subject, user)
        await subject.users.remove_unverified(verify, at=NOW, events=[])

        assert not await subject.users.remove_unverified(verify, at=NOW, events=[])
        assert await subject.users.verify_email(verify, at=NOW, events=[]) is None
        assert not await subject.users.reset_password(
            reset, purpose=Purpose.RESET_PASSWORD, new_hash="new", at=NOW, events=[]
        )
        assert not await subject.sessions.open(
            a_session(user), stamp=user.stamp, devices=[], events=[]
        )
        assert not await subject.sessions.advance(
            replace(session, generation=1), events=[]
        )
        assert 0 == await subject.archive.count(RecordKind.SESSIONS)

    async def test_the_names_of_who_is_removed_are_free_but_not_the_id(
        self, subject: Storage
    ) -> None:
        user = await add(subject)
        await _remove(subject, await issue(subject, user))

        again = await add(subject)

        assert (user.email, user.username) == (again.email, again.username)
        assert user.id < again.id
        assert again.id == await subject.archive.highest_id()

    async def test_nobody_else_is_removed(self, subject: Storage) -> None:
        user, other = await add(subject), await add(subject, "bob")
        session, token = await log_in(subject, other), a_token(other.id)
        await subject.tokens.issue(token, events=[])

        await _remove(subject, await issue(subject, user))

        assert seen(other) == await subject.users.get(other.id)
        assert session == await stored(subject, session.id)
        assert token == await subject.tokens.get(token.id)

    async def test_no_verified_user_is_removed(self, subject: Storage) -> None:
        user = await add(subject, is_verified=True)
        session, token = await log_in(subject, user), a_token(user.id)
        await subject.tokens.issue(token, events=[])

        assert not await _remove(subject, token.id)

        assert seen(user) == await subject.users.get(user.id)
        assert session == await stored(subject, session.id)
        assert token == await subject.tokens.get(token.id)
        assert [] == await history(subject)

    async def test_no_administrator_is_removed_as_unverified(
        self, subject: Storage
    ) -> None:
        for name, active in (("ada", True), ("bob", False)):
            admin = await add(subject, name, role=Role.ADMIN, is_active=active)
            token = a_token(admin.id)
            await subject.tokens.issue(token, events=[])

            assert not await _remove(subject, token.id)

            assert admin == await subject.users.get(admin.id)
            assert token == await subject.tokens.get(token.id)
        assert [] == await history(subject)

    async def test_what_is_no_good_verification_token_removes_nobody(
        self, subject: Storage
    ) -> None:
        user, other = await add(subject), await add(subject, "bob")
        late = a_token(other.id, expires_at=LATER)
        await subject.tokens.issue(late, events=[])
        reset = await issue(subject, other, RESET)
        void, spent = await issue(subject, user), await issue(subject, user)
        await subject.users.verify_email(spent, at=NOW, events=[])

        for token_id in (reset, late.id, void, spent, new_id()):
            assert not await _remove(subject, token_id)

        assert 2 == await subject.archive.count(RecordKind.USERS)
        assert late == await subject.tokens.get(late.id)
        assert [] == await history(subject)

    async def test_of_many_who_verify_or_remove_one_succeeds(
        self, subject: Storage
    ) -> None:
        user = await add(subject)
        token_id = await issue(subject, user)

        async def decide(number: int) -> bool:
            event = an_event(user_id=user.id)
            if number % 2 == 0:
                return await subject.users.remove_unverified(
                    token_id, at=NOW, events=[event]
                )
            verified = subject.users.verify_email(token_id, at=NOW, events=[event])
            return await verified is not None

        won = await race(decide)

        assert 1 == sum(won)
        assert 1 == len(await history(subject))
        is_removed = won.index(True) % 2 == 0
        assert is_removed is (await subject.users.get(user.id) is None)

    async def test_nothing_begins_for_who_is_being_removed(
        self, subject: Storage
    ) -> None:
        users = [await add(subject, f"user{number}") for number in range(RACERS // 5)]
        tokens = [await issue(subject, user) for user in users]

        await asyncio.gather(
            *(_begin(subject, user) for user in users),
            *(_remove(subject, token) for token in tokens),
            *(_begin(subject, user) for user in users),
        )

        left = {kind: await subject.archive.count(kind) for kind in RecordKind}
        assert {RecordKind.USERS: 0, RecordKind.SESSIONS: 0, RecordKind.TOKENS: 0} == {
            kind: left[kind] for kind in (*RecordKind,)[:3]
        }


async def _begin(storage: Storage, user: User) -> None:
    token, session = a_token(user.id, RESET), a_session(user)
    await asyncio.gather(
        storage.tokens.issue(token, events=[an_event(user_id=user.id)]),
        storage.sessions.open(session, stamp=user.stamp, devices=[], events=[]),
    )


async def _remove(storage: Storage, token_id: TokenId) -> bool:
    event = an_event(EventKind.USER_REJECTED)
    return await storage.users.remove_unverified(token_id, at=LATER, events=[event])
