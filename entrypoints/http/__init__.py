"""The HTTP API, on Falcon."""
