"""Accounts in the pool: how they begin, and how an address is proved."""

import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from adapters.identity.cognito import people
from adapters.identity.cognito.directory import Directory
from core import errors
from core.identity.throttle import Throttle
from core.mailed_codes import parted
from core.model import Client, Locale, Purpose, Role, User
from core.ports import EmailNormalizer, PasswordPolicy
from core.ports.driving import EmailVerification, Registration

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CognitoAccounts(Registration):
    """An address is kept in the form in which addresses are compared, not as it was typed."""

    directory: Directory
    emails: EmailNormalizer
    policy: PasswordPolicy

    async def register(  # noqa: PLR0913 - the port's
        self,
        *,
        email: str,
        username: str,
        password: str,
        full_name: str | None,
        locale: Locale | None,
        client: Client,
    ) -> User:
        self.policy.demand(password)
        account = self.emails.key(email)
        await self.demand_free(account, username)
        attributes = people.of_new(
            await self.directory.new_id(),
            email=account,
            username=username,
            full_name=full_name,
            locale=locale,
        )
        answer = await self.directory.pool.of_client(
            "sign_up", account, Password=password, UserAttributes=attributes
        )
        await self._give_way(answer["UserSub"], account, username)
        user = await self.directory.read(account)
        log.info("User registered", extra={"user_id": user.id})
        return user

    async def demand_free(self, account: str, username: str) -> None:
        """Raise EmailTaken or UsernameTaken, where nobody races for the name."""
        if await self.directory.of_username(username):
            if await self.directory.found("email", account):
                raise errors.EmailTaken
            raise errors.UsernameTaken

    async def _give_way(self, sub: str, account: str, username: str) -> None:
        """
        Remove the account again if somebody older has the username; raises UsernameTaken.

        The pool holds addresses unique, and usernames not: of those who race for one, the
        first stays, and none where two began in the same millisecond.
        """
        others = await self.directory.of_username(username)
        ages = {people.sub_of(it): it["UserCreateDate"] for it in others}
        mine = ages.pop(sub, None)
        if not ages or (mine and all(mine < age for age in ages.values())):
            return
        await self.directory.pool.of_admin("admin_delete_user", Username=account)
        raise errors.UsernameTaken


@dataclass(frozen=True, slots=True, kw_only=True)
class CognitoVerifications(EmailVerification):
    """A mailed token is an address and the code that the pool has mailed there."""

    directory: Directory
    emails: EmailNormalizer
    throttle: Throttle

    async def request(self, email: str, client: Client) -> None:
        account = self.emails.key(email)
        if await self.throttle.may_mail(account, Purpose.VERIFY_EMAIL):
            await quietly(self.directory, "resend_confirmation_code", account)

    async def owner(self, mail_token: str) -> User:
        """Return whom the token names; only the pool can tell whether it is good."""
        email, _ = parted(mail_token)
        return nobody_known(email)

    async def verify(self, mail_token: str, client: Client) -> User:
        email, code = parted(mail_token)
        account = self.emails.key(email)
        try:
            await self.directory.pool.of_client(
                "confirm_sign_up", account, ConfirmationCode=code
            )
        except (errors.UserNotFound, errors.InvalidCredentials, errors.NotApplicable):
            # Of an address that is proved already, too: whose that is, nobody learns.
            raise errors.InvalidMailToken from None
        return await self.directory.read(account)

    async def reject(self, mail_token: str, client: Client) -> None:
        raise errors.NotWithCognito


async def quietly(directory: Directory, operation: str, account: str) -> None:
    """Have the pool mail something, if there is reason to; nobody learns whether."""
    with suppress(
        errors.UserNotFound,
        errors.InvalidCredentials,
        errors.EmailNotVerified,
        errors.AccountInactive,
        errors.TooManyAttempts,
        errors.NotApplicable,
    ):
        await directory.pool.of_client(operation, account)


def nobody_known(email: str) -> User:
    """Return what a page may show of whoever has an address."""
    now = datetime.now(UTC)
    return User(
        email=email,
        email_key=email,
        username=email,
        full_name=None,
        role=Role.USER,
        created_at=now,
        updated_at=now,
    )
