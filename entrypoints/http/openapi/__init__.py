"""`/openapi.json` (OpenAPI 3.1), from the operations and models that do the work."""
