"""Metrics and spans for OpenTelemetry's API; needs the extra ``opentelemetry``."""

from __future__ import annotations

import time
from typing import Final

from opentelemetry.metrics import Meter
from opentelemetry.trace import Status, StatusCode, Tracer

from model_registry.observing.observer import (
    SUCCESS,
    FlushFinished,
    LookFinished,
    Observer,
    RequestServed,
    ScanFinished,
    WriteFinished,
)

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""The bounds that OpenTelemetry's conventions give for HTTP servers."""

_MINUTES: Final = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
"""Bounds in seconds for what may take minutes."""

Attributes = dict[str, str | int]


class OpenTelemetryObserver(Observer):
    """
    Records metrics with a meter and, given a tracer, spans of writes and scans.

    The metric of requests is the one of OpenTelemetry's HTTP conventions,
    ``http.server.request.duration``. Requests get no span: the host's ASGI
    instrumentation makes it, and ours hang below whatever span is current. No
    attribute is a tenant's or a model's.

    Args:
        meter: makes the instruments.
        tracer: makes the spans; none without one.
    """

    def __init__(self, meter: Meter, tracer: Tracer | None = None) -> None:
        self._tracer = tracer
        self._requests = meter.create_histogram(
            "http.server.request.duration",
            "s",
            "Duration of HTTP server requests.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self._writes = meter.create_histogram(
            "model_registry.write.duration",
            "s",
            "Time of a change to an inventory, with its repetitions.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self._changed = meter.create_counter(
            "model_registry.entries.changed",
            "{entry}",
            "Entries that were registered, updated, deleted or discovered.",
        )
        self._scans = meter.create_histogram(
            "model_registry.scan.duration",
            "s",
            "Time of a scan of the request log.",
            explicit_bucket_boundaries_advisory=_MINUTES,
        )
        self._rows = meter.create_counter(
            "model_registry.scan.rows",
            "{row}",
            "Rows of request logs that were looked at, where that is known.",
        )
        self._broken = meter.create_counter(
            "model_registry.scan.broken_rows",
            "{row}",
            "Rows of request logs that could not be understood.",
        )
        self._models = meter.create_counter(
            "model_registry.scan.models",
            "{model}",
            "Distinct models that scans found, added up over the scans.",
        )
        self._looks = meter.create_histogram(
            "model_registry.look.duration",
            "s",
            "Time of a look at the store for risk tiers.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self._flushes = meter.create_histogram(
            "model_registry.flush.duration",
            "s",
            "Time of a flush of live sightings.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self._sightings = meter.create_counter(
            "model_registry.live.requests",
            "{request}",
            "Requests that were observed live, by what became of them.",
        )
        self._postponed = meter.create_counter(
            "model_registry.live.models_postponed",
            "{model}",
            "Times that a new model was not registered, as its tenant had got enough of them.",
        )

    def on_request(self, event: RequestServed) -> None:
        """Record a request."""
        attributes: Attributes = {
            "http.request.method": event.method,
            "url.scheme": event.scheme,
        }
        if event.route is not None:
            attributes["http.route"] = event.route
        if event.status is not None:
            attributes["http.response.status_code"] = event.status
        if event.broken_off:
            attributes["error.type"] = "broken_off"
        elif event.status is None:
            attributes["error.type"] = "client_left"
        elif event.status >= 500:
            attributes["error.type"] = str(event.status)
        self._requests.record(event.seconds, attributes)

    def on_write(self, event: WriteFinished) -> None:
        """Record a write, and what it changed."""
        action: Attributes = {"model_registry.action": event.action}
        attributes = action | _error(event.outcome)
        self._writes.record(event.seconds, attributes)
        self._changed.add(event.count, action)
        counted: Attributes = {"model_registry.entries": event.count}
        self._span("model_registry.write", event.seconds, event.outcome, attributes | counted)

    def on_scan(self, event: ScanFinished) -> None:
        """Record a scan, and what it read."""
        attributes = _error(event.outcome)
        self._scans.record(event.seconds, attributes)
        self._rows.add(event.rows_read or 0)
        self._broken.add(event.rows_broken)
        self._models.add(event.models)
        counted: Attributes = {
            "model_registry.broken_rows": event.rows_broken,
            "model_registry.models": event.models,
        }
        self._span("model_registry.scan", event.seconds, event.outcome, attributes | counted)

    def on_look(self, event: LookFinished) -> None:
        """Record a look for risk tiers; it is nobody's request, and gets no span."""
        self._looks.record(event.seconds, _error(event.outcome))

    def on_flush(self, event: FlushFinished) -> None:
        """Record a flush, and what it wrote and what is lost; it gets no span either."""
        self._flushes.record(event.seconds, _error(event.outcome))
        self._sightings.add(event.requests, {"model_registry.fate": "written"})
        self._sightings.add(event.dropped, {"model_registry.fate": "dropped"})
        self._sightings.add(event.unusable, {"model_registry.fate": "unusable"})
        self._postponed.add(event.postponed)

    def _span(self, name: str, seconds: float, outcome: str, attributes: Attributes) -> None:
        if self._tracer is None:
            return
        ended = time.time_ns()
        began = ended - round(seconds * 1e9)
        span = self._tracer.start_span(name, attributes=attributes, start_time=began)
        if outcome != SUCCESS:
            span.set_status(Status(StatusCode.ERROR))
        span.end(ended)


def _error(outcome: str) -> Attributes:
    return {} if outcome == SUCCESS else {"error.type": outcome}
