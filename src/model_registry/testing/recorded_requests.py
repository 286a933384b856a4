"""A request log that a test fills, request by request."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from model_registry.domain.instants import as_utc
from model_registry.domain.request_log import LogScan, Period, Progress, Sighting, SightingTally
from model_registry.ports import RequestLog


class RecordedRequests(RequestLog):
    """
    The requests that a test says were made; safe from many threads.

    Args:
        clock: tells when a request was made, unless the test says so.
        tenant_id: whose a request was, unless the test says so.
    """

    def __init__(self, clock: Callable[[], datetime], tenant_id: str) -> None:
        self._clock = clock
        self._tenant_id = tenant_id
        self._made: list[tuple[str, Sighting]] = []

    def add(
        self,
        model_id: str,
        *,
        times: int = 1,
        at: datetime | None = None,
        tenant_id: str | None = None,
    ) -> None:
        """
        Record requests to a model, all at one instant.

        Args:
            model_id: as a log would spell it.
            times: how many.
            at: when, aware; now if not given.
            tenant_id: whose; the test's own tenant if not given.

        Raises:
            ValueError: there is none, or the time has no zone.
        """
        if times < 1:
            raise ValueError("times must be 1 or more")
        made_at = as_utc(self._clock() if at is None else at)
        whose = self._tenant_id if tenant_id is None else tenant_id
        self._made.append((whose, Sighting(model_id, times, made_at, made_at)))

    def scan(self, tenant_id: str, period: Period, progress: Progress | None = None) -> LogScan:
        """Tell what was recorded of a tenant in a period."""
        made = tuple(self._made)
        tally = SightingTally()
        for whose, sighting in made:
            if whose == tenant_id and period.since <= sighting.last_seen_at <= period.until:
                tally.add(sighting)
        return LogScan(sightings=tally.total(), rows_read=sum(each.requests for _, each in made))
