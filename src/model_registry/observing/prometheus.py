"""Metrics for Prometheus; needs the extra ``prometheus``."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

from model_registry.observing.observer import (
    FlushFinished,
    LookFinished,
    Observer,
    RequestServed,
    ScanFinished,
    WriteFinished,
)

_MINUTES: Final = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
"""Bounds in seconds for what may take minutes."""


class PrometheusObserver(Observer):
    """
    Counts and times in a Prometheus registry; no label is a tenant's or a model's.

    Names follow Prometheus: base units, ``_total`` for counters, and
    ``model_registry_`` before all of them.

    Args:
        registry: where the metrics are registered; never the global default.

    Raises:
        ValueError: the registry has these metrics already.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Histogram(
            "model_registry_http_request_duration_seconds",
            "Time from a request's head to the last byte of its answer.",
            ("method", "route", "status"),
            registry=registry,
        )
        self._broken_off = Counter(
            "model_registry_http_answers_broken_off_total",
            "Answers that ended before they were whole: the client left, or something failed.",
            ("method", "route"),
            registry=registry,
        )
        self._writes = Histogram(
            "model_registry_write_duration_seconds",
            "Time of a change to an inventory, with its repetitions.",
            ("action", "outcome"),
            registry=registry,
        )
        self._changed = Counter(
            "model_registry_entries_changed_total",
            "Entries that were registered, updated, deleted or discovered.",
            ("action",),
            registry=registry,
        )
        self._scans = Histogram(
            "model_registry_scan_duration_seconds",
            "Time of a scan of the request log.",
            ("outcome",),
            registry=registry,
            buckets=_MINUTES,
        )
        self._rows = Counter(
            "model_registry_scan_rows_total",
            "Rows of request logs that were looked at, where that is known.",
            registry=registry,
        )
        self._broken = Counter(
            "model_registry_scan_broken_rows_total",
            "Rows of request logs that could not be understood.",
            registry=registry,
        )
        self._models = Counter(
            "model_registry_scan_models_total",
            "Distinct models that scans found, added up over the scans.",
            registry=registry,
        )
        self._looks = Histogram(
            "model_registry_look_duration_seconds",
            "Time of a look at the store for risk tiers.",
            ("outcome",),
            registry=registry,
        )
        self._flushes = Histogram(
            "model_registry_flush_duration_seconds",
            "Time of a flush of live sightings.",
            ("outcome",),
            registry=registry,
        )
        self._sightings = Counter(
            "model_registry_live_requests_total",
            "Requests that were observed live, by what became of them.",
            ("fate",),
            registry=registry,
        )
        self._postponed = Counter(
            "model_registry_live_models_postponed_total",
            "Times that a new model was not registered, as its tenant had got enough of them.",
            registry=registry,
        )

    def on_request(self, event: RequestServed) -> None:
        """Time a request; its labels are empty where a value is not known."""
        route = event.route or ""
        status = "" if event.status is None else str(event.status)
        self._requests.labels(event.method, route, status).observe(event.seconds)
        if event.broken_off:
            self._broken_off.labels(event.method, route).inc()

    def on_write(self, event: WriteFinished) -> None:
        """Time a write, and count what it changed."""
        self._writes.labels(event.action, event.outcome).observe(event.seconds)
        self._changed.labels(event.action).inc(event.count)

    def on_scan(self, event: ScanFinished) -> None:
        """Time a scan, and count what it read."""
        self._scans.labels(event.outcome).observe(event.seconds)
        self._rows.inc(event.rows_read or 0)
        self._broken.inc(event.rows_broken)
        self._models.inc(event.models)

    def on_look(self, event: LookFinished) -> None:
        """Time a look for risk tiers."""
        self._looks.labels(event.outcome).observe(event.seconds)

    def on_flush(self, event: FlushFinished) -> None:
        """Time a flush, and count what it wrote and what is lost."""
        self._flushes.labels(event.outcome).observe(event.seconds)
        self._sightings.labels("written").inc(event.requests)
        self._sightings.labels("dropped").inc(event.dropped)
        self._sightings.labels("unusable").inc(event.unusable)
        self._postponed.inc(event.postponed)
