"""The Falcon application: which resource answers at which path, and what surrounds it."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import falcon
from falcon.asgi import App, Request, Response

from config.container import Container
from core import errors
from entrypoints.http import problems
from entrypoints.http.around.client_address import ClientAddresses
from entrypoints.http.around.cors import Cors
from entrypoints.http.around.cross_site import CrossSite
from entrypoints.http.around.middleware import Measured, RequestContext, SecurityHeaders
from entrypoints.http.around.overload import AdmissionControl
from entrypoints.http.around.rate_limits import RateLimits
from entrypoints.http.around.readiness_gate import ReadinessGate
from entrypoints.http.declaration import declarations_of
from entrypoints.http.lifespan import Lifespan
from entrypoints.http.openapi.document import openapi
from entrypoints.http.operation import BodyReader
from entrypoints.http.reference import reference_of
from entrypoints.http.rendering import Site
from entrypoints.http.resources import (
    health,
    pages,
    passwords,
    registration,
    sessions,
    verify,
    wellknown,
)
from entrypoints.http.routing import ExactRouter

VERSION = version("scribes-auth")
SHARE_OF_REFUSALS = 4
"""At most one connection of so many is held by somebody who waits for a refusal."""


def create(container: Container) -> App[Request, Response]:
    """Return the application; nothing is connected before its lifespan starts."""
    return assemble(container, routes(container))


def assemble(
    container: Container, resources: Mapping[str, object]
) -> App[Request, Response]:
    """Return an application of these resources, by path, with all that surrounds them."""
    app = App(middleware=_middleware(container, resources), router=ExactRouter())
    for path, resource in resources.items():
        app.add_route(path, resource)
    app.add_error_handler(Exception, problems.refuse_bug)
    app.add_error_handler(falcon.HTTPError, problems.refuse_http)
    app.add_error_handler(problems.InvalidBody, problems.refuse_body)
    app.add_error_handler(errors.AuthError, problems.refuse)
    return app


def routes(container: Container) -> dict[str, object]:
    """Return the resource behind each path."""
    api = _api(container)
    document = openapi(
        api, version=VERSION, server=container.settings().public_url or "/"
    )
    verifications, resets = container.verifications(), container.password_resets()
    settings = container.settings()
    figures = {"/metrics": health.Figures(container.metrics())}
    description = {
        "/openapi.json": wellknown.OpenApi(document),
        "/docs": wellknown.Docs(document, reference_of(document)),
    }
    return {
        **api,
        **(figures if settings.metrics_enabled else {}),
        **(description if settings.docs_enabled else {}),
        "/verify-email": pages.VerifyEmailPage(verifications),
        "/verify-email/reject": pages.RejectAccountPage(verifications),
        "/reset-password": pages.ResetPasswordPage(resets, container.policy()),
    }


def _api(container: Container) -> dict[str, object]:
    users, logins = container.accounts(), container.sessions()
    verifications, resets = container.verifications(), container.password_resets()
    storage, clock = container.storage(), container.clock()
    limiter, mails = container.limiter(), container.mail_watch()
    return {
        "/auth/register": registration.Register(users),
        "/auth/verify-email": registration.VerifyEmail(verifications),
        "/auth/verify-email/reject": registration.RejectAccount(verifications),
        "/auth/resend-verification": registration.ResendVerification(verifications),
        "/auth/login": sessions.Login(logins),
        "/auth/refresh": sessions.Refresh(logins),
        "/auth/logout": sessions.Logout(logins),
        "/auth/logout-all": sessions.LogoutAll(logins),
        "/auth/me": sessions.Me(),
        "/auth/verify": verify.Verify(),
        "/auth/verify-path/{roles}/{path:path}": verify.VerifyPath(),
        "/auth/change-password": passwords.ChangePassword(container.password_changes()),
        "/auth/password-reset/request": passwords.RequestPasswordReset(resets),
        "/auth/password-reset/confirm": passwords.ConfirmPasswordReset(resets),
        "/health": health.HealthCheck(storage, limiter, mails, clock),
        "/livez": health.Livez(),
        "/readyz": health.Readyz(
            container.readiness(), limiter, container.secret_watch(), mails
        ),
        "/.well-known/jwks.json": wellknown.Jwks(container.token_service()),
    }


def _middleware(container: Container, resources: Mapping[str, object]) -> list[Any]:
    """Return what surrounds every operation, outermost first."""
    settings = container.settings()
    reader = BodyReader(
        container.policy(), settings.max_body_bytes, settings.read_timeout_seconds
    )
    addresses = ClientAddresses(settings.trusted_proxies, settings.forwarded_header)
    origins = settings.cors_origins
    return [
        _lifespan(container),
        RequestContext(
            container.ids(),
            reader,
            container.sessions(),
            addresses,
            Site(settings.smtp_from_name, settings.app_url),
        ),
        Measured(container.metrics()),
        SecurityHeaders(https=settings.is_https),
        *([Cors(origins)] if origins else []),
        ReadinessGate(container.readiness()),
        CrossSite(settings.origin, origins),
        *_limits(container, resources),
        AdmissionControl(container.hasher()),
    ]


def _limits(container: Container, resources: Mapping[str, object]) -> list[RateLimits]:
    settings = container.settings()
    if not settings.rate_limit_enabled:
        return []
    buckets = {
        declaration.limit
        for resource in resources.values()
        for declaration in declarations_of(resource).values()
        if declaration.limit is not None
    }
    limits = {it: settings.limits(it.name, it.setting) for it in buckets}
    most_waiting = settings.max_connections // SHARE_OF_REFUSALS
    return [RateLimits(container.limiter(), limits, container.metrics(), most_waiting)]


def _lifespan(container: Container) -> Lifespan:
    settings = container.settings()
    return Lifespan(
        readiness=container.readiness(),
        outbox=container.outbox(),
        mails=container.mail_watch(),
        housekeeping=container.housekeeping(),
        hasher=container.hasher(),
        limiter=container.limiter(),
        secrets=container.secret_watch(),
        revocations=container.revocations(),
        poll_seconds=settings.outbox_poll_seconds,
        refresh_seconds=settings.secrets_refresh_seconds,
    )
