from tests.http.conftest import connect, install, serve

__all__ = ["connect", "install", "serve"]  # fixtures
