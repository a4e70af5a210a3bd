"""The Falcon application: the resources, and what surrounds them."""

from collections.abc import Mapping
from typing import Any

import falcon
from falcon.asgi import App, Request, Response

from config.container import Container
from core import errors
from entrypoints.http import problems
from entrypoints.http.around.client_address import ClientAddresses
from entrypoints.http.around.cors import Cors
from entrypoints.http.around.cross_site import CrossSite
from entrypoints.http.around.gates import Gates
from entrypoints.http.around.middleware import Answered, RequestContext
from entrypoints.http.around.not_offered import NotOffered
from entrypoints.http.around.overload import AdmissionControl
from entrypoints.http.around.rate_limits import RateLimits
from entrypoints.http.around.readiness_gate import ReadinessGate
from entrypoints.http.around.traces import Traced
from entrypoints.http.declaration import declarations_of
from entrypoints.http.lifespan import Lifespan
from entrypoints.http.operation import BodyReader
from entrypoints.http.rendering import Site
from entrypoints.http.routes import routes
from entrypoints.http.routing import ExactRouter

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


def _middleware(container: Container, resources: Mapping[str, object]) -> list[Any]:
    """Return what surrounds every operation, outermost first."""
    settings = container.settings()
    reader = BodyReader(container.policy(), settings.max_body_bytes)
    addresses = ClientAddresses(settings.trusted_proxies, settings.forwarded_header)
    origins, tracing = settings.cors_origins, container.tracing()
    return [
        _lifespan(container),
        RequestContext(
            container.ids(),
            reader,
            container.sessions(),
            addresses,
            Site(settings.smtp_from_name, settings.app_url),
        ),
        *([Traced(tracing)] if tracing.is_on else []),
        Answered(container.metrics()),
        *([Cors(origins)] if origins else []),
        Gates(
            [
                NotOffered(container.missing()),
                ReadinessGate(container.readiness()),
                CrossSite(settings.origin, origins),
                *_limits(container, resources),
                AdmissionControl(container.hasher()),
            ]
        ),
    ]


def _limits(container: Container, resources: Mapping[str, object]) -> list[RateLimits]:
    settings = container.settings()
    if not settings.rate_limit_enabled:
        return []
    buckets = {
        bucket
        for resource in resources.values()
        for declaration in declarations_of(resource).values()
        for bucket in (declaration.limit, declaration.limit_by_user)
        if bucket is not None
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
        device_names=container.device_names(),
        limiter=container.limiter(),
        secrets=container.secret_watch(),
        revocations=container.revocations(),
        signs=container.vital_signs(),
        tracing=container.tracing(),
        store_counts=container.day_counter().store,
        poll_seconds=settings.outbox_poll_seconds,
        refresh_seconds=settings.secrets_refresh_seconds,
    )
