"""The core on its memory adapters, with a clock that tests set."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from adapters.emails.idna import IdnaEmails
from adapters.metrics.prometheus import PrometheusMetrics
from adapters.passwords.bcrypt import BcryptHasher
from adapters.rate_limit.memory import MemoryRateLimiter
from adapters.storage.memory import MemoryStorage
from adapters.storage.memory.sessions import MemorySessions
from adapters.system import RandomIds
from adapters.tokens.jwt_tokens import JwtTokens
from adapters.tokens.secret_keys import SecretKeys
from core.event_factory import EventFactory
from core.identity.accounts import Accounts
from core.identity.batched_lookups import BatchedLookups
from core.identity.grants import Grants
from core.identity.holders import Holders
from core.identity.mailed_tokens import MailedTokens
from core.identity.password_changes import PasswordChanges
from core.identity.password_resets import PasswordResets
from core.identity.session_rules import Rotation, SessionRules
from core.identity.sessions import Sessions
from core.identity.throttle import Throttle
from core.identity.verifications import Verifications
from core.keys.keyring import Keyring, KeyRules
from core.keys.token_service import TokenService, hmac_key
from core.model import (
    UNTOLD,
    Backoff,
    Client,
    Credentials,
    Grant,
    Identity,
    Limit,
    Purpose,
    SecretVersion,
    Session,
    SessionId,
    TokenKind,
    User,
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
HASHER = BcryptHasher(rounds=4, max_wait=60, threads=2)
EVENTS = EventFactory(RandomIds())


class BusySessions(MemorySessions):
    """Between a look and what follows it, everybody else gets a turn."""

    async def identities(
        self, session_ids: Collection[SessionId]
    ) -> Mapping[SessionId, Identity]:
        found = await super().identities(session_ids)
        await asyncio.sleep(0)
        return found


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
        self.storage = MemoryStorage.from_url("memory://")
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
        self.throttle = Throttle(
            limiter=MemoryRateLimiter(self.clock),
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
        self._begin_accounts(hasher)
        self._open_sessions(hasher, replace(RULES, **rules))

    def _begin_accounts(self, hasher: PasswordHasher) -> None:
        tokens = MailedTokens(
            storage=self.storage,
            token_service=self.token_service,
            clock=self.clock,
            ids=RandomIds(),
            events=EVENTS,
            verification_life=timedelta(hours=24),
            reset_life=timedelta(hours=1),
        )
        self.accounts = Accounts(
            users=self.storage.users,
            emails=IdnaEmails(),
            hasher=hasher,
            policy=GuidePolicy(),
            tokens=tokens,
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
            clock=self.clock,
            events=EVENTS,
        )

    def _open_sessions(self, hasher: PasswordHasher, rules: SessionRules) -> None:
        grants = Grants(token_service=self.token_service, ids=RandomIds(), rules=rules)
        self.password_changes = PasswordChanges(
            users=self.storage.users,
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
            grants=grants,
            events=EVENTS,
            rules=rules,
        )

    def wait(self, **time: float) -> None:
        self.clock.advance(timedelta(**time))

    async def register(self, name: str = "jane") -> User:
        return await self.accounts.register(
            email=f"{name}@example.com",
            username=name,
            password=PASSWORD,
            full_name=None,
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
