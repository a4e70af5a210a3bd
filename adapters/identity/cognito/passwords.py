"""Passwords that the pool keeps: forgotten, changed, and set for the first time."""

from dataclasses import dataclass

from adapters.identity.cognito.directory import Directory
from adapters.identity.cognito.flows import by_password
from adapters.identity.cognito.registration import nobody_known, quietly
from adapters.identity.cognito.sessions import CognitoSessions
from core import errors
from core.identity.throttle import Throttle
from core.mailed_codes import parted
from core.model import Client, Grant, Identity, Purpose, User
from core.ports import EmailNormalizer, PasswordPolicy
from core.ports.driving import PasswordChange, PasswordReset
from core.ports.own_account import Invitations

FIRST = "NEW_PASSWORD_REQUIRED"
"""What the pool asks of who logs in by the password that it has mailed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CognitoResets(PasswordReset):
    """A mailed token is an address and the code that the pool has mailed there."""

    directory: Directory
    emails: EmailNormalizer
    throttle: Throttle
    policy: PasswordPolicy
    sessions: CognitoSessions

    async def request(self, email: str, client: Client) -> None:
        account = self.emails.key(email)
        if await self.throttle.may_mail(account, Purpose.RESET_PASSWORD):
            await quietly(self.directory, "forgot_password", account)

    async def owner(self, mail_token: str) -> User:
        """Return whom the token names; only the pool can tell whether it is good."""
        email, _ = parted(mail_token)
        return nobody_known(email)

    async def reset(self, mail_token: str, new_password: str, client: Client) -> User:
        email, code = parted(mail_token)
        account = self.emails.key(email)
        self.policy.demand(new_password)
        try:
            await self.directory.pool.of_client(
                "confirm_forgot_password",
                account,
                ConfirmationCode=code,
                Password=new_password,
            )
        except (
            errors.UserNotFound,
            errors.InvalidCredentials,
            errors.EmailNotVerified,
            errors.NotApplicable,
        ):
            raise errors.InvalidMailToken from None
        user = await self.directory.read(account)
        await self.sessions.end_all(user)
        await self.throttle.trust(account, client)
        return user


@dataclass(frozen=True, slots=True, kw_only=True)
class CognitoPasswordChanges(PasswordChange):
    throttle: Throttle
    policy: PasswordPolicy
    sessions: CognitoSessions

    async def change(
        self,
        identity: Identity,
        *,
        current_password: str,
        new_password: str,
        client: Client,
    ) -> Grant:
        self.policy.demand(new_password)
        user = identity.user
        result = await proven(
            self.sessions, self.throttle, user, current_password, client
        )
        await self.sessions.pool.ask(
            "change_password",
            PreviousPassword=current_password,
            ProposedPassword=new_password,
            AccessToken=result["AccessToken"],
        )
        await self.sessions.end_all(user)
        fresh = await self.sessions.authenticated(user.email_key, new_password)
        return await self.sessions.granted(fresh)


@dataclass(frozen=True, slots=True, kw_only=True)
class CognitoInvitations(Invitations):
    """A mailed token is an address and the password that the pool has mailed there."""

    directory: Directory
    emails: EmailNormalizer
    throttle: Throttle
    policy: PasswordPolicy

    async def owner(self, mail_token: str) -> User:
        email, _ = parted(mail_token)
        return nobody_known(email)

    async def accept(self, mail_token: str, new_password: str, client: Client) -> User:
        email, password = parted(mail_token)
        account = self.emails.key(email)
        self.policy.demand(new_password)
        async with self.throttle.trial(account, client):
            name, session = await self._asked_for_a_password(account, password)
        pool = self.directory.pool
        responses = {"USERNAME": name, "NEW_PASSWORD": new_password}
        await pool.respond(FIRST, responses, session=session)
        proved = [{"Name": "email_verified", "Value": "true"}]
        await pool.of_admin(
            "admin_update_user_attributes", Username=account, UserAttributes=proved
        )
        return await self.directory.read(account)

    async def _asked_for_a_password(
        self, account: str, password: str
    ) -> tuple[str, str]:
        """Return the user's own name, which the proof of the client is of, and the session."""
        try:
            answer = await by_password(self.directory.pool, account, password)
        except errors.AuthError as refusal:
            if isinstance(refusal, errors.Unavailable | errors.TooManyAttempts):
                raise
            raise errors.InvalidMailToken from None
        if answer.get("ChallengeName") != FIRST:
            raise errors.InvalidMailToken
        told = answer.get("ChallengeParameters", {})
        name = told.get("USER_ID_FOR_SRP") or told.get("USERNAME") or account
        return str(name), str(answer["Session"])


async def proven(
    sessions: CognitoSessions,
    throttle: Throttle,
    user: User,
    password: str,
    client: Client,
) -> dict[str, str]:
    """Return tokens of whoever has this password; raises WrongCurrentPassword."""
    async with throttle.trial(user.email_key, client, user.id):
        try:
            return await sessions.authenticated(user.email_key, password)
        except errors.InvalidCredentials:
            raise errors.WrongCurrentPassword from None
