"""Tells the observer and the log what happened, so that neither can harm the work."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import perf_counter
from types import TracebackType
from typing import Any, Final, Self

from model_registry.domain.request_log import LogScan
from model_registry.errors import ConcurrentUpdate, RegistryError, RequestLogError, StoreError
from model_registry.observing.observer import (
    SUCCESS,
    FlushFinished,
    LookFinished,
    Observer,
    RequestServed,
    ScanFinished,
    WriteFinished,
)

logging.getLogger("model_registry").addHandler(logging.NullHandler())

_log: Final = logging.getLogger("model_registry.observing")
_requests: Final = logging.getLogger("model_registry.requests")
_writes: Final = logging.getLogger("model_registry.writes")
_scans: Final = logging.getLogger("model_registry.scans")
_looks: Final = logging.getLogger("model_registry.looks")
_sightings: Final = logging.getLogger("model_registry.sightings")

_FAILURES: Final = (StoreError, RequestLogError, ConcurrentUpdate)
"""What an operator must see; every other error of ours is a caller's mistake."""


class Watch:
    """
    Stands between the use cases and an observer, which there may be or not.

    Log lines hold what the events hold: words of ours, numbers and the tenant,
    and nothing that people wrote into an inventory.
    """

    def __init__(self, observer: Observer | None = None) -> None:
        self._observer = observer
        self._reported = False

    @property
    def wants_requests(self) -> bool:
        """Whether anybody listens to requests, so that they need not be measured otherwise."""
        return self._observer is not None or _requests.isEnabledFor(logging.INFO)

    def request(self, event: RequestServed) -> None:
        """Tell of a request."""
        _requests.info(
            "%s %s %s",
            event.method,
            event.route or "-",
            event.status or "-",
            extra={
                "method": event.method,
                "route": event.route,
                "status": event.status,
                "broken_off": event.broken_off,
                "seconds": round(event.seconds, 6),
                "tenant_id": event.tenant_id,
            },
        )
        if self._observer is not None:
            self._tell(self._observer.on_request, event)

    def writing(self, action: str, tenant_id: str) -> Writing:
        """Return the context in which an inventory is changed."""
        return Writing(self, action, tenant_id)

    def scanning(self, tenant_id: str) -> Scanning:
        """Return the context in which the request log is scanned."""
        return Scanning(self, tenant_id)

    def wrote(self, written: Writing, seconds: float, error: BaseException | None) -> None:
        """Tell how an attempt to change an inventory ended."""
        level, how = _verdict(error, logging.DEBUG)
        if self._observer is None and not _writes.isEnabledFor(level):
            return
        event = WriteFinished(
            action=written.action,
            count=0 if error else written.count,
            seconds=seconds,
            outcome=outcome_named(error),
            tenant_id=written.tenant_id,
        )
        _writes.log(
            level,
            "A write %s",
            how,
            extra={
                "action": event.action,
                "changed": event.count,
                "outcome": event.outcome,
                "seconds": round(seconds, 6),
                "tenant_id": event.tenant_id,
            },
        )
        if self._observer is not None:
            self._tell(self._observer.on_write, event)

    def scanned(self, scanned: Scanning, seconds: float, error: BaseException | None) -> None:
        """Tell how a scan of the request log ended."""
        level, how = _verdict(error, logging.INFO)
        event = ScanFinished(
            rows_read=scanned.found.rows_read,
            rows_broken=scanned.found.rows_broken,
            models=len(scanned.found.sightings),
            seconds=seconds,
            outcome=outcome_named(error),
            tenant_id=scanned.tenant_id,
        )
        _scans.log(
            level,
            "A scan %s",
            how,
            extra={
                "rows_read": event.rows_read,
                "rows_broken": event.rows_broken,
                "models": event.models,
                "outcome": event.outcome,
                "seconds": round(seconds, 6),
                "tenant_id": event.tenant_id,
            },
        )
        if self._observer is not None:
            self._tell(self._observer.on_scan, event)

    def looked(
        self, tenants: int, failed: int, seconds: float, error: BaseException | None, *, news: bool
    ) -> None:
        """Tell how a look for risk tiers ended; it is worth a line when it is news."""
        event = LookFinished(
            tenants=tenants, failed=failed, seconds=seconds, outcome=outcome_named(error)
        )
        level, how = _verdict(error, logging.INFO)
        _looks.log(
            level if news else logging.DEBUG,
            "A look for risk tiers %s",
            how,
            extra={
                "tenants": event.tenants,
                "failed": event.failed,
                "outcome": event.outcome,
                "seconds": round(seconds, 6),
            },
        )
        if self._observer is not None:
            self._tell(self._observer.on_look, event)

    def flushed(self, event: FlushFinished, *, news: bool) -> None:
        """Tell how a flush of live sightings ended; it is worth a line when it is news."""
        level = logging.WARNING if event.is_troubled else logging.INFO
        _sightings.log(
            level if news else logging.DEBUG,
            "A flush of live sightings %s",
            "had trouble" if event.is_troubled else "succeeded",
            extra={
                "tenants": event.tenants,
                "failed": event.failed,
                "requests": event.requests,
                "dropped": event.dropped,
                "unusable": event.unusable,
                "postponed": event.postponed,
                "outcome": event.outcome,
                "seconds": round(event.seconds, 6),
            },
        )
        if self._observer is not None:
            self._tell(self._observer.on_flush, event)

    def subscriber_failed(self, tenant_id: str, sequence: int, error: Exception) -> None:
        """Tell that a host's subscriber did not take the events up to one."""
        from model_registry.observing.causes import causes  # noqa: PLC0415  # only for failures

        _log.error(
            "A subscriber failed: %s",
            causes(error),
            extra={"tenant_id": tenant_id, "sequence": sequence, "error": type(error).__name__},
        )

    def _tell(self, tell: Callable[[Any], None], event: Any) -> None:
        try:
            tell(event)
        except Exception as error:
            if not self._reported:
                self._reported = True
                _log.error(
                    "The observer fails; this is not reported again",
                    extra={"event": type(event).__name__, "error": type(error).__name__},
                )


class _Timed:
    """Measures what is done in a context."""

    __slots__ = ("_began", "_watch", "tenant_id")

    def __init__(self, watch: Watch, tenant_id: str) -> None:
        self._watch = watch
        self.tenant_id = tenant_id

    def __enter__(self) -> Self:
        self._began = perf_counter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended(perf_counter() - self._began, error)

    def _ended(self, seconds: float, error: BaseException | None) -> None:
        raise NotImplementedError


class Writing(_Timed):
    """
    The time in which an inventory is changed.

    Attributes:
        action: what the history calls it.
        count: how many entries are changed, if all goes well.
    """

    __slots__ = ("action", "count")

    def __init__(self, watch: Watch, action: str, tenant_id: str) -> None:
        super().__init__(watch, tenant_id)
        self.action = action
        self.count = 1

    def _ended(self, seconds: float, error: BaseException | None) -> None:
        self._watch.wrote(self, seconds, error)


class Scanning(_Timed):
    """
    The time in which the request log is scanned.

    Attributes:
        found: what the scan found, once it is known.
    """

    __slots__ = ("found",)

    def __init__(self, watch: Watch, tenant_id: str) -> None:
        super().__init__(watch, tenant_id)
        self.found = LogScan(sightings=())

    def _ended(self, seconds: float, error: BaseException | None) -> None:
        self._watch.scanned(self, seconds, error)


def outcome_named(error: BaseException | None) -> str:
    """Return the outcome of what ended with this error, or without one."""
    if error is None:
        return SUCCESS
    return error.code if isinstance(error, RegistryError) else "unexpected"


def _verdict(error: BaseException | None, if_well: int) -> tuple[int, str]:
    if error is None:
        return if_well, "succeeded"
    if isinstance(error, RegistryError) and not isinstance(error, _FAILURES):
        return logging.INFO, "was refused"
    return logging.WARNING, "failed"
