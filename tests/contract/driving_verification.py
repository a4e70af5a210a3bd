from dataclasses import replace

import pytest

from core.errors import EmailAlreadyVerified, InvalidCredentials, InvalidMailToken
from core.model import User
from tests.contract.base import Contract
from tests.contract.driving_service import (
    EMAIL,
    GARBAGE,
    NEW_PASSWORD,
    PHONE,
    RACERS,
    VERIFY,
    Service,
    asked_for_a_reset,
    at_once,
    is_live,
    known_as,
    log_in,
    newcomer,
    register,
)


class VerificationLaws(Contract):
    async def test_a_mailed_token_proves_the_address_once(
        self, subject: Service
    ) -> None:
        user = await register(subject)
        mailed = subject.mailed_token(VERIFY)
        subject.wait(hours=1)

        after = await subject.verifications.verify(mailed, PHONE)

        proved = replace(user, is_verified=True, updated_at=subject.clock.now())
        logged_in = (await log_in(subject)).user
        assert proved == known_as(after) == known_as(logged_in)
        with pytest.raises(InvalidMailToken):
            await subject.verifications.verify(mailed, PHONE)

    async def test_of_any_number_of_callers_one_proves_the_address(
        self, subject: Service
    ) -> None:
        await register(subject)
        mailed = subject.mailed_token(VERIFY)

        answers = await at_once(
            subject.verifications.verify(mailed, PHONE) for _ in range(RACERS)
        )

        assert 1 == sum(isinstance(answer, User) for answer in answers)
        refused = sum(isinstance(answer, InvalidMailToken) for answer in answers)
        assert RACERS - 1 == refused

    async def test_a_verification_token_lives_24_hours(self, subject: Service) -> None:
        await register(subject)
        mailed = subject.mailed_token(VERIFY)

        subject.wait(hours=24, milliseconds=-1)
        assert await subject.verifications.owner(mailed)
        subject.wait(milliseconds=1)

        with pytest.raises(InvalidMailToken):
            await subject.verifications.verify(mailed, PHONE)

    async def test_a_newer_verification_voids_the_older_one(
        self, subject: Service
    ) -> None:
        await register(subject)
        older = subject.mailed_token(VERIFY)

        await subject.verifications.request("JANE@example.com", PHONE)

        newer = subject.mailed_token(VERIFY)
        with pytest.raises(InvalidMailToken):
            await subject.verifications.verify(older, PHONE)
        assert (await subject.verifications.verify(newer, PHONE)).is_verified

    async def test_what_was_not_mailed_proves_nothing_and_spends_nothing(
        self, subject: Service
    ) -> None:
        await register(subject)
        mailed, reset = subject.mailed_token(VERIFY), await asked_for_a_reset(subject)

        altered = (mailed[:-1], f"{mailed}A", f" {mailed}", f"A{mailed}")
        for token in (*GARBAGE, *altered, reset):
            with pytest.raises(InvalidMailToken):
                await subject.verifications.owner(token)
            with pytest.raises(InvalidMailToken):
                await subject.verifications.verify(token, PHONE)

        assert (await subject.verifications.verify(mailed, PHONE)).is_verified

    async def test_a_request_to_verify_tells_nobody_whether_an_address_is_known(
        self, subject: Service
    ) -> None:
        proved = await register(subject, "proved")
        await subject.verifications.verify(subject.mailed_token(VERIFY), PHONE)
        closed = await register(subject, "closed")
        subject.change_user(closed, is_active=False)
        await register(subject)
        mailed = subject.mailed_token(VERIFY)

        for email in (proved.email, closed.email, "nobody@example.com", "", "x"):
            await subject.verifications.request(email, PHONE)

        assert mailed == subject.mailed_token(VERIFY)
        await subject.verifications.request(EMAIL, PHONE)
        assert mailed != subject.mailed_token(VERIFY)

    async def test_looking_at_a_verification_changes_nothing(
        self, subject: Service
    ) -> None:
        user = await register(subject)
        mailed = subject.mailed_token(VERIFY)

        for _ in range(3):
            assert user == await subject.verifications.owner(mailed)

        assert user == (await log_in(subject)).user
        assert await subject.verifications.verify(mailed, PHONE)

    async def test_a_link_followed_twice_tells_that_the_address_is_verified(
        self, subject: Service
    ) -> None:
        await register(subject)
        mailed = subject.mailed_token(VERIFY)
        await subject.verifications.verify(mailed, PHONE)

        with pytest.raises(EmailAlreadyVerified):
            await subject.verifications.owner(mailed)
        with pytest.raises(EmailAlreadyVerified):
            await subject.verifications.verify(mailed, PHONE)

        subject.wait(hours=24)
        with pytest.raises(InvalidMailToken) as refused:
            await subject.verifications.verify(mailed, PHONE)
        assert InvalidMailToken is refused.type


class RejectionLaws(Contract):
    async def test_who_did_not_register_removes_the_account_and_its_log_ins(
        self, subject: Service
    ) -> None:
        grant = await newcomer(subject)
        mailed, reset = subject.mailed_token(VERIFY), await asked_for_a_reset(subject)

        await subject.verifications.reject(mailed, PHONE)

        assert not await is_live(subject, grant)
        with pytest.raises(InvalidCredentials):
            await log_in(subject)
        with pytest.raises(InvalidMailToken):
            await subject.password_resets.reset(reset, NEW_PASSWORD, PHONE)
        assert grant.user.id < (await register(subject)).id

    async def test_a_verified_account_is_not_removed_by_its_old_mail(
        self, subject: Service
    ) -> None:
        await register(subject)
        mailed = subject.mailed_token(VERIFY)
        verified = await subject.verifications.verify(mailed, PHONE)

        with pytest.raises(EmailAlreadyVerified):
            await subject.verifications.reject(mailed, PHONE)

        assert verified == (await log_in(subject)).user

    async def test_who_is_verified_otherwise_is_not_removed_by_a_token_unspent(
        self, subject: Service
    ) -> None:
        user = await register(subject)
        mailed = subject.mailed_token(VERIFY)
        subject.change_user(user, is_verified=True)

        with pytest.raises(EmailAlreadyVerified):
            await subject.verifications.owner(mailed)
        with pytest.raises(EmailAlreadyVerified):
            await subject.verifications.reject(mailed, PHONE)

        assert (await subject.verifications.verify(mailed, PHONE)).is_verified

    async def test_what_is_no_good_mail_token_removes_nobody(
        self, subject: Service
    ) -> None:
        user = await register(subject)
        older, reset = subject.mailed_token(VERIFY), await asked_for_a_reset(subject)
        await subject.verifications.request(EMAIL, PHONE)
        late = subject.mailed_token(VERIFY)
        for token in (*GARBAGE, reset, older):
            with pytest.raises(InvalidMailToken):
                await subject.verifications.reject(token, PHONE)

        subject.wait(hours=24)
        with pytest.raises(InvalidMailToken):
            await subject.verifications.reject(late, PHONE)
        assert user == (await log_in(subject)).user

    async def test_of_all_who_verify_or_reject_one_succeeds(
        self, subject: Service
    ) -> None:
        await register(subject)
        mailed = subject.mailed_token(VERIFY)
        ways = (subject.verifications.verify, subject.verifications.reject)

        answers = await at_once(ways[n % 2](mailed, PHONE) for n in range(RACERS))

        refused = [it for it in answers if isinstance(it, InvalidMailToken)]
        assert RACERS - 1 == len(refused)
        assert 1 == sum(it is None or isinstance(it, User) for it in answers)
