"""What is measured and traced of the calls that leave the process."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from adapters.tracing.spans import Tracing
from config.replaceable import Around, Replaceable, unobserved
from config.settings import Settings
from core import errors
from core.model import PoolUse
from core.operations.secret_watch import SecretReference
from core.ports import Metrics, Pooled, SecretProvider, Storage

SYSTEMS = {"postgres": "postgresql", "mongodb+srv": "mongodb"}
"""What OpenTelemetry calls a database, where that is not the scheme of its URL."""


def storage_calls(settings: Settings, metrics: Metrics, tracing: Tracing) -> Around:
    """Measure and trace the calls to the storage."""
    scheme = settings.storage_url.partition(":")[0]
    system = SYSTEMS.get(scheme, scheme.partition("+")[0])
    facts = {"db.system.name": system}

    @contextmanager
    def around(call: str) -> Iterator[None]:
        begun = time.perf_counter()
        try:
            with tracing.call(f"storage.{call}", {**facts, "db.operation.name": call}):
                yield
        except errors.Unavailable:
            metrics.count("storage_errors", operation=call)
            raise
        finally:
            seconds = time.perf_counter() - begun
            metrics.observe("storage_call_duration_seconds", seconds)

    return around


def limiter_calls(settings: Settings, tracing: Tracing) -> Around:
    """Trace the calls to Redis, if there is one."""
    if settings.redis_url is None:
        return unobserved
    return _traced(tracing, "limiter", {"db.system.name": "redis"})


def observed_secret(tracing: Tracing, secret: SecretReference) -> SecretReference:
    """Return the secret with every look at it traced."""
    around = _traced(tracing, "secrets", {"scribes.secret": secret.name})
    provider = Replaceable(SecretProvider, secret.provider, around).proxy  # type: ignore[type-abstract]
    return SecretReference(provider, secret.name, every_version=secret.every_version)


def _traced(tracing: Tracing, what: str, facts: Mapping[str, str]) -> Around:
    return lambda call: tracing.call(f"{what}.{call}", facts)


def pool_of(storage: Replaceable[Storage]) -> PoolUse | None:
    """Return how the connections of the storage in force are used, if it has a pool."""
    adapter = storage.adapter
    return adapter.pool if isinstance(adapter, Pooled) else None
