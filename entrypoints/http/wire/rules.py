"""What a connection may send, and how long it may take."""

from dataclasses import dataclass
from typing import Self

from config.settings import Settings
from entrypoints.http.wire.usual_headers import Fields, usual_headers


@dataclass(frozen=True, slots=True)
class WireRules:
    """Sizes are in bytes, times in seconds."""

    request_line_bytes: int
    header_bytes: int
    headers: int
    read_seconds: float
    usual_headers: Fields

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(
            request_line_bytes=settings.max_request_line_bytes,
            header_bytes=settings.max_header_bytes,
            headers=settings.max_headers,
            read_seconds=settings.read_timeout_seconds,
            usual_headers=usual_headers(https=settings.is_https),
        )
