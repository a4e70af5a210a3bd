"""The wiring. It builds and never connects: whoever serves opens and closes."""

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Dependency, Singleton

from adapters.passwords.bcrypt import BcryptHasher
from adapters.system import RandomIds, SystemClock
from adapters.tokens.pyjwt import PyJwtTokens
from config import adapters
from config.settings import Settings
from core.accounts import Accounts
from core.housekeeping import Housekeeping
from core.identities import Identities
from core.keys import Keys
from core.outbox import Outbox
from core.passwords import GuidePolicy
from core.readiness import Readiness
from core.sessions import Sessions


class Container(DeclarativeContainer):
    """One provider a port, and one a service."""

    settings = Dependency(instance_of=Settings)

    clock = Singleton(SystemClock)
    ids = Singleton(RandomIds)
    storage = Singleton(adapters.storage, settings)
    limiter = Singleton(adapters.rate_limiter, settings, clock)
    mailer = Singleton(adapters.mailer, settings)
    policy = Singleton(GuidePolicy)
    hasher = Singleton(
        BcryptHasher,
        rounds=settings.provided.bcrypt_rounds,
        max_wait=settings.provided.hash_max_wait_seconds,
    )
    tokens = Singleton(
        PyJwtTokens,
        issuer=settings.provided.jwt_issuer,
        audience=settings.provided.jwt_audience,
    )

    keys = Singleton(
        Keys,
        signer=tokens,
        verifier=tokens,
        ring=settings.provided.keyring,
        leeway=settings.provided.leeway,
    )
    accounts = Singleton(
        Accounts,
        storage=storage,
        hasher=hasher,
        policy=policy,
        keys=keys,
        clock=clock,
        ids=ids,
        verification_life=settings.provided.verification_life,
        reset_life=settings.provided.reset_life,
    )
    sessions = Singleton(
        Sessions,
        users=storage.provided.users,
        sessions=storage.provided.sessions,
        identities=Singleton(Identities, storage.provided.sessions),
        hasher=hasher,
        keys=keys,
        clock=clock,
        ids=ids,
        rules=settings.provided.session_rules,
    )
    readiness = Singleton(
        Readiness, storage=storage, auto_migrate=settings.provided.migrates_itself
    )
    housekeeping = Singleton(
        Housekeeping,
        storage=storage,
        clock=clock,
        event_life=settings.provided.event_life,
    )
    outbox = Singleton(Outbox, storage=storage, mailer=mailer, keys=keys, clock=clock)
