"""`/openapi.json` (OpenAPI 3.1), from the operations and models that do the work."""

from entrypoints.http.openapi.document import openapi

__all__ = ["openapi"]
