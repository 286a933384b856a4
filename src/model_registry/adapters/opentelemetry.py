"""A span processor for OpenTelemetry: the spans of generative AI, as they end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from model_registry.adapters.telling import Observe, Telling, needed
from model_registry.domain.log_shapes import LOG_SHAPES
from model_registry.domain.request_log import read_time

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor

_REQUEST: Final = "gen_ai.request.model"
_RESPONSE: Final = "gen_ai.response.model"
_OPERATION: Final = "gen_ai.operation.name"

_NO_REQUESTS: Final = frozenset(dict(LOG_SHAPES["otel-genai"].unless)[f"attributes[{_OPERATION}]"])
"""Operations whose spans are no requests, although they may name a model."""


def live_span_processor(
    observe: Observe, tenant: str | Callable[[ReadableSpan], str | None]
) -> SpanProcessor:
    """
    Return what ``TracerProvider.add_span_processor`` takes.

    Model and time are what a scan of the exported spans would find. A span that is
    sampled out is not recorded, and so is not seen here either.

    Args:
        observe: ``Registry.observe``, or that of ``Registry.live_sightings``.
        tenant: whose requests all of them are, or what tells it from a span, which
            has its attributes and its resource's; None for those that do not count.

    Raises:
        ModuleNotFoundError: the OpenTelemetry SDK is not installed.
    """
    base = needed("opentelemetry.sdk.trace", "opentelemetry-sdk").SpanProcessor
    processor: Any = type("ModelRegistrySpanProcessor", (_Ends, base), {})()
    processor.telling = Telling(observe, tenant)
    made: SpanProcessor = processor
    return made


class _Ends:
    """The one event of a ``SpanProcessor`` that tells everything."""

    telling: Telling[ReadableSpan]

    def on_end(self, span: ReadableSpan) -> None:
        """Tell of a span that has ended, if it is a request to a model that was answered."""
        attributes = span.attributes
        if attributes and (_REQUEST in attributes or _RESPONSE in attributes):
            self.telling.tell(span, _model)


def _model(span: ReadableSpan) -> tuple[Any, datetime | None]:
    attributes = span.attributes or {}
    if attributes.get(_OPERATION) in _NO_REQUESTS or span.status.status_code.name == "ERROR":
        return None, None
    began = span.start_time
    model = attributes.get(_REQUEST) or attributes.get(_RESPONSE)
    return model, None if began is None else read_time(began, "ns")
