"""The wiring. It builds and never connects: whoever serves opens and closes."""

from importlib.metadata import version

from config.unimported import without

with without("fastapi", "flask", "pydantic_settings", "starlette", "werkzeug", "yaml"):
    from dependency_injector.containers import DeclarativeContainer
    from dependency_injector.providers import (
        Callable,
        Dependency,
        Object,
        Singleton,
    )

from adapters.devices.user_agents import UserAgentNames
from adapters.emails.idna import IdnaEmails
from adapters.metrics.prometheus import PrometheusMetrics
from adapters.passwords.bcrypt import BcryptHasher
from adapters.system import RandomIds, SystemClock
from adapters.tokens.jwt_tokens import JwtTokens
from adapters.tokens.remembering import RememberingVerifier
from config import adapters, observation
from config.jwt_keys import initial_keyring
from config.replaceable import Replaceable
from config.secret_rotation import SecretRotation
from config.settings import Settings
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
from core.identity.sessions import Sessions
from core.identity.throttle import Throttle
from core.identity.user_changes import UserChanges
from core.identity.verifications import Verifications
from core.keys.revocations import Revocations
from core.keys.token_service import TokenService
from core.operations.housekeeping import Housekeeping
from core.operations.mail_composer import MailComposer
from core.operations.mail_watch import Deliveries, MailWatch
from core.operations.outbox import Outbox
from core.operations.readiness import Readiness
from core.operations.secret_watch import SecretWatch
from core.operations.vital_signs import VitalSigns
from core.passwords import GuidePolicy
from core.ports import Mailer, RateLimiter, Storage


class Container(DeclarativeContainer):
    """One provider a port, and one a service."""

    settings = Dependency(instance_of=Settings)

    missing = Object(frozenset[str]())
    """Ids of operations that this backend has not."""
    missing_pages = Object(frozenset[str]())
    mails_codes = Object(False)  # noqa: FBT003 - a value
    """Whether what is mailed does not name the user."""

    clock = Singleton(SystemClock)
    ids = Singleton(RandomIds)
    metrics = Singleton(PrometheusMetrics)
    tracing = Singleton(adapters.tracing, settings)
    replaceable_storage = Singleton(
        Replaceable,
        Storage,
        Singleton(adapters.storage, settings),
        Singleton(observation.storage_calls, settings, metrics, tracing),
    )
    storage = replaceable_storage.provided.proxy
    replaceable_limiter = Singleton(
        Replaceable,
        RateLimiter,
        Singleton(adapters.shared_limiter, settings, clock),
        Singleton(observation.limiter_calls, settings, tracing),
    )
    shared_limiter = replaceable_limiter.provided.proxy
    limiter = Singleton(adapters.rate_limiter, settings, shared_limiter, clock, metrics)
    replaceable_mailer = Singleton(
        Replaceable, Mailer, Singleton(adapters.mailer, settings)
    )
    mailer = replaceable_mailer.provided.proxy
    emails = Singleton(IdnaEmails)
    policy = Singleton(GuidePolicy)
    device_names = Singleton(UserAgentNames)
    hasher = Singleton(
        BcryptHasher,
        rounds=settings.provided.bcrypt_rounds,
        max_wait=settings.provided.hash_max_wait_seconds,
        threads=settings.provided.threads_for_hashes,
        metrics=metrics,
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
        tracing=tracing,
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
        verifier=Singleton(RememberingVerifier, tokens),
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
    day_counter = Singleton(DayCounter, storage.statistics, clock)
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
        lives=settings.provided.mailed_token_lives,
    )
    accounts = Singleton(
        Accounts,
        users=storage.users,
        emails=emails,
        hasher=hasher,
        policy=policy,
        tokens=mailed_tokens,
        counter=day_counter,
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
        counter=day_counter,
        clock=clock,
        events=event_factory,
    )
    reauthentication = Singleton(Reauthentication, storage.users, throttle, hasher)
    password_changes = Singleton(
        PasswordChanges,
        users=storage.users,
        reauthentication=reauthentication,
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
        device_names=device_names,
        counter=day_counter,
        grants=grants,
        events=event_factory,
        metrics=metrics,
        rules=settings.provided.session_rules,
    )
    user_changes = Singleton(
        UserChanges,
        emails=emails,
        tokens=mailed_tokens,
        clock=clock,
        events=event_factory,
    )
    removals = Singleton(
        Removals,
        users=storage.users,
        limiter=limiter,
        clock=clock,
        events=event_factory,
    )
    session_lists = Singleton(SessionLists, storage.sessions, clock, event_factory)
    own_account = Singleton(
        OwnAccounts,
        storage=storage,
        reauthentication=reauthentication,
        changes=user_changes,
        removals=removals,
    )
    own_sessions = Singleton(OwnSessionLists, session_lists)
    email_changes = Singleton(
        EmailChanges,
        storage=storage,
        emails=emails,
        tokens=mailed_tokens,
        throttle=throttle,
        reauthentication=reauthentication,
        changes=user_changes,
        clock=clock,
        events=event_factory,
    )
    invitations = Singleton(MailedInvitations, password_resets)
    user_administration = Singleton(
        Users,
        storage=storage,
        emails=emails,
        newcomers=Singleton(
            Newcomers,
            users=storage.users,
            emails=emails,
            hasher=hasher,
            policy=policy,
            tokens=mailed_tokens,
            clock=clock,
            events=event_factory,
        ),
        changes=user_changes,
        removals=removals,
        tokens=mailed_tokens,
        limiter=limiter,
        backoff=settings.provided.backoff,
        clock=clock,
        events=event_factory,
    )
    session_administration = Singleton(UserSessions, storage.users, session_lists)
    audit = Singleton(Events, storage, clock)
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
    mail_composer = Singleton(
        MailComposer,
        storage=storage,
        emails=emails,
        token_service=token_service,
        clock=clock,
    )
    outbox = Singleton(
        Outbox,
        storage=storage,
        mailer=mailer,
        composer=mail_composer,
        throttle=throttle,
        emails=emails,
        clock=clock,
        deliveries=deliveries,
    )
    mail_watch = Singleton(
        MailWatch, storage=storage, deliveries=deliveries, clock=clock, metrics=metrics
    )
    vital_signs = Singleton(
        VitalSigns,
        version=version("scribes-auth"),
        keyring=keyring,
        pool=Callable(observation.pool_of, replaceable_storage).provider,
        clock=clock,
        metrics=metrics,
    )


def container_of(settings: Settings) -> Container:
    """Return the wiring for whoever keeps the users, ``AUTH_BACKEND``."""
    if not settings.has_cognito:
        return Container(settings=settings)
    from config.cognito import CognitoContainer  # noqa: PLC0415 - boto3 is an extra

    return CognitoContainer(settings=settings)
