"""The core on its memory adapters, with a clock that tests set."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from adapters.devices.user_agents import UserAgentNames
from adapters.emails.idna import IdnaEmails
from adapters.metrics.prometheus import PrometheusMetrics
from adapters.passwords.bcrypt import BcryptHasher
from adapters.rate_limit.memory import MemoryRateLimiter
from adapters.storage.memory import MemoryStorage
from adapters.storage.memory.sessions import MemorySessions
from adapters.storage.memory.users import MemoryUsers
from adapters.system import RandomIds
from adapters.tokens.jwt_tokens import JwtTokens
from adapters.tokens.secret_keys import SecretKeys
from core.administration.audit import Events
from core.administration.newcomers import Newcomers
from core.administration.sessions import UserSessions
from core.administration.users import Users
from core.event_factory import EventFactory
from core.identity.accounts import Accounts
from core.identity.batched_lookups import BatchedLookups
from core.identity.day_counter import DayCounter
from core.identity.email_changes import EmailChanges
from core.identity.grants import Grants
from core.identity.holders import Holders
from core.identity.invitations import MailedInvitations
from core.identity.mailed_tokens import MailedTokens
from core.identity.own_account import OwnAccounts
from core.identity.own_sessions import OwnSessionLists
from core.identity.password_changes import PasswordChanges
from core.identity.password_resets import PasswordResets
from core.identity.reauthentication import Reauthentication
from core.identity.removals import Removals
from core.identity.session_lists import SessionLists
from core.identity.session_rules import Rotation, SessionRules
from core.identity.sessions import Sessions
from core.identity.throttle import Throttle
from core.identity.user_changes import UserChanges
from core.identity.verifications import Verifications
from core.keys.keyring import Keyring, KeyRules
from core.keys.token_service import TokenService, hmac_key
from core.model import (
    UNSAVED,
    UNTOLD,
    Account,
    Backoff,
    Client,
    Credentials,
    Grant,
    Identity,
    Limit,
    Operator,
    Profile,
    Purpose,
    Role,
    SecretVersion,
    Session,
    SessionId,
    SignedIn,
    TokenKind,
    User,
    UserId,
)
from core.model.events import Event, EventKind
from core.passwords import GuidePolicy
from core.ports import PasswordHasher
from tests.doubles import SetClock

EMAIL = "jane@example.com"
PASSWORD = "SecurePass123!"
NEW_PASSWORD = "AnotherPass456?"
PHONE = Client(address="192.0.2.1", label="phone")
LAPTOP = Client(address="192.0.2.2", label="laptop")
CONSOLE = Client(address="server", label="root")
KEY = hmac_key("k" * 32, "HS256")
KEY_RULES = KeyRules(
    activation=timedelta(minutes=3),
    token_life=timedelta(days=7),
    leeway=timedelta(seconds=10),
)
RULES = SessionRules(
    access_life=timedelta(minutes=30),
    refresh_life=timedelta(days=7),
    session_life=timedelta(days=30),
    rotation=Rotation.PATIENT,
    grace=timedelta(seconds=30),
    require_verified_email=False,
)
BACKOFF = Backoff()
MAILS = Limit("mails/hour", 5, timedelta(hours=1))
REFRESHES = Limit("refresh/minute", 120, timedelta(minutes=1))
HASHER = BcryptHasher(rounds=4, max_wait=60, threads=2, metrics=PrometheusMetrics())
LIVES = {
    Purpose.VERIFY_EMAIL: timedelta(hours=24),
    Purpose.RESET_PASSWORD: timedelta(hours=1),
    Purpose.INVITATION: timedelta(hours=72),
    Purpose.CHANGE_EMAIL: timedelta(hours=24),
    Purpose.UNDO_EMAIL: timedelta(hours=72),
}
EVENTS = EventFactory(RandomIds())


def origin(event: Event) -> tuple[str | None, ...]:
    """Return who did it, and from where."""
    return event.actor, event.address, event.label


class BusySessions(MemorySessions):
    """Between a look and what follows it, everybody else gets a turn."""

    async def identities(
        self, session_ids: Collection[SessionId]
    ) -> Mapping[SessionId, Identity]:
        found = await super().identities(session_ids)
        await asyncio.sleep(0)
        return found


class BusyUsers(MemoryUsers):
    """The same for users who are looked up to be changed, and not for those who log in."""

    async def account(self, user_id: UserId) -> Account | None:
        found = await super().account(user_id)
        await asyncio.sleep(0)
        return found

    async def account_by_email(self, email_key: str) -> Account | None:
        return await super().account(self.tables.emails.get(email_key, UNSAVED))


class World:
    """A service without its doors; ``rules`` replace those of ``RULES``."""

    def __init__(
        self,
        hasher: PasswordHasher = HASHER,
        backoff: Backoff | None = BACKOFF,
        mails: Sequence[Limit] = (MAILS,),
        **rules: Any,  # noqa: ANN401 - of any type
    ) -> None:
        self.clock = SetClock()
        self.metrics = PrometheusMetrics()
        plain = MemoryStorage.from_url("memory://")
        self.storage = replace(plain, users=BusyUsers(plain.users.tables))
        self.busy_sessions = BusySessions(self.storage.sessions.tables)
        self.tokens = JwtTokens("scribes-auth", "scribes")
        self.keyring = Keyring(SecretKeys(), KEY_RULES)
        self.keyring.load([SecretVersion("k" * 32, "1", UNTOLD)])
        self.token_service = TokenService(
            signer=self.tokens,
            verifier=self.tokens,
            keyring=self.keyring,
            clock=self.clock,
            leeway=KEY_RULES.leeway,
        )
        self.limiter = MemoryRateLimiter(self.clock)
        self.backoff = backoff
        self.throttle = Throttle(
            limiter=self.limiter,
            metrics=self.metrics,
            backoff=backoff,
            mails=mails,
            refreshes=[REFRESHES],
        )
        self.holders = Holders(
            sessions=self.busy_sessions,
            lookups=BatchedLookups(self.busy_sessions),
            token_service=self.token_service,
            clock=self.clock,
            events=EVENTS,
        )
        self.counter = DayCounter(self.storage.statistics, self.clock)
        self._begin_accounts(hasher)
        self._open_sessions(hasher, replace(RULES, **rules))
        self._administer(hasher)

    def _begin_accounts(self, hasher: PasswordHasher) -> None:
        self.mailed_tokens = tokens = MailedTokens(
            storage=self.storage,
            token_service=self.token_service,
            clock=self.clock,
            ids=RandomIds(),
            events=EVENTS,
            lives=LIVES,
        )
        self.accounts = Accounts(
            users=self.storage.users,
            emails=IdnaEmails(),
            hasher=hasher,
            policy=GuidePolicy(),
            tokens=tokens,
            counter=self.counter,
            clock=self.clock,
            events=EVENTS,
        )
        self.verifications = Verifications(
            users=self.storage.users,
            emails=IdnaEmails(),
            throttle=self.throttle,
            tokens=tokens,
            holders=self.holders,
            clock=self.clock,
            events=EVENTS,
        )
        self.password_resets = PasswordResets(
            users=self.storage.users,
            emails=IdnaEmails(),
            throttle=self.throttle,
            hasher=hasher,
            policy=GuidePolicy(),
            tokens=tokens,
            counter=self.counter,
            clock=self.clock,
            events=EVENTS,
        )

    def _open_sessions(self, hasher: PasswordHasher, rules: SessionRules) -> None:
        grants = Grants(token_service=self.token_service, ids=RandomIds(), rules=rules)
        self.reauthentication = Reauthentication(
            self.storage.users, self.throttle, hasher
        )
        self.password_changes = PasswordChanges(
            users=self.storage.users,
            reauthentication=self.reauthentication,
            holders=self.holders,
            throttle=self.throttle,
            hasher=hasher,
            policy=GuidePolicy(),
            clock=self.clock,
            grants=grants,
            events=EVENTS,
        )
        self.sessions = Sessions(
            users=self.storage.users,
            emails=IdnaEmails(),
            sessions=self.busy_sessions,
            holders=self.holders,
            throttle=self.throttle,
            hasher=hasher,
            clock=self.clock,
            device_names=UserAgentNames(),
            counter=self.counter,
            grants=grants,
            events=EVENTS,
            metrics=self.metrics,
            rules=rules,
        )

    def _administer(self, hasher: PasswordHasher) -> None:
        storage, tokens, clock = self.storage, self.mailed_tokens, self.clock
        changes = UserChanges(IdnaEmails(), tokens, clock, EVENTS)
        removals = Removals(storage.users, self.limiter, clock, EVENTS)
        lists = SessionLists(storage.sessions, clock, EVENTS)
        self.own_account = OwnAccounts(
            storage=storage,
            reauthentication=self.reauthentication,
            changes=changes,
            removals=removals,
        )
        self.own_sessions = OwnSessionLists(lists)
        self.email_changes = EmailChanges(
            storage=storage,
            emails=IdnaEmails(),
            tokens=tokens,
            throttle=self.throttle,
            reauthentication=self.reauthentication,
            changes=changes,
            clock=clock,
            events=EVENTS,
        )
        self.invitations = MailedInvitations(self.password_resets)
        self.user_administration = Users(
            storage=storage,
            emails=IdnaEmails(),
            newcomers=Newcomers(
                users=storage.users,
                emails=IdnaEmails(),
                hasher=hasher,
                policy=GuidePolicy(),
                tokens=tokens,
                clock=clock,
                events=EVENTS,
            ),
            changes=changes,
            removals=removals,
            tokens=tokens,
            limiter=self.limiter,
            backoff=self.backoff,
            clock=clock,
            events=EVENTS,
        )
        self.session_administration = UserSessions(storage.users, lists)
        self.audit = Events(storage, clock)

    async def signed_in(self, grant: Grant, client: Client = PHONE) -> SignedIn:
        """Return the caller whose access token is in a grant."""
        identity = await self.sessions.identify(grant.access_token)
        return SignedIn(identity, client)

    async def admin(self, name: str = "root") -> SignedIn:
        """Return an administrator who is signed in."""
        profile = Profile(email=f"{name}@example.com", username=name, role=Role.ADMIN)
        await self.user_administration.create(Operator(CONSOLE), profile, PASSWORD)
        return await self.signed_in(await self.log_in(email=profile.email))

    def wait(self, **time: float) -> None:
        self.clock.advance(timedelta(**time))

    async def register(self, name: str = "jane") -> User:
        return await self.accounts.register(
            email=f"{name}@example.com",
            username=name,
            password=PASSWORD,
            full_name=None,
            locale=None,
            client=PHONE,
        )

    async def log_in(
        self, password: str = PASSWORD, email: str = EMAIL, client: Client = PHONE
    ) -> Grant:
        return await self.sessions.log_in(email=email, password=password, client=client)

    async def newcomer(self) -> Grant:
        """Register somebody and log them in."""
        await self.register()
        return await self.log_in()

    async def refresh(self, token: str, client: Client = PHONE) -> str:
        """Return the refresh token that a refresh answers with."""
        return (await self.sessions.refresh(token, client)).refresh_token

    async def generation(self, token: str) -> int:
        keys = {KEY.kid: KEY}
        claims = await self.tokens.verify(token, keys)
        assert claims.kind is TokenKind.REFRESH
        assert claims.generation is not None
        return claims.generation

    @property
    def session(self) -> Session:
        """The only session, as stored."""
        (session,) = self.storage.sessions.tables.sessions.values()
        return session

    @property
    def events(self) -> list[Event]:
        return list(self.storage.users.tables.events.values())

    def count(self, kind: EventKind) -> int:
        return sum(event.kind is kind for event in self.events)

    def refusals(self, limit: str) -> float:
        """Return how often the metrics say that this limit refused."""
        name = "scribes_rate_limit_refusals_total"
        return self.metrics.registry.get_sample_value(name, {"limit": limit}) or 0

    def mailed_token(self, purpose: Purpose) -> str:
        """Return what the latest mail for this purpose carries."""
        tokens = self.storage.tokens.tables.tokens.values()
        latest = [token.id for token in tokens if token.purpose is purpose][-1]
        return self.token_service.mail_token(latest, purpose)

    def change_user(self, user: User, **changes: Any) -> User:  # noqa: ANN401 - its fields
        """Change what no use case changes yet."""
        return self.storage.users.tables.update(user, **changes)

    def hash_of(self, user: User) -> str | None:
        return self.storage.users.tables.credentials[user.id].password_hash

    def set_hash(self, user: User, password_hash: str | None) -> None:
        """Store another hash, or none, as no use case does."""
        credentials = Credentials(password_hash=password_hash)
        self.storage.users.tables.credentials[user.id] = credentials
