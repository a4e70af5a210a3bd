"""Asking who is signed in for the password once more."""

from dataclasses import dataclass

from core import errors
from core.identity.throttle import Throttle
from core.model import Account, Client, Identity
from core.ports import PasswordHasher, UserRepository
from core.refusals import tell_refusal


@dataclass(frozen=True, slots=True)
class Reauthentication:
    """Who has got hold of an access token must not be able to guess, either."""

    users: UserRepository
    throttle: Throttle
    hasher: PasswordHasher

    async def demand(
        self, identity: Identity, password: str, client: Client, refusal: str
    ) -> Account:
        """
        Return the account as it was when the password was found right.

        Raises TooManyAttempts, WrongCurrentPassword, and SessionEnded if it is gone;
        ``refusal`` is what the log says then.
        """
        user = identity.user
        async with self.throttle.trial(user.email_key, client, user.id):
            account = await self.users.account(user.id)
            if account is None:
                raise errors.SessionEnded
            await self.check(account, password, refusal)
            return account

    async def check(self, account: Account, password: str, refusal: str) -> None:
        """Raise WrongCurrentPassword for another password; within a trial of the caller's."""
        if not await self.hasher.verify(password, account.credentials.password_hash):
            tell_refusal(refusal, "wrong current password", account.user.id)
            raise errors.WrongCurrentPassword
