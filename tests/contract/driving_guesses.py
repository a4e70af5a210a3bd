import pytest

from core.errors import InvalidCredentials, TooManyAttempts, WrongCurrentPassword
from core.model import Client
from tests.contract.base import Contract
from tests.contract.driving_service import (
    EMAIL,
    NEW_PASSWORD,
    PASSWORD,
    PHONE,
    WRONG,
    Service,
    asked_for_a_reset,
    log_in,
    newcomer,
    register,
)

STRANGER = Client(address="203.0.113.9", label="")
NEW_PHONE = Client(address="198.51.100.7", label="")
MOST = 20
"""Guesses in a row that nobody is let."""


async def guess(service: Service, email: str = EMAIL) -> int:
    """Guess until one has to wait, and return how long in seconds."""
    for _ in range(MOST):
        try:
            await log_in(service, WRONG, email, STRANGER)
        except InvalidCredentials:
            continue
        except TooManyAttempts as refusal:
            return refusal.retry_after
    raise AssertionError(f"{MOST} guesses are free")


class GuessContract(Contract):
    """
    What keeps passwords from being guessed.

    The subject is a ``Service`` as for ``DrivingContract``, but with its limits.
    """

    async def test_who_guesses_has_to_wait_whether_the_address_is_known_or_not(
        self, subject: Service
    ) -> None:
        await register(subject)
        wait = await guess(subject)
        assert wait == await guess(subject, "nobody@example.com")

        with pytest.raises(TooManyAttempts):
            await log_in(subject, client=STRANGER)
        subject.wait(seconds=wait)

        assert await log_in(subject, client=STRANGER)

    async def test_who_has_an_access_token_can_not_guess_the_password_by_it(
        self, subject: Service
    ) -> None:
        identity = await subject.sessions.identify(
            (await newcomer(subject)).access_token
        )
        refusals = []

        for current in (*[WRONG] * MOST, PASSWORD):
            with pytest.raises((WrongCurrentPassword, TooManyAttempts)) as refusal:
                await subject.password_changes.change(
                    identity,
                    current_password=current,
                    new_password=NEW_PASSWORD,
                    client=STRANGER,
                )
            refusals.append(refusal.type)

        assert (WrongCurrentPassword, TooManyAttempts) == (refusals[0], refusals[-1])
        assert await log_in(subject, PASSWORD, client=PHONE)

    async def test_who_resets_the_password_can_log_in_whatever_strangers_do(
        self, subject: Service
    ) -> None:
        await register(subject)
        await guess(subject)
        mailed = await asked_for_a_reset(subject)
        with pytest.raises(TooManyAttempts):
            await log_in(subject, client=NEW_PHONE)

        await subject.password_resets.reset(mailed, NEW_PASSWORD, NEW_PHONE)

        await guess(subject)
        assert await log_in(subject, NEW_PASSWORD, client=NEW_PHONE)
