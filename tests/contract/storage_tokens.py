from dataclasses import replace

from core.model import Purpose
from core.ports import Storage
from tests.contract.base import Contract
from tests.contract.storage_records import (
    DAY,
    NOW,
    RACERS,
    a_token,
    add,
    an_event,
    history,
    issue,
    new_id,
    race,
)


class TokenLaws(Contract):
    async def test_a_token_comes_back_as_it_was_issued(self, subject: Storage) -> None:
        user = await add(subject)

        for purpose in Purpose:
            token = a_token(user.id, purpose)
            await subject.tokens.issue(token, events=[])

            assert token == await subject.tokens.get(token.id)
        assert await subject.tokens.get(new_id()) is None

    async def test_an_expired_token_is_returned_too(self, subject: Storage) -> None:
        token = a_token((await add(subject)).id, expires_at=NOW.replace(year=1999))

        await subject.tokens.issue(token, events=[])

        assert token == await subject.tokens.get(token.id)

    async def test_a_newer_token_voids_the_users_older_of_its_purpose(
        self, subject: Storage
    ) -> None:
        user = await add(subject)
        older = await issue(subject, user)

        newer = await issue(subject, user)

        assert await subject.tokens.get(older) is None
        assert await subject.users.verify_email(older, at=NOW, events=[]) is None
        assert await subject.tokens.get(newer) is not None

    async def test_a_newer_token_voids_a_spent_one_too(self, subject: Storage) -> None:
        user = await add(subject)
        older = await issue(subject, user)
        await subject.users.verify_email(older, at=NOW, events=[])

        newer = a_token(user.id)
        await subject.tokens.issue(newer, events=[])

        assert await subject.tokens.get(older) is None
        assert newer == await subject.tokens.get(newer.id)
        assert await subject.users.verify_email(newer.id, at=NOW, events=[]) is not None

    async def test_nobody_who_is_gone_gets_a_token(self, subject: Storage) -> None:
        user = await add(subject)
        token = a_token(user.id + 1)

        await subject.tokens.issue(token, events=[an_event(user_id=user.id + 1)])

        assert await subject.tokens.get(token.id) is None
        assert [] == await history(subject)

    async def test_a_newer_token_voids_no_other_purpose(self, subject: Storage) -> None:
        user = await add(subject)
        reset = await issue(subject, user, Purpose.RESET_PASSWORD)

        verify = await issue(subject, user, Purpose.VERIFY_EMAIL)
        still_there = await subject.tokens.get(reset)
        await issue(subject, user, Purpose.RESET_PASSWORD)

        assert still_there is not None
        assert await subject.tokens.get(verify) is not None

    async def test_a_newer_token_voids_nobody_elses(self, subject: Storage) -> None:
        user, other = await add(subject), await add(subject, "bob")
        theirs = await issue(subject, other)

        await issue(subject, user)

        assert await subject.tokens.get(theirs) is not None

    async def test_all_tokens_of_a_user_are_listed_by_their_purpose(
        self, subject: Storage
    ) -> None:
        user, other = await add(subject), await add(subject, "bob")
        tokens = [a_token(user.id, purpose, email="a@b.c") for purpose in Purpose]
        tokens[0] = replace(tokens[0], expires_at=NOW - DAY, spent_at=NOW - DAY)
        for token in tokens:
            await subject.tokens.issue(token, events=[])
        await issue(subject, other)

        found = await subject.tokens.of_user(user.id)

        assert sorted(tokens, key=lambda token: token.purpose) == list(found)
        assert [] == list(await subject.tokens.of_user(other.id + 1))

    async def test_of_tokens_issued_at_once_one_is_good(self, subject: Storage) -> None:
        user = await add(subject)
        tokens = [a_token(user.id) for _ in range(RACERS)]

        await race(
            lambda number: subject.tokens.issue(tokens[number], events=[an_event()])
        )

        good = [t for t in tokens if await subject.tokens.get(t.id)]
        assert 1 == len(good)
        assert RACERS == len(await history(subject))
