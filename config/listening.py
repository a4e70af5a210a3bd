"""Where the service listens, for who asks it there, and needs no other setting."""

from config import sources
from config.spelling import listening_host
from core import errors

HOST, PORT = "127.0.0.1", 8000
"""Where it does unless it is told to elsewhere."""

LARGEST_PORT = 65535
UNKNOWN = "PORT: 0 is whichever is free; say which it became with --port"


def listening() -> tuple[str, int]:
    """Return HOST and PORT, as all settings have them; raises BadConfiguration."""
    found = sources.written()
    try:
        host = listening_host(found.get("HOST", HOST))
        port = int(found.get("PORT", PORT))
    except ValueError as error:
        raise errors.BadConfiguration([f"HOST, PORT: {error}"]) from None
    if not 0 <= port <= LARGEST_PORT:
        raise errors.BadConfiguration([f"PORT: {port} is no port"])
    return host, port
