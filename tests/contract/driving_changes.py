import pytest

from core.errors import (
    InvalidCredentials,
    InvalidMailToken,
    PasswordRejected,
    SessionEnded,
    WrongCurrentPassword,
)
from core.model import Grant
from tests.contract.base import Contract
from tests.contract.driving_service import (
    LAPTOP,
    NEW_PASSWORD,
    PASSWORD,
    PHONE,
    RACERS,
    WRONG,
    Service,
    asked_for_a_reset,
    at_once,
    is_live,
    log_in,
    newcomer,
)


async def change(
    service: Service, grant: Grant, current: str = PASSWORD, new: str = NEW_PASSWORD
) -> Grant:
    return await service.password_changes.change(
        await service.sessions.identify(grant.access_token),
        current_password=current,
        new_password=new,
        client=LAPTOP,
    )


class ChangeLaws(Contract):
    async def test_a_change_renews_this_log_in_and_ends_every_other(
        self, subject: Service
    ) -> None:
        this, other = await newcomer(subject), await log_in(subject)
        copy = await subject.sessions.refresh(this.refresh_token, PHONE)

        renewed = await change(subject, this)

        ended = [await is_live(subject, grant) for grant in (this, other, copy)]
        assert [False] * 3 == ended
        identity = await subject.sessions.identify(renewed.access_token)
        assert (this.user.id, LAPTOP) == (identity.user.id, identity.session.client)
        assert await is_live(subject, renewed)
        with pytest.raises(InvalidCredentials):
            await log_in(subject)
        assert await log_in(subject, NEW_PASSWORD)

    async def test_a_mailed_reset_stays_good_through_a_change(
        self, subject: Service
    ) -> None:
        grant = await newcomer(subject)
        mailed = await asked_for_a_reset(subject)

        await change(subject, grant)

        assert await subject.password_resets.reset(mailed, PASSWORD, PHONE)
        assert await log_in(subject, PASSWORD)
        with pytest.raises(InvalidMailToken):
            await subject.password_resets.reset(mailed, NEW_PASSWORD, PHONE)

    async def test_who_knows_the_password_locks_nobody_out_who_has_the_mailbox(
        self, subject: Service
    ) -> None:
        grant = await newcomer(subject)
        for _ in range(5):
            mailed = await asked_for_a_reset(subject)

        password = PASSWORD
        for number in range(3):
            grant = await change(subject, grant, password, f"{PASSWORD}{number}")
            password = f"{PASSWORD}{number}"

        assert await subject.password_resets.reset(mailed, NEW_PASSWORD, PHONE)
        assert not await is_live(subject, grant)

    async def test_a_change_asks_for_the_current_password(
        self, subject: Service
    ) -> None:
        grant = await newcomer(subject)

        for current in ("", WRONG, NEW_PASSWORD, PASSWORD + " "):
            with pytest.raises(WrongCurrentPassword):
                await change(subject, grant, current)

        assert await is_live(subject, grant)
        assert await log_in(subject, PASSWORD)

    async def test_a_change_to_a_bad_password_is_refused(
        self, subject: Service
    ) -> None:
        grant = await newcomer(subject)

        with pytest.raises(PasswordRejected):
            await change(subject, grant, new="short")

        assert await is_live(subject, grant)
        assert await log_in(subject, PASSWORD)

    async def test_a_log_in_that_ended_since_changes_nothing(
        self, subject: Service
    ) -> None:
        grant = await newcomer(subject)
        identity = await subject.sessions.identify(grant.access_token)
        await subject.sessions.log_out(grant.access_token, None, PHONE)

        with pytest.raises(SessionEnded):
            await subject.password_changes.change(
                identity,
                current_password=PASSWORD,
                new_password=NEW_PASSWORD,
                client=PHONE,
            )

        assert await log_in(subject, PASSWORD)

    async def test_of_any_number_of_changes_at_once_one_succeeds(
        self, subject: Service
    ) -> None:
        grant = await newcomer(subject)

        answers = await at_once(
            change(subject, grant, new=f"{PASSWORD}{n}") for n in range(RACERS)
        )

        (renewed,) = (answer for answer in answers if isinstance(answer, Grant))
        refused = {WrongCurrentPassword, SessionEnded}
        assert refused >= {type(answer) for answer in answers if answer is not renewed}
        identity = await subject.sessions.identify(renewed.access_token)
        assert 1 == await subject.sessions.log_out_everywhere(identity, PHONE)
        assert await log_in(subject, f"{PASSWORD}{answers.index(renewed)}")
