import pytest

from core.errors import InvalidCredentials, InvalidMailToken, PasswordRejected
from core.model import Grant, User
from tests.contract.base import Contract
from tests.contract.driving_service import (
    EMAIL,
    GARBAGE,
    LAPTOP,
    NEW_PASSWORD,
    PASSWORD,
    PHONE,
    RACERS,
    RESET,
    VERIFY,
    Service,
    asked_for_a_reset,
    at_once,
    is_live,
    log_in,
    newcomer,
    register,
)


class ResetLaws(Contract):
    async def test_a_reset_replaces_the_password_and_ends_all_log_ins(
        self, subject: Service
    ) -> None:
        grants = [await newcomer(subject), await log_in(subject)]
        mailed = await asked_for_a_reset(subject)

        user = await subject.password_resets.reset(mailed, NEW_PASSWORD, LAPTOP)

        assert grants[0].user.id == user.id
        assert [False] * 2 == [await is_live(subject, grant) for grant in grants]
        with pytest.raises(InvalidCredentials):
            await log_in(subject, PASSWORD)
        assert await log_in(subject, NEW_PASSWORD)

    async def test_no_log_in_by_the_old_password_outlives_a_reset(
        self, subject: Service
    ) -> None:
        await register(subject)
        mailed = await asked_for_a_reset(subject)

        *answers, reset = await at_once(
            subject.password_resets.reset(mailed, NEW_PASSWORD, LAPTOP)
            if number == RACERS - 1
            else log_in(subject)
            for number in range(RACERS)
        )

        assert isinstance(reset, User)
        grants = [answer for answer in answers if isinstance(answer, Grant)]
        assert not any([await is_live(subject, grant) for grant in grants])

    async def test_of_any_number_of_resets_by_one_mail_one_succeeds(
        self, subject: Service
    ) -> None:
        await register(subject)
        mailed = await asked_for_a_reset(subject)

        answers = await at_once(
            subject.password_resets.reset(mailed, f"{PASSWORD}{n}", PHONE)
            for n in range(RACERS)
        )

        (won,) = (n for n, it in enumerate(answers) if isinstance(it, User))
        refused = sum(isinstance(it, InvalidMailToken) for it in answers)
        assert RACERS - 1 == refused
        assert await log_in(subject, f"{PASSWORD}{won}")

    async def test_a_reset_lives_an_hour(self, subject: Service) -> None:
        await register(subject)
        mailed = await asked_for_a_reset(subject)

        subject.wait(hours=1, milliseconds=-1)
        assert await subject.password_resets.owner(mailed)
        subject.wait(milliseconds=1)

        with pytest.raises(InvalidMailToken):
            await subject.password_resets.reset(mailed, NEW_PASSWORD, PHONE)

    async def test_a_newer_reset_voids_the_older_one(self, subject: Service) -> None:
        await register(subject)
        older = await asked_for_a_reset(subject)
        newer = await asked_for_a_reset(subject)

        with pytest.raises(InvalidMailToken):
            await subject.password_resets.reset(older, NEW_PASSWORD, PHONE)

        assert await subject.password_resets.reset(newer, NEW_PASSWORD, PHONE)

    async def test_what_was_not_mailed_resets_nothing_and_spends_nothing(
        self, subject: Service
    ) -> None:
        await register(subject)
        verification = subject.mailed_token(VERIFY)
        mailed = await asked_for_a_reset(subject)

        altered = (mailed[:-1], f"{mailed}A", f" {mailed}", f"A{mailed}")
        for token in (*GARBAGE, *altered, verification):
            with pytest.raises(InvalidMailToken):
                await subject.password_resets.owner(token)
            with pytest.raises(InvalidMailToken):
                await subject.password_resets.reset(token, NEW_PASSWORD, PHONE)

        assert await log_in(subject)
        assert await subject.password_resets.reset(mailed, NEW_PASSWORD, PHONE)

    async def test_a_request_to_reset_tells_nobody_whether_an_address_is_known(
        self, subject: Service
    ) -> None:
        closed = await register(subject, "closed")
        subject.change_user(closed, is_active=False)
        await register(subject)

        for email in (closed.email, "nobody@example.com", "", "x"):
            await subject.password_resets.request(email, PHONE)

        with pytest.raises(LookupError):
            subject.mailed_token(RESET)
        await subject.password_resets.request(EMAIL.upper(), PHONE)
        assert subject.mailed_token(RESET)

    async def test_looking_at_a_reset_changes_nothing(self, subject: Service) -> None:
        user = await register(subject)
        mailed = await asked_for_a_reset(subject)

        for _ in range(3):
            assert user == await subject.password_resets.owner(mailed)

        assert user == (await log_in(subject)).user
        assert await subject.password_resets.reset(mailed, NEW_PASSWORD, PHONE)

    async def test_a_reset_to_a_bad_password_spends_nothing(
        self, subject: Service
    ) -> None:
        await register(subject)
        mailed = await asked_for_a_reset(subject)

        with pytest.raises(PasswordRejected):
            await subject.password_resets.reset(mailed, "short", PHONE)

        assert await subject.password_resets.reset(mailed, NEW_PASSWORD, PHONE)

    async def test_a_reset_proves_the_address_as_well(self, subject: Service) -> None:
        await register(subject)
        mailed = await asked_for_a_reset(subject)

        user = await subject.password_resets.reset(mailed, NEW_PASSWORD, PHONE)

        assert user.is_verified
        assert user == (await log_in(subject, NEW_PASSWORD)).user
