from dataclasses import replace

from core.events import EventKind
from core.model import EndReason, Purpose, User
from core.ports import Storage
from tests.contract.base import Contract
from tests.contract.storage_records import (
    EVERY_FIELD,
    MINUTE,
    MOMENT,
    NOW,
    a_token,
    add,
    an_event,
    end,
    history,
    issue,
    log_in,
    new_id,
    race,
    stored,
)

VERIFY, RESET = Purpose.VERIFY_EMAIL, Purpose.RESET_PASSWORD
LATER = NOW + MINUTE


class VerificationLaws(Contract):
    async def test_verifying_marks_the_user_and_nothing_else(
        self, subject: Storage
    ) -> None:
        user = await add(subject, **EVERY_FIELD | {"is_verified": False})
        other = await add(subject, "bob")
        token_id = await issue(subject, user)

        after = await subject.users.verify_email(token_id, at=LATER, events=[])

        assert replace(user, is_verified=True, updated_at=LATER) == after
        assert after == await subject.users.get(user.id)
        assert other == await subject.users.get(other.id)

    async def test_a_verification_token_is_spent_once(self, subject: Storage) -> None:
        user = await add(subject)
        token_id = await issue(subject, user)

        got = await race(
            lambda _: subject.users.verify_email(
                token_id, at=NOW, events=[an_event(user_id=user.id)]
            )
        )

        assert 1 == sum(user is not None for user in got)
        assert 1 == len(await history(subject))

    async def test_a_spent_verification_token_stays_until_it_expires(
        self, subject: Storage
    ) -> None:
        token = a_token((await add(subject)).id)
        await subject.tokens.issue(token, events=[])

        await subject.users.verify_email(token.id, at=LATER, events=[])
        await subject.purge(at=token.expires_at, keep_events_since=NOW, limit=9)
        known = await subject.tokens.get(token.id)
        late = token.expires_at + MOMENT
        await subject.purge(at=late, keep_events_since=NOW, limit=9)

        assert replace(token, spent_at=LATER) == known
        assert await subject.tokens.get(token.id) is None

    async def test_what_is_no_verification_token_verifies_nothing(
        self, subject: Storage
    ) -> None:
        user = await add(subject)
        reset = a_token(user.id, RESET)
        await subject.tokens.issue(reset, events=[])

        for token_id in (reset.id, new_id()):
            assert await _verified(subject, user, token_id) is None

        assert user == await subject.users.get(user.id)
        assert reset == await subject.tokens.get(reset.id)
        assert [] == await history(subject)

    async def test_a_verification_token_is_good_until_it_expires(
        self, subject: Storage
    ) -> None:
        user = await add(subject)
        in_time, late = a_token(user.id), a_token(user.id)

        await subject.tokens.issue(late, events=[])
        at = late.expires_at
        refused = await subject.users.verify_email(
            late.id, at=at, events=[an_event(user_id=user.id)]
        )
        unchanged = await subject.users.get(user.id)
        await subject.tokens.issue(in_time, events=[])
        accepted = await subject.users.verify_email(
            in_time.id, at=in_time.expires_at - MOMENT, events=[]
        )

        assert refused is None
        assert user == unchanged
        assert [] == await history(subject)
        assert accepted is not None


class ResetLaws(Contract):
    async def test_a_reset_replaces_the_hash_and_nothing_else(
        self, subject: Storage
    ) -> None:
        user = await add(subject, **EVERY_FIELD)
        other = await add(subject, "bob")
        verify, token_id = await issue(subject, user), await issue(subject, user, RESET)

        after = await subject.users.reset_password(
            token_id, new_hash="new", at=LATER, events=[]
        )

        assert replace(user, password_hash="new", updated_at=LATER) == after
        assert after == await subject.users.get(user.id)
        assert other == await subject.users.get(other.id)
        assert await subject.tokens.get(verify) is not None

    async def test_a_reset_ends_all_the_users_sessions(self, subject: Storage) -> None:
        user, other = await add(subject), await add(subject, "bob")
        theirs = [await log_in(subject, user) for _ in range(3)]
        gone, foreign = await log_in(subject, user), await log_in(subject, other)
        await end(subject, gone)
        token_id = await issue(subject, user, RESET)

        await subject.users.reset_password(
            token_id, new_hash="new", at=LATER, events=[]
        )

        reason = EndReason.PASSWORD_RESET
        for session in theirs:
            expected = replace(session, ended_at=LATER, end_reason=reason)
            assert expected == await stored(subject, session.id)
        assert EndReason.LOGGED_OUT == (await stored(subject, gone.id)).end_reason
        assert foreign == await stored(subject, foreign.id)

    async def test_a_reset_token_is_spent_once(self, subject: Storage) -> None:
        user = await add(subject)
        token_id = await issue(subject, user, RESET)

        got = await race(
            lambda number: subject.users.reset_password(
                token_id, new_hash=f"hash {number}", at=NOW, events=[an_event()]
            )
        )

        winners = [user for user in got if user]
        assert 1 == len(winners)
        assert winners == [await subject.users.get(user.id)]
        assert 1 == len(await history(subject))
        assert await subject.tokens.get(token_id) is None

    async def test_what_is_no_reset_token_resets_nothing(
        self, subject: Storage
    ) -> None:
        user = await add(subject)
        session = await log_in(subject, user)
        verify = a_token(user.id, VERIFY)
        late = a_token(user.id, RESET, expires_at=NOW)
        await subject.tokens.issue(verify, events=[])
        await subject.tokens.issue(late, events=[])

        for token_id in (verify.id, late.id, new_id()):
            assert await _reset(subject, user, token_id) is None

        assert user == await subject.users.get(user.id)
        assert verify == await subject.tokens.get(verify.id)
        assert session == await stored(subject, session.id)
        assert [] == await history(subject)


class ChangeLaws(Contract):
    async def test_a_change_replaces_the_hash_and_nothing_else(
        self, subject: Storage
    ) -> None:
        user = await add(subject, **EVERY_FIELD)
        other = await add(subject, "bob", password_hash=user.password_hash)

        assert await _changed(subject, user)

        expected = replace(user, password_hash="new", updated_at=LATER)
        assert expected == await subject.users.get(user.id)
        assert other == await subject.users.get(other.id)

    async def test_a_change_ends_all_sessions_but_one(self, subject: Storage) -> None:
        user, other = await add(subject), await add(subject, "bob")
        kept, lost = await log_in(subject, user), await log_in(subject, user)
        gone, foreign = await log_in(subject, user), await log_in(subject, other)
        await end(subject, gone)

        await _changed(subject, user, keep=kept.id)

        reason = EndReason.PASSWORD_CHANGED
        expected = replace(lost, ended_at=LATER, end_reason=reason)
        assert kept == await stored(subject, kept.id)
        assert expected == await stored(subject, lost.id)
        assert EndReason.LOGGED_OUT == (await stored(subject, gone.id)).end_reason
        assert foreign == await stored(subject, foreign.id)

    async def test_a_change_voids_the_users_reset_tokens(
        self, subject: Storage
    ) -> None:
        user, other = await add(subject), await add(subject, "bob")
        void = await issue(subject, user, RESET)
        verify, foreign = await issue(subject, user), await issue(subject, other, RESET)

        await _changed(subject, user)

        assert await subject.tokens.get(void) is None
        assert await subject.tokens.get(verify) is not None
        assert await subject.tokens.get(foreign) is not None

    async def test_one_of_many_changes_a_password(self, subject: Storage) -> None:
        user = await add(subject)

        async def change(number: int) -> bool:
            return await _changed(subject, user, new_hash=f"hash {number}")

        won = await race(change)

        assert 1 == sum(won)
        after = await subject.users.get(user.id)
        assert after is not None
        assert f"hash {won.index(True)}" == after.password_hash
        assert 1 == len(await history(subject))

    async def test_no_change_without_the_stored_hash(self, subject: Storage) -> None:
        user = await add(subject)
        session, token_id = (
            await log_in(subject, user),
            await issue(subject, user, RESET),
        )

        assert not await _changed(subject, replace(user, password_hash="other"))
        assert not await _changed(subject, replace(user, id=user.id + 1))

        assert user == await subject.users.get(user.id)
        assert session == await stored(subject, session.id)
        assert await subject.tokens.get(token_id) is not None
        assert [] == await history(subject)

    async def test_a_hash_made_anew_changes_nothing_else(
        self, subject: Storage
    ) -> None:
        user = await add(subject, **EVERY_FIELD)
        other = await add(subject, "bob", password_hash=user.password_hash)
        session, token_id = (
            await log_in(subject, user),
            await issue(subject, user, RESET),
        )

        assert await _rehashed(subject, user, "anew")

        assert replace(user, password_hash="anew") == await subject.users.get(user.id)
        assert other == await subject.users.get(other.id)
        assert session == await stored(subject, session.id)
        assert await subject.tokens.get(token_id) is not None

    async def test_no_hash_is_replaced_but_the_one_read(self, subject: Storage) -> None:
        user = await add(subject)

        refused = [
            await _rehashed(subject, replace(user, password_hash="other"), "anew"),
            await _rehashed(subject, replace(user, id=user.id + 1), "anew"),
        ]
        unchanged = await subject.users.get(user.id)
        won = await race(lambda number: _rehashed(subject, user, f"hash {number}"))

        assert [False, False] == refused
        assert user == unchanged
        assert 1 == sum(won)
        after = await subject.users.get(user.id)
        assert after is not None
        assert f"hash {won.index(True)}" == after.password_hash


async def _verified(storage: Storage, user: User, token_id: str) -> User | None:
    event = an_event(EventKind.EMAIL_VERIFIED, user.id)
    return await storage.users.verify_email(token_id, at=NOW, events=[event])


async def _reset(storage: Storage, user: User, token_id: str) -> User | None:
    event = an_event(EventKind.PASSWORD_RESET, user.id)
    return await storage.users.reset_password(
        token_id, new_hash="new", at=NOW, events=[event]
    )


async def _changed(
    storage: Storage, user: User, *, new_hash: str = "new", keep: str = ""
) -> bool:
    return await storage.users.change_password(
        user.id,
        old_hash=user.password_hash,
        new_hash=new_hash,
        keep=keep,
        at=LATER,
        events=[an_event(EventKind.PASSWORD_CHANGED, user.id)],
    )


async def _rehashed(storage: Storage, user: User, new_hash: str) -> bool:
    return await storage.users.replace_hash(
        user.id, old_hash=user.password_hash, new_hash=new_hash
    )
