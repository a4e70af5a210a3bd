from dataclasses import replace

from core.model import EndReason, Purpose, User
from core.model.events import EventKind
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
    hash_of,
    history,
    issue,
    log_in,
    new_id,
    race,
    seen,
    stored,
)

VERIFY, RESET = Purpose.VERIFY_EMAIL, Purpose.RESET_PASSWORD
INVITATION = Purpose.INVITATION
LATER = NOW + MINUTE


class VerificationLaws(Contract):
    async def test_verifying_marks_the_user_and_nothing_else(
        self, subject: Storage
    ) -> None:
        user = await add(subject, **EVERY_FIELD | {"is_verified": False})
        other = await add(subject, "bob")
        token_id = await issue(subject, user)

        after = await subject.users.verify_email(token_id, at=LATER, events=[])

        verified = replace(user, is_verified=True, stamp=user.stamp + 1)
        assert replace(verified, updated_at=LATER) == after
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
    async def test_a_reset_replaces_the_hash_proves_the_address_and_nothing_else(
        self, subject: Storage
    ) -> None:
        user = await add(subject, **EVERY_FIELD | {"is_verified": False})
        other = await add(subject, "bob")
        verify, token_id = await issue(subject, user), await issue(subject, user, RESET)

        after = await subject.users.reset_password(
            token_id,
            purpose=Purpose.RESET_PASSWORD,
            new_hash="new",
            at=LATER,
            events=[],
        )

        proved = replace(user, is_verified=True, stamp=user.stamp + 1)
        assert replace(proved, updated_at=LATER) == after
        assert after == await subject.users.get(user.id)
        assert "new" == await hash_of(subject, user)
        assert "hash" == await hash_of(subject, other)
        assert other == await subject.users.get(other.id)
        assert await subject.tokens.get(verify) is not None

    async def test_a_reset_ends_all_the_users_sessions(self, subject: Storage) -> None:
        user, other = await add(subject), await add(subject, "bob")
        theirs = [await log_in(subject, user) for _ in range(3)]
        gone, foreign = await log_in(subject, user), await log_in(subject, other)
        await end(subject, gone)
        token_id = await issue(subject, user, RESET)

        await subject.users.reset_password(
            token_id,
            purpose=Purpose.RESET_PASSWORD,
            new_hash="new",
            at=LATER,
            events=[],
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
                token_id,
                purpose=Purpose.RESET_PASSWORD,
                new_hash=f"hash {number}",
                at=NOW,
                events=[an_event()],
            )
        )

        (winner,) = (user for user in got if user)
        assert winner == await subject.users.get(user.id)
        assert f"hash {got.index(winner)}" == await hash_of(subject, user)
        assert 1 == len(await history(subject))
        assert await subject.tokens.get(token_id) is None

    async def test_an_invitation_sets_a_first_password(self, subject: Storage) -> None:
        user = await add(subject, password_hash=None)
        session = await log_in(subject, user)
        tokens = {purpose: await issue(subject, user, purpose) for purpose in Purpose}

        after = await subject.users.reset_password(
            tokens[INVITATION],
            purpose=INVITATION,
            new_hash="first",
            at=LATER,
            events=[],
        )

        proved = replace(seen(user), is_verified=True, stamp=1, updated_at=LATER)
        assert proved == after == await subject.users.get(user.id)
        assert "first" == await hash_of(subject, user)
        ended = (await stored(subject, session.id)).end_reason
        assert EndReason.PASSWORD_RESET == ended
        left = {token.purpose for token in await subject.tokens.of_user(user.id)}
        assert set(Purpose) - {RESET, INVITATION, Purpose.CHANGE_EMAIL} == left

    async def test_a_reset_voids_an_invitation_too(self, subject: Storage) -> None:
        user, other = await add(subject), await add(subject, "bob")
        reset, mine = [await issue(subject, user, it) for it in (RESET, INVITATION)]
        theirs = await issue(subject, other, INVITATION)

        assert await _reset(subject, user, reset)

        assert await subject.tokens.get(mine) is None
        assert await subject.tokens.get(theirs) is not None

    async def test_a_token_of_another_purpose_sets_no_password(
        self, subject: Storage
    ) -> None:
        user = await add(subject)
        tokens = {purpose: await issue(subject, user, purpose) for purpose in Purpose}

        for wanted in (RESET, INVITATION):
            for purpose in set(Purpose) - {wanted}:
                after = await subject.users.reset_password(
                    tokens[purpose],
                    purpose=wanted,
                    new_hash="new",
                    at=NOW,
                    events=[an_event()],
                )
                assert after is None

        assert user == await subject.users.get(user.id)
        assert "hash" == await hash_of(subject, user)
        assert len(Purpose) == len(await subject.tokens.of_user(user.id))
        assert [] == await history(subject)

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

        assert seen(user) == await subject.users.get(user.id)
        assert "hash" == await hash_of(subject, user)
        assert verify == await subject.tokens.get(verify.id)
        assert session == await stored(subject, session.id)
        assert [] == await history(subject)


async def _verified(storage: Storage, user: User, token_id: str) -> User | None:
    event = an_event(EventKind.EMAIL_VERIFIED, user.id)
    return await storage.users.verify_email(token_id, at=NOW, events=[event])


async def _reset(storage: Storage, user: User, token_id: str) -> User | None:
    event = an_event(EventKind.PASSWORD_RESET, user.id)
    return await storage.users.reset_password(
        token_id, purpose=Purpose.RESET_PASSWORD, new_hash="new", at=NOW, events=[event]
    )
