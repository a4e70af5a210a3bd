"""The wiring. It builds and never connects: whoever serves opens and closes."""

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Dependency, Singleton

from adapters.emails.idna import IdnaEmails
from adapters.metrics.prometheus import PrometheusMetrics
from adapters.passwords.bcrypt import BcryptHasher
from adapters.system import RandomIds, SystemClock
from adapters.tokens.jwt_tokens import JwtTokens
from config import adapters
from config.jwt_keys import initial_keyring
from config.replaceable import Replaceable
from config.secret_rotation import SecretRotation
from config.settings import Settings
from core.event_factory import EventFactory
from core.identity.accounts import Accounts
from core.identity.batched_lookups import BatchedLookups
from core.identity.grants import Grants
from core.identity.holders import Holders
from core.identity.mailed_tokens import MailedTokens
from core.identity.password_changes import PasswordChanges
from core.identity.password_resets import PasswordResets
from core.identity.sessions import Sessions
from core.identity.throttle import Throttle
from core.identity.verifications import Verifications
from core.keys.revocations import Revocations
from core.keys.token_service import TokenService
from core.operations.housekeeping import Housekeeping
from core.operations.mail_watch import Deliveries, MailWatch
from core.operations.outbox import Outbox
from core.operations.readiness import Readiness
from core.operations.secret_watch import SecretWatch
from core.passwords import GuidePolicy
from core.ports import Mailer, RateLimiter, Storage


class Container(DeclarativeContainer):
    """One provider a port, and one a service."""

    settings = Dependency(instance_of=Settings)

    clock = Singleton(SystemClock)
    ids = Singleton(RandomIds)
    metrics = Singleton(PrometheusMetrics)
    replaceable_storage = Singleton(
        Replaceable, Storage, Singleton(adapters.storage, settings)
    )
    storage = replaceable_storage.provided.proxy
    replaceable_limiter = Singleton(
        Replaceable, RateLimiter, Singleton(adapters.shared_limiter, settings, clock)
    )
    shared_limiter = replaceable_limiter.provided.proxy
    limiter = Singleton(adapters.rate_limiter, settings, shared_limiter, clock, metrics)
    replaceable_mailer = Singleton(
        Replaceable, Mailer, Singleton(adapters.mailer, settings)
    )
    mailer = replaceable_mailer.provided.proxy
    emails = Singleton(IdnaEmails)
    policy = Singleton(GuidePolicy)
    hasher = Singleton(
        BcryptHasher,
        rounds=settings.provided.bcrypt_rounds,
        max_wait=settings.provided.hash_max_wait_seconds,
        threads=settings.provided.threads_for_hashes,
    )
    tokens = Singleton(
        JwtTokens,
        issuer=settings.provided.jwt_issuer,
        audience=settings.provided.jwt_audience,
    )

    keyring = Singleton(initial_keyring, settings)
    secret_rotation = Singleton(
        SecretRotation,
        settings=settings,
        clock=clock,
        keyring=keyring,
        storage=replaceable_storage,
        limiter=replaceable_limiter,
        mailer=replaceable_mailer,
    )
    secret_watch = Singleton(
        SecretWatch,
        watched=secret_rotation.provided.watched.call(),
        clock=clock,
        metrics=metrics,
    )
    token_service = Singleton(
        TokenService,
        signer=tokens,
        verifier=tokens,
        keyring=keyring,
        clock=clock,
        leeway=settings.provided.leeway,
        on_unknown_kid=secret_watch.provided.look_soon,
    )
    throttle = Singleton(
        Throttle,
        limiter=limiter,
        metrics=metrics,
        backoff=settings.provided.backoff,
        mails=settings.provided.limits.call("mails", "mails"),
        refreshes=settings.provided.limits.call("refresh", "refresh"),
    )
    event_factory = Singleton(EventFactory, ids)
    grants = Singleton(
        Grants,
        token_service=token_service,
        ids=ids,
        rules=settings.provided.session_rules,
    )
    holders = Singleton(
        Holders,
        sessions=storage.sessions,
        lookups=Singleton(BatchedLookups, storage.sessions),
        token_service=token_service,
        clock=clock,
        events=event_factory,
    )
    mailed_tokens = Singleton(
        MailedTokens,
        storage=storage,
        token_service=token_service,
        clock=clock,
        ids=ids,
        events=event_factory,
        verification_life=settings.provided.verification_life,
        reset_life=settings.provided.reset_life,
    )
    accounts = Singleton(
        Accounts,
        users=storage.users,
        emails=emails,
        hasher=hasher,
        policy=policy,
        tokens=mailed_tokens,
        clock=clock,
        events=event_factory,
    )
    verifications = Singleton(
        Verifications,
        users=storage.users,
        emails=emails,
        throttle=throttle,
        tokens=mailed_tokens,
        holders=holders,
        clock=clock,
        events=event_factory,
    )
    password_resets = Singleton(
        PasswordResets,
        users=storage.users,
        emails=emails,
        throttle=throttle,
        hasher=hasher,
        policy=policy,
        tokens=mailed_tokens,
        clock=clock,
        events=event_factory,
    )
    password_changes = Singleton(
        PasswordChanges,
        users=storage.users,
        holders=holders,
        throttle=throttle,
        hasher=hasher,
        policy=policy,
        clock=clock,
        grants=grants,
        events=event_factory,
    )
    sessions = Singleton(
        Sessions,
        users=storage.users,
        emails=emails,
        sessions=storage.sessions,
        holders=holders,
        throttle=throttle,
        hasher=hasher,
        clock=clock,
        grants=grants,
        events=event_factory,
        rules=settings.provided.session_rules,
    )
    revocations = Singleton(
        Revocations,
        storage=storage.revocations,
        keyring=keyring,
        clock=clock,
        events=event_factory,
    )
    readiness = Singleton(
        Readiness,
        storage=storage,
        revocations=revocations,
        auto_migrate=settings.provided.migrates_itself,
    )
    housekeeping = Singleton(
        Housekeeping,
        storage=storage,
        clock=clock,
        event_life=settings.provided.event_life,
    )
    deliveries = Singleton(Deliveries, metrics)
    outbox = Singleton(
        Outbox,
        storage=storage,
        mailer=mailer,
        throttle=throttle,
        token_service=token_service,
        clock=clock,
        deliveries=deliveries,
    )
    mail_watch = Singleton(
        MailWatch, storage=storage, deliveries=deliveries, clock=clock, metrics=metrics
    )
