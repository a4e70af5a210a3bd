import pytest

from core.errors import EmailTaken, PasswordRejected, UsernameTaken
from core.model import Role, User
from tests.contract.base import Contract
from tests.contract.driving_service import (
    EMAIL,
    RACERS,
    Service,
    at_once,
    log_in,
    register,
)


class RegistrationLaws(Contract):
    async def test_a_new_user_may_do_nothing_special_and_has_proved_nothing(
        self, subject: Service
    ) -> None:
        user = await register(subject, "Jane", email="Jane@Example.com")

        assert ("Jane@Example.com", "Jane", "Jane Doe", Role.USER) == (
            user.email,
            user.username,
            user.full_name,
            user.role,
        )
        assert user.is_active
        assert not user.is_verified
        assert subject.clock.now() == user.created_at == user.updated_at
        assert user == (await log_in(subject)).user

    async def test_a_name_is_given_once_however_it_is_typed(
        self, subject: Service
    ) -> None:
        await register(subject)

        for email, username, refusal in (
            (EMAIL, "other", EmailTaken),
            ("JANE@Example.COM", "other", EmailTaken),
            (EMAIL, "jane", EmailTaken),
            ("other@example.com", "jane", UsernameTaken),
            ("other@example.com", "JANE", UsernameTaken),
        ):
            with pytest.raises(refusal):
                await register(subject, username, email=email)

    async def test_a_refused_registration_takes_no_name(self, subject: Service) -> None:
        await register(subject)
        for email, username in ((EMAIL, "john"), ("john@example.com", "jane")):
            with pytest.raises((EmailTaken, UsernameTaken)):
                await register(subject, username, email=email)

        assert await register(subject, "john", email="john@example.com")

    async def test_of_any_number_of_registrations_of_one_address_one_succeeds(
        self, subject: Service
    ) -> None:
        answers = await at_once(
            register(subject, f"jane{n}", email=EMAIL) for n in range(RACERS)
        )

        assert 1 == sum(isinstance(answer, User) for answer in answers)
        assert RACERS - 1 == sum(isinstance(answer, EmailTaken) for answer in answers)

    async def test_of_any_number_of_registrations_of_one_username_one_succeeds(
        self, subject: Service
    ) -> None:
        answers = await at_once(
            register(subject, "jane", email=f"jane{n}@example.com")
            for n in range(RACERS)
        )

        assert 1 == sum(isinstance(answer, User) for answer in answers)
        taken = sum(isinstance(answer, UsernameTaken) for answer in answers)
        assert RACERS - 1 == taken

    async def test_a_bad_password_is_refused_before_anything_else(
        self, subject: Service
    ) -> None:
        with pytest.raises(PasswordRejected) as refusal:
            await register(subject, password="short")
        assert 4 == len(refusal.value.problems)

        await register(subject)
        with pytest.raises(PasswordRejected):
            await register(subject, password="short")
