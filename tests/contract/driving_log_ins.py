from collections.abc import Awaitable, Callable

import pytest

from core.errors import (
    AccountInactive,
    AuthError,
    ExpiredToken,
    InvalidCredentials,
    InvalidToken,
    NotAuthenticated,
    SessionEnded,
)
from core.model import Grant, Role
from tests.contract.base import Contract
from tests.contract.driving_service import (
    EMAIL,
    GARBAGE,
    PASSWORD,
    PHONE,
    RACERS,
    WRONG,
    Service,
    at_once,
    is_live,
    known_as,
    log_in,
    newcomer,
    register,
)

LOOKS: tuple[Callable[[Service, Grant], Awaitable[object]], ...] = (
    lambda service, it: service.sessions.identify(it.access_token),
    lambda service, it: service.sessions.refresh(it.refresh_token, PHONE),
    lambda service, it: log_in(service, email=it.user.email),
    lambda service, it: service.sessions.log_out(it.access_token, None, PHONE),
    lambda service, it: service.sessions.log_out(None, it.refresh_token, PHONE),
)
"""All that meets an inactive user, and is refused."""


class LogInLaws(Contract):
    async def test_a_log_in_is_of_this_user_and_this_client(
        self, subject: Service
    ) -> None:
        user = await register(subject)

        grant = await log_in(subject)

        assert (user, 1800) == (grant.user, grant.expires_in)
        session = (await subject.sessions.identify(grant.access_token)).session
        assert (user.id, PHONE) == (session.user_id, session.client)
        assert subject.clock.now() == session.created_at == session.last_used_at

    async def test_each_log_in_is_one_of_its_own(self, subject: Service) -> None:
        await register(subject)

        grants = await at_once(log_in(subject) for _ in range(RACERS))

        tokens = {it.refresh_token for it in grants if isinstance(it, Grant)}
        assert RACERS == len(tokens)
        assert isinstance(grants[0], Grant)
        identity = await subject.sessions.identify(grants[0].access_token)
        assert RACERS == await subject.sessions.log_out_everywhere(identity, PHONE)

    async def test_an_address_is_the_same_however_it_is_typed(
        self, subject: Service
    ) -> None:
        await register(subject)

        for typed in ("JANE@EXAMPLE.COM", "jane@example.com", "Jane@Example.com"):
            assert await log_in(subject, email=typed)

    async def test_unknown_addresses_and_wrong_passwords_are_refused_alike(
        self, subject: Service
    ) -> None:
        grant = await newcomer(subject)
        told = set()

        for email, password in (
            (EMAIL, WRONG),
            (EMAIL, ""),
            (EMAIL, PASSWORD + " "),
            ("nobody@example.com", PASSWORD),
            ("", ""),
        ):
            with pytest.raises(InvalidCredentials) as refusal:
                await log_in(subject, password, email)
            told.add(str(refusal.value))

        assert {"Invalid credentials"} == told
        identity = await subject.sessions.identify(grant.access_token)
        assert 1 == await subject.sessions.log_out_everywhere(identity, PHONE)

    async def test_only_the_right_password_tells_that_a_user_is_inactive(
        self, subject: Service
    ) -> None:
        subject.change_user(await register(subject), is_active=False)

        with pytest.raises(AccountInactive):
            await log_in(subject)
        with pytest.raises(InvalidCredentials):
            await log_in(subject, WRONG)


class IdentityLaws(Contract):
    async def test_an_access_token_tells_user_and_session(
        self, subject: Service
    ) -> None:
        grant, other = await newcomer(subject), await log_in(subject)

        identity = await subject.sessions.identify(grant.access_token)

        assert known_as(grant.user) == known_as(identity.user)
        assert identity == await subject.sessions.identify(grant.access_token)
        another = await subject.sessions.identify(other.access_token)
        assert identity.session.id != another.session.id

    async def test_an_access_token_lives_exactly_as_long_as_was_told(
        self, subject: Service
    ) -> None:
        grant = await newcomer(subject)

        subject.wait(seconds=grant.expires_in, milliseconds=-1)
        assert await subject.sessions.identify(grant.access_token)
        subject.wait(milliseconds=1)

        with pytest.raises(ExpiredToken):
            await subject.sessions.identify(grant.access_token)

    async def test_what_is_no_access_token_identifies_nobody(
        self, subject: Service
    ) -> None:
        grant = await newcomer(subject)

        for token in (*GARBAGE, grant.refresh_token, f"{grant.access_token}A"):
            with pytest.raises(InvalidToken):
                await subject.sessions.identify(token)
        with pytest.raises(NotAuthenticated):
            await subject.sessions.identify(None)

    async def test_a_user_is_who_they_are_now_whatever_the_token_says(
        self, subject: Service
    ) -> None:
        grant = await newcomer(subject)

        changed = subject.change_user(grant.user, role=Role.ADMIN, is_verified=True)

        identity = await subject.sessions.identify(grant.access_token)
        assert changed == identity.user

    async def test_deactivation_counts_at_once(self, subject: Service) -> None:
        grant = await newcomer(subject)

        subject.change_user(grant.user, is_active=False)

        with pytest.raises(SessionEnded):
            await subject.sessions.identify(grant.access_token)

    async def test_log_ins_of_who_was_met_inactive_never_count_again(
        self, subject: Service
    ) -> None:
        for number, look in enumerate(LOOKS):
            grant = await newcomer(subject, f"jane{number}")
            other = await log_in(subject, email=grant.user.email)
            closed = subject.change_user(grant.user, is_active=False)

            with pytest.raises(AuthError):
                await look(subject, grant)
            subject.change_user(closed, is_active=True)

            assert not await is_live(subject, grant)
            assert not await is_live(subject, other)
            assert await log_in(subject, email=grant.user.email)
