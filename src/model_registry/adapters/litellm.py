"""A callback for LiteLLM, in a program and in its proxy alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import count
from typing import Any, Final

from model_registry.adapters.telling import Observe, Telling, needed
from model_registry.domain.log_shapes import LOG_SHAPES
from model_registry.domain.request_log import read_time
from model_registry.domain.shape import Needed

Payload = Mapping[str, Any]
"""What LiteLLM calls the standard logging payload of a call."""

_SHAPE: Final = LOG_SHAPES["litellm-payload"]
_FIELDS: Final = Needed(_SHAPE)
_numbers: Final = count(1)


def payload_tenant(payload: Payload) -> str | None:
    """Return the organization of a call's key, or its team, as scans of LiteLLM's logs do."""
    tenant: str | None = _FIELDS.take(payload)[1]
    return tenant


def live_logger(
    observe: Observe, tenant: str | Callable[[Payload], str | None] = payload_tenant
) -> Any:
    """
    Return what goes into ``litellm.callbacks``: a ``CustomLogger``.

    Model, time and tenant are what a scan of the same calls' payloads would find.

    Args:
        observe: ``Registry.observe``, or that of ``Registry.live_sightings``.
        tenant: whose calls all of them are, or what tells it from a call's payload;
            None for those that are not to be counted.

    Raises:
        ModuleNotFoundError: litellm is not installed.
    """
    base = needed("litellm.integrations.custom_logger", "litellm").CustomLogger
    logger = type("ModelRegistryLogger", (_Success, base), {})()
    logger.telling = Telling(observe, tenant)
    # LiteLLM takes two loggers for one if their plain attributes are alike, and drops one.
    logger.number = next(_numbers)
    return logger


class _Success:
    """The two events of a ``CustomLogger`` of which LiteLLM tells each call one."""

    telling: Telling[Payload]

    def log_success_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        """A call was answered."""
        self.telling.tell(kwargs.get("standard_logging_object") or {}, _model)

    async def async_log_success_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        """A call on an event loop was answered."""
        self.telling.tell(kwargs.get("standard_logging_object") or {}, _model)


def _model(payload: Payload) -> tuple[Any, datetime | None]:
    model, _, at = _FIELDS.take_request(payload)
    return model, None if at is None else read_time(at, _SHAPE.time_unit)
