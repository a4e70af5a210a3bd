"""Figures for Prometheus, which fetches them (text format, version 0.0.4)."""

import os
import struct
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from prometheus_client import (
    CONTENT_TYPE_PLAIN_0_0_4,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from core.ports import Figure, Metrics

M = TypeVar("M", bound=MetricWrapperBase)

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

COUNTERS = {
    "http_requests": ("Requests answered", ("method", "route", "status")),
    "rate_limit_refusals": ("Refusals by a limit", ("limit",)),
    "rate_limit_fallbacks": ("Counted in this process, for want of Redis", ()),
    "mails_sent": ("Mails that the mail server took", ()),
    "mail_failures": ("Mails delayed or given up, by outcome", ("outcome",)),
    "log_ins": ("Passwords that were checked, by what became of it", ("outcome",)),
    "refreshes": ("Refresh tokens shown, by what became of it", ("outcome",)),
    "refresh_reuses": ("Sessions ended because a spent refresh token was shown", ()),
    "hash_refusals": ("Passwords not hashed, for they would have waited too long", ()),
    "secret_look_failures": ("Looks that did not renew the secret", ("secret",)),
    "storage_errors": ("Calls that the storage did not answer", ("operation",)),
    "pool_requests": ("Connections asked of the storage's pool", ()),
    "pool_wait_seconds": ("Time waited for those, together", ()),
}
GAUGES = {
    "mails_waiting": ("Mails that are to be sent, of all replicas, up to 10000", ()),
    "mails_retried": ("Mails among those that a try did not get out", ()),
    "mails_oldest_seconds": ("How long the oldest of them has waited", ()),
    "redis_up": ("1 while limits are counted in Redis, 0 while in this process", ()),
    "secrets_up": ("1 while every secret can be read and used, else 0", ()),
    "secret_created_timestamp_seconds": (
        "When the newest version was made",
        ("secret",),
    ),
    "keys": ("JWT keys, by state", ("state",)),
    "hashes_waiting": ("Passwords that wait to be hashed", ()),
    "pool_connections": ("Connections of the storage's pool, by state", ("state",)),
    "pool_waiting": ("Calls that wait for one of them", ()),
    "start_time_seconds": ("When the process began to serve", ()),
    "build_info": ("Always 1; the version is a label", ("version",)),
}
SUMMED = {"hashes_waiting", "pool_connections", "pool_waiting"}
"""Gauges of which each worker has its share; any other is the same on all of them."""

DURATIONS = {
    "http_request_duration_seconds": ("Time to answer", ("method", "route")),
    "hash_wait_seconds": ("Time until a password's turn to be hashed", ()),
    "storage_call_duration_seconds": ("Time until the storage answered a call", ()),
}
SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""
Names the directory in which the workers of one service share their figures.

The library reads it when it is imported: it has to be set before a worker starts.
"""

TRIES = 20
PAUSE = 0.002
"""Seconds between two of them."""

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


@dataclass(slots=True)
class PrometheusMetrics(Metrics):
    """Names are those listed above, and any other is a KeyError; we put ``scribes_`` before."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    counters: dict[str, Counter] = field(init=False)
    gauges: dict[str, Gauge] = field(default_factory=dict, init=False)
    """Those that were set: one that never was would read 0."""
    durations: dict[str, Histogram] = field(init=False)

    def __post_init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        _forget_the_dead()
        self.counters = {
            name: Counter(name, *facts, **self._ours)
            for name, facts in COUNTERS.items()
        }
        self.durations = {
            name: Histogram(name, *facts, buckets=SECONDS, **self._ours)
            for name, facts in DURATIONS.items()
        }

    @property
    def _ours(self) -> dict[str, Any]:
        return {"namespace": "scribes", "registry": self.registry}

    def count(self, name: str, by: float = 1, /, **labels: str) -> None:
        _of(self.counters[name], labels).inc(by)

    def set(self, name: str, value: float, **labels: str) -> None:
        if name not in self.gauges:
            self.gauges[name] = Gauge(
                name,
                *GAUGES[name],
                multiprocess_mode="livesum" if name in SUMMED else "mostrecent",
                **self._ours,
            )
        _of(self.gauges[name], labels).set(value)

    def observe(self, name: str, value: float, **labels: str) -> None:
        _of(self.durations[name], labels).observe(value)

    def counter(self, name: str, **labels: str) -> Figure:
        return _of(self.counters[name], labels).inc

    def distribution(self, name: str, **labels: str) -> Figure:
        return _of(self.durations[name], labels).observe

    def page(self) -> bytes:
        """Return all figures as they are now, of all workers."""
        for _ in range(TRIES):
            # For a moment after another worker has made its file, that is empty.
            with suppress(struct.error):
                return self._page()
            time.sleep(PAUSE)
        return self._page()

    def _page(self) -> bytes:
        registry = self.registry
        if os.environ.get(SHARED):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)


def _of(metric: M, labels: Mapping[str, str]) -> M:
    return metric.labels(**labels) if labels else metric


def _forget_the_dead() -> None:
    """Remove the shares of workers that crashed: whoever begins takes the place of one."""
    place = os.environ.get(SHARED)
    for file in Path(place).glob("gauge_live*_*.db") if place else ():
        worker = int(file.stem.rpartition("_")[2])
        try:
            os.kill(worker, 0)
        except ProcessLookupError:
            mark_process_dead(worker)  # type: ignore[no-untyped-call]
