"""Telling the registry of a request, from inside of somebody else's request."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from types import ModuleType
from typing import Any, Final, Generic, Protocol, TypeVar

from model_registry.observing.causes import causes

_Request = TypeVar("_Request")

_log: Final = logging.getLogger("model_registry.sightings")


class Observe(Protocol):
    """``Registry.observe``, or ``LiveSightings.observe``."""

    def __call__(
        self, tenant_id: str, model_id: str, at: datetime | None = None, requests: int = 1
    ) -> None:
        """Take note of a request."""


class Telling(Generic[_Request]):
    """
    Tells of requests, and lets no error of ours or the host's into one.

    Args:
        observe: is told.
        tenant: whose requests all of them are, or what tells it of each; None for
            those that are nobody's, which are passed over.
    """

    def __init__(self, observe: Observe, tenant: str | Callable[[_Request], str | None]) -> None:
        self._observe = observe
        self._tenant = tenant
        self._failed = False

    def tell(
        self, request: _Request, read: Callable[[_Request], tuple[Any, datetime | None]]
    ) -> None:
        """Tell of the model of a request, and the time, as far as both can be read."""
        try:
            model_id, at = read(request)
            if model_id is None:
                return
            tenant_id = self._tenant if isinstance(self._tenant, str) else self._tenant(request)
            if tenant_id is not None:
                self._observe(tenant_id, model_id, at)
        except Exception as error:  # a request goes on, whatever becomes of its being told of
            if not self._failed:
                self._failed = True
                _log.warning(
                    "A request cannot be told of; this is not reported again",
                    extra={"error": causes(error)},
                )


def needed(module: str, package: str) -> ModuleType:
    """
    Import what is adapted to.

    Raises:
        ModuleNotFoundError: it is not installed; says what to install.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise
        message = f"The package {package!r} is not installed; run: pip install {package}"
        raise ModuleNotFoundError(message, name=error.name) from error
