"""The wiring where Amazon Cognito keeps the users: other use cases behind the same ports."""

from typing import Any, TypeAlias

from dependency_injector.providers import Callable, Object, Singleton

from adapters.identity.cognito import MISSING, MISSING_PAGES
from adapters.identity.cognito.access_tokens import AccessTokens
from adapters.identity.cognito.administration import CognitoUsers
from adapters.identity.cognito.directory import Directory
from adapters.identity.cognito.looks import Looks
from adapters.identity.cognito.own_account import (
    CognitoLogIns,
    CognitoOwnAccount,
    NoAudit,
    NoEmailChanges,
    NoSessionLists,
)
from adapters.identity.cognito.passwords import (
    CognitoInvitations,
    CognitoPasswordChanges,
    CognitoResets,
)
from adapters.identity.cognito.registration import CognitoAccounts, CognitoVerifications
from adapters.identity.cognito.sessions import CognitoSessions
from config.container import Container

Wired: TypeAlias = Any
"""Of another class than in the wiring that this one is based on, and behind the same port."""


class CognitoContainer(Container):
    """One provider a driving port, in the place of ours; all else is as it is."""

    missing = Object(MISSING)
    missing_pages = Object(MISSING_PAGES)
    mails_codes = Object(True)  # noqa: FBT003 - a value

    pool = Callable(
        lambda storage: storage.adapter.user_pool, Container.replaceable_storage
    )
    directory = Singleton(Directory, pool)
    looks = Singleton(
        Looks,
        directory=directory,
        seconds=Container.settings.provided.cognito_user_cache_seconds,
    )
    accounts: Wired = Singleton(
        CognitoAccounts,
        directory=directory,
        emails=Container.emails,
        policy=Container.policy,
    )
    verifications: Wired = Singleton(
        CognitoVerifications,
        directory=directory,
        emails=Container.emails,
        throttle=Container.throttle,
    )
    sessions: Wired = Singleton(
        CognitoSessions,
        pool=pool,
        tokens=Singleton(AccessTokens, pool, Container.clock),
        looks=looks,
        emails=Container.emails,
        throttle=Container.throttle,
        metrics=Container.metrics,
    )
    password_resets: Wired = Singleton(
        CognitoResets,
        directory=directory,
        emails=Container.emails,
        throttle=Container.throttle,
        policy=Container.policy,
        sessions=sessions,
    )
    password_changes: Wired = Singleton(
        CognitoPasswordChanges,
        throttle=Container.throttle,
        policy=Container.policy,
        sessions=sessions,
    )
    invitations: Wired = Singleton(
        CognitoInvitations,
        directory=directory,
        emails=Container.emails,
        throttle=Container.throttle,
        policy=Container.policy,
    )
    own_account: Wired = Singleton(
        CognitoOwnAccount,
        directory=directory,
        sessions=sessions,
        looks=looks,
        emails=Container.emails,
        throttle=Container.throttle,
    )
    own_sessions: Wired = Singleton(NoSessionLists)
    email_changes: Wired = Singleton(NoEmailChanges)
    user_administration: Wired = Singleton(
        CognitoUsers,
        directory=directory,
        accounts=accounts,
        sessions=sessions,
        looks=looks,
        emails=Container.emails,
        policy=Container.policy,
        limiter=Container.limiter,
        backoff=Container.settings.provided.backoff,
        clock=Container.clock,
    )
    session_administration: Wired = Singleton(
        CognitoLogIns, directory=directory, sessions=sessions
    )
    audit: Wired = Singleton(NoAudit)
