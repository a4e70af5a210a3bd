import pytest

from core.errors import (
    ExpiredToken,
    InvalidRefreshToken,
    InvalidToken,
    NotAuthenticated,
    SessionEnded,
)
from tests.contract.base import Contract
from tests.contract.driving_service import (
    LAPTOP,
    PASSWORD,
    PHONE,
    Service,
    is_live,
    log_in,
    newcomer,
)


class LogOutLaws(Contract):
    async def test_logging_out_ends_this_log_in_and_no_other(
        self, subject: Service
    ) -> None:
        phone, laptop = await newcomer(subject), await log_in(subject)

        await subject.sessions.log_out(phone.access_token, None, LAPTOP)

        assert not await is_live(subject, phone)
        assert await is_live(subject, laptop)

    async def test_logging_out_with_ones_own_refresh_token_ends_one_log_in(
        self, subject: Service
    ) -> None:
        phone, laptop = await newcomer(subject), await log_in(subject)

        await subject.sessions.log_out(phone.access_token, phone.refresh_token, PHONE)

        assert not await is_live(subject, phone)
        assert await is_live(subject, laptop)

    async def test_logging_out_with_another_log_ins_refresh_token_ends_both(
        self, subject: Service
    ) -> None:
        phone, laptop = await newcomer(subject), await log_in(subject)

        await subject.sessions.log_out(phone.access_token, laptop.refresh_token, PHONE)

        assert not await is_live(subject, phone)
        assert not await is_live(subject, laptop)

    async def test_logging_out_with_somebody_elses_refresh_token_ends_only_ones_own(
        self, subject: Service
    ) -> None:
        hers, his = await newcomer(subject), await newcomer(subject, "john")

        await subject.sessions.log_out(hers.access_token, his.refresh_token, PHONE)

        assert not await is_live(subject, hers)
        assert await is_live(subject, his)

    async def test_logging_out_with_garbage_ends_ones_own_log_in(
        self, subject: Service
    ) -> None:
        grant = await newcomer(subject)
        for garbage in ("", "x", "a.b.c"):
            await subject.sessions.log_out(grant.access_token, garbage, PHONE)

            assert not await is_live(subject, grant)
            grant = await log_in(subject)

    async def test_a_refresh_token_suffices_to_log_out(self, subject: Service) -> None:
        late, gone = await newcomer(subject), await log_in(subject)
        subject.wait(seconds=late.expires_in)
        ended = (await subject.sessions.refresh(gone.refresh_token, PHONE)).access_token
        await subject.sessions.log_out(ended, None, PHONE)

        for access_token in (None, "", "x", late.access_token, ended):
            grant = late if access_token == late.access_token else await log_in(subject)
            await subject.sessions.log_out(access_token, grant.refresh_token, PHONE)

            with pytest.raises(InvalidRefreshToken):
                await subject.sessions.refresh(grant.refresh_token, PHONE)

    async def test_without_any_good_token_nothing_ends(self, subject: Service) -> None:
        grant, gone = await newcomer(subject), await log_in(subject)
        expired = grant.access_token
        subject.wait(seconds=grant.expires_in)
        ended = (await subject.sessions.refresh(gone.refresh_token, PHONE)).access_token
        await subject.sessions.log_out(ended, None, PHONE)

        for error, access_token, refresh_token in (
            (NotAuthenticated, None, None),
            (NotAuthenticated, None, "x"),
            (NotAuthenticated, None, expired),
            (InvalidToken, "x", "x"),
            (ExpiredToken, expired, None),
            (ExpiredToken, expired, "x"),
            (SessionEnded, ended, None),
        ):
            with pytest.raises(error):
                await subject.sessions.log_out(access_token, refresh_token, PHONE)

        assert await subject.sessions.refresh(grant.refresh_token, PHONE)

    async def test_logging_out_everywhere_ends_all_of_ones_own_log_ins(
        self, subject: Service
    ) -> None:
        grants = [
            await newcomer(subject),
            await log_in(subject),
            await log_in(subject),
        ]
        his = await newcomer(subject, "john")
        identity = await subject.sessions.identify(grants[0].access_token)

        ended = await subject.sessions.log_out_everywhere(identity, PHONE)

        assert 3 == ended
        assert [False] * 3 == [await is_live(subject, grant) for grant in grants]
        assert await is_live(subject, his)
        assert await log_in(subject, PASSWORD)
