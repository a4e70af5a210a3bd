from dataclasses import replace

from core.model import EndReason, Purpose, User
from core.model.events import EventKind
from core.ports import Storage
from tests.contract.base import Contract
from tests.contract.storage_records import (
    DAY,
    MINUTE,
    MOMENT,
    NOW,
    a_token,
    add,
    an_event,
    change,
    end,
    history,
    issue,
    log_in,
    new_id,
    stored,
)

LATER = NOW + MINUTE
CHANGE_EMAIL, VERIFY = Purpose.CHANGE_EMAIL, Purpose.VERIFY_EMAIL


class ChangeEffectLaws(Contract):
    async def test_a_change_ends_all_sessions_if_that_is_a_reason(
        self, subject: Storage
    ) -> None:
        user, other = await add(subject), await add(subject, "bob")
        live, gone = await log_in(subject, user), await log_in(subject, user)
        foreign = await log_in(subject, other)
        await end(subject, gone)
        gone = await stored(subject, gone.id)

        for reason in (EndReason.USER_INACTIVE, EndReason.LOGGED_OUT_EVERYWHERE):
            before = await subject.users.get(user.id)
            assert before
            await change(subject, before, ends_sessions=reason)

        first = EndReason.USER_INACTIVE
        expected = replace(live, ended_at=LATER, end_reason=first)
        assert expected == await stored(subject, live.id)
        assert gone == await stored(subject, gone.id)
        assert foreign == await stored(subject, foreign.id)

    async def test_a_change_voids_the_tokens_of_the_purposes_it_names(
        self, subject: Storage
    ) -> None:
        user, other = await add(subject), await add(subject, "bob")
        tokens = {purpose: await issue(subject, user, purpose) for purpose in Purpose}
        foreign = await issue(subject, other)
        voids = frozenset({VERIFY, Purpose.RESET_PASSWORD})

        await change(subject, user, voids=voids)

        left = {it for it, token in tokens.items() if await subject.tokens.get(token)}
        assert set(Purpose) - voids == left
        assert await subject.tokens.get(foreign) is not None

    async def test_a_change_issues_a_token_in_the_place_of_older_ones(
        self, subject: Storage
    ) -> None:
        user, other = await add(subject), await add(subject, "bob")
        older, kept = (
            await issue(subject, user),
            await issue(subject, user, CHANGE_EMAIL),
        )
        foreign = await issue(subject, other)
        new = a_token(user.id, VERIFY, email="Ada@example.com")

        after = await change(subject, user, voids=frozenset({VERIFY}), issues=new)

        assert new == await subject.tokens.get(new.id)
        assert after is not None
        longer = replace(new, expires_at=new.expires_at + DAY)
        await change(subject, after, voids=frozenset({VERIFY}), issues=longer)
        assert longer == await subject.tokens.get(new.id)
        assert await subject.tokens.get(older) is None
        assert await subject.tokens.get(kept) is not None
        assert await subject.tokens.get(foreign) is not None

    async def test_an_issued_token_takes_the_place_of_older_ones_by_itself(
        self, subject: Storage
    ) -> None:
        user = await add(subject)
        older, new = await issue(subject, user), a_token(user.id)

        await change(subject, user, issues=new)

        assert [new] == list(await subject.tokens.of_user(user.id))
        assert await subject.tokens.get(older) is None

    async def test_a_change_spends_its_token_which_is_gone_then(
        self, subject: Storage
    ) -> None:
        user = await add(subject)
        token = a_token(user.id, CHANGE_EMAIL, expires_at=LATER + MOMENT)
        await subject.tokens.issue(token, events=[])
        other = await issue(subject, user)

        after = await change(subject, user, spends=token.id, is_verified=True)
        assert after is not None
        again = await change(subject, after, spends=token.id, is_verified=False)

        assert again is None
        assert after == await subject.users.get(user.id)
        assert await subject.tokens.get(token.id) is None
        assert await subject.tokens.get(other) is not None

    async def test_nobody_is_changed_without_the_token_that_is_to_be_spent(
        self, subject: Storage
    ) -> None:
        user = await add(subject)
        session = await log_in(subject, user)
        late = a_token(user.id, CHANGE_EMAIL, expires_at=LATER)
        spent = a_token(user.id, VERIFY, expires_at=NOW + DAY, spent_at=NOW)
        for token in (late, spent):
            await subject.tokens.issue(token, events=[])
        user = await _there(subject, user)

        for token_id in (late.id, spent.id, new_id()):
            after = await change(
                subject,
                user,
                full_name="Eve",
                events=[an_event(EventKind.EMAIL_CHANGED, user.id)],
                ends_sessions=EndReason.LOGGED_OUT_EVERYWHERE,
                voids=frozenset(Purpose),
                issues=a_token(user.id, Purpose.UNDO_EMAIL),
                spends=token_id,
            )
            assert after is None

        assert user == await subject.users.get(user.id)
        assert session == await stored(subject, session.id)
        tokens = await subject.tokens.of_user(user.id)
        assert {late.id, spent.id} == {token.id for token in tokens}
        assert [] == await history(subject)


async def _there(storage: Storage, user: User) -> User:
    found = await storage.users.get(user.id)
    assert found is not None
    return found
