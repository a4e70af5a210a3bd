from dataclasses import replace

import pytest

from core.errors import InvalidRefreshToken
from core.model import Grant
from tests.contract.base import Contract
from tests.contract.driving_service import (
    GARBAGE,
    PHONE,
    RACERS,
    VERIFY,
    Service,
    at_once,
    is_live,
    known_as,
    newcomer,
)


class RefreshLaws(Contract):
    async def test_a_refresh_goes_on_with_the_same_log_in(
        self, subject: Service
    ) -> None:
        first = await newcomer(subject)
        session = (await subject.sessions.identify(first.access_token)).session
        subject.wait(days=1)

        grant = await subject.sessions.refresh(first.refresh_token, PHONE)

        assert known_as(first.user) == known_as(grant.user)
        assert 1800 == grant.expires_in
        identity = await subject.sessions.identify(grant.access_token)
        assert session.id == identity.session.id
        assert await is_live(subject, grant)

    async def test_a_refresh_may_be_asked_for_again_whatever_became_of_the_answer(
        self, subject: Service
    ) -> None:
        first = await newcomer(subject)

        answers = await at_once(
            subject.sessions.refresh(first.refresh_token, PHONE) for _ in range(RACERS)
        )

        grants = [answer for answer in answers if isinstance(answer, Grant)]
        assert RACERS == len(grants)
        assert all([await is_live(subject, grant) for grant in grants])

    async def test_what_is_no_refresh_token_is_refused_and_ends_nothing(
        self, subject: Service
    ) -> None:
        grant = await newcomer(subject)
        session = (await subject.sessions.identify(grant.access_token)).session
        known = (
            grant.access_token,
            session.id,
            f"{session.id}.0",
            subject.mailed_token(VERIFY),
            f"{grant.refresh_token}A",
        )

        for token in (*GARBAGE, *known):
            with pytest.raises(InvalidRefreshToken):
                await subject.sessions.refresh(token, PHONE)

        assert await is_live(subject, grant)

    async def test_an_inactive_user_can_not_refresh(self, subject: Service) -> None:
        grant = await newcomer(subject)
        subject.change_user(grant.user, is_active=False)

        with pytest.raises(InvalidRefreshToken):
            await subject.sessions.refresh(grant.refresh_token, PHONE)

    async def test_a_session_keeps_who_refreshed_it_last(
        self, subject: Service
    ) -> None:
        grant = await newcomer(subject)

        for number in range(3):
            moved = replace(PHONE, address=f"192.0.2.{number}")
            grant = await subject.sessions.refresh(grant.refresh_token, moved)

            identity = await subject.sessions.identify(grant.access_token)
            assert moved == identity.session.client
