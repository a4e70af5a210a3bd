"""The Falcon application: which resource answers at which path, and what surrounds it."""

from importlib.metadata import version
from typing import Any

import falcon
from falcon import CORSMiddleware
from falcon.asgi import App, Request, Response

from config.container import Container
from core import errors
from entrypoints.http import accounts, pages, problems, sessions, verify, wellknown
from entrypoints.http.client_address import ClientAddresses
from entrypoints.http.lifespan import Lifespan
from entrypoints.http.limits import BUCKETS, RateLimits
from entrypoints.http.middleware import Measured, RequestContext, SecurityHeaders
from entrypoints.http.openapi import openapi
from entrypoints.http.operation import BodyReader
from entrypoints.http.overload import Turnstile
from entrypoints.http.readiness import Gate

VERSION = version("scribes-auth")


def create(container: Container) -> App[Request, Response]:
    """Return the application; nothing is connected before its lifespan starts."""
    app = App(middleware=_middleware(container))
    for path, resource in routes(container).items():
        app.add_route(path, resource)
    app.add_error_handler(Exception, problems.refuse_bug)
    app.add_error_handler(falcon.HTTPError, problems.refuse_http)
    app.add_error_handler(problems.InvalidBody, problems.refuse_body)
    app.add_error_handler(errors.AuthError, pages.refuse)
    return app


def routes(container: Container) -> dict[str, object]:
    """Return the resource behind each path."""
    api = _api(container)
    document = openapi(api, version=VERSION)
    users, policy = container.accounts(), container.policy()
    shows_metrics = container.settings().metrics_enabled
    figures = {"/metrics": wellknown.Figures(container.metrics())}
    return {
        **api,
        **(figures if shows_metrics else {}),
        "/openapi.json": wellknown.OpenApi(document),
        "/docs": wellknown.Docs(document),
        "/verify-email": pages.VerifyEmailPage(users),
        "/reset-password": pages.ResetPasswordPage(users, policy),
    }


def _api(container: Container) -> dict[str, object]:
    users, logins = container.accounts(), container.sessions()
    storage, clock = container.storage(), container.clock()
    limiter = container.limiter()
    return {
        "/auth/register": accounts.Register(users),
        "/auth/verify-email": accounts.VerifyEmail(users),
        "/auth/resend-verification": accounts.ResendVerification(users),
        "/auth/login": sessions.Login(logins),
        "/auth/refresh": sessions.Refresh(logins),
        "/auth/logout": sessions.Logout(logins),
        "/auth/logout-all": sessions.LogoutAll(logins),
        "/auth/me": sessions.Me(logins),
        verify.PATH: verify.Verify(logins),
        "/auth/change-password": accounts.ChangePassword(users, logins),
        "/auth/password-reset/request": accounts.RequestPasswordReset(users),
        "/auth/password-reset/confirm": accounts.ConfirmPasswordReset(users),
        "/health": wellknown.HealthCheck(storage, limiter, clock),
        "/livez": wellknown.Livez(),
        "/readyz": wellknown.Readyz(
            container.readiness(), limiter, container.secret_watch()
        ),
        "/.well-known/jwks.json": wellknown.Jwks(container.keys()),
    }


def _middleware(container: Container) -> list[Any]:
    settings = container.settings()
    reader = BodyReader(
        container.policy(), settings.max_body_bytes, settings.read_timeout_seconds
    )
    addresses = ClientAddresses(settings.trusted_proxies, settings.forwarded_header)
    around: list[Any] = [
        Lifespan(
            readiness=container.readiness(),
            outbox=container.outbox(),
            housekeeping=container.housekeeping(),
            hasher=container.hasher(),
            limiter=container.limiter(),
            secrets=container.secret_watch(),
            revocations=container.revocations(),
            poll_seconds=settings.outbox_poll_seconds,
            refresh_seconds=settings.secrets_refresh_seconds,
        ),
        RequestContext(container.ids(), reader, addresses),
        verify.Subrequests(),
        Measured(container.metrics()),
        SecurityHeaders(https=settings.base_url.startswith("https:")),
        Gate(container.readiness()),
        Turnstile(container.hasher()),
    ]
    if settings.cors_origins:
        around.append(
            CORSMiddleware(
                allow_origins=_origins(settings.cors_origins),
                expose_headers=(
                    "Retry-After",
                    "RateLimit",
                    "RateLimit-Policy",
                    "X-Request-ID",
                ),
            )
        )
    if settings.rate_limit_enabled:
        limits = {path: settings.limits(*names) for path, names in BUCKETS.items()}
        around.append(RateLimits(container.limiter(), limits, container.metrics()))
    return around


def _origins(listed: tuple[str, ...]) -> str | tuple[str, ...]:
    # Falcon takes the wildcard only by itself.
    return "*" if "*" in listed else listed
