"""Which paths of the service are for users and their programs; the rest stays inside."""

from pathlib import Path

from config.container import Container
from config.settings import Settings
from entrypoints.http.routes import routes

INSIDE = {
    "/auth/verify",
    "/auth/verify-path/{roles}/{path:path}",
    "/docs",
    "/health",
    "/livez",
    "/metrics",
    "/openapi.json",
    "/readyz",
}
"""For proxies, probes, Prometheus and authors of clients; whatever else there is, is listed."""


def every_route(directory: Path) -> set[str]:
    """Return all routes that the service has."""
    settings = Settings(data_dir=directory, jwt_secret_key="x" * 32)
    return set(routes(Container(settings=settings)))
