"""What was counted and is not in the store yet: one tenant after another is written."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from time import monotonic
from typing import Final

import attrs

from model_registry.domain.instants import as_utc
from model_registry.domain.request_log import LogScan, Sighting
from model_registry.errors import ConcurrentUpdate, ModelAlreadyExists, StoreError
from model_registry.thread_counts import Lost, Taken
from model_registry.workings import Workings

_HOUR: Final = 3600.0
_ENOUGH: Final = 3
"""After so many tenants in a row that could not be written, the store is taken to be down."""

_FOR_NOW: Final = (StoreError, ConcurrentUpdate, ModelAlreadyExists)
"""What may go well the next time."""


@attrs.define(kw_only=True)
class Flush:
    """
    What came of writing what was counted.

    Attributes:
        tenants: how many were written, or tried.
        requests: how many were written.
        created: how many drafts were made.
        failed: the tenants that could not be written.
        dropped: requests that are lost: no place in memory, or no way to write them.
        unusable: requests whose model or tenant no inventory can have.
        postponed: new models beyond what a tenant gets within an hour.
        error: the first that there was.
    """

    tenants: int = 0
    requests: int = 0
    created: int = 0
    failed: int = 0
    dropped: int = 0
    unusable: int = 0
    postponed: int = 0
    error: Exception | None = None


class Unwritten:
    """
    Sightings by tenant that wait to be written; for one thread at a time.

    Args:
        workings: of the registry.
        actor: who the history says registered the drafts.
        most_new: how many drafts a tenant gets within an hour.
    """

    def __init__(self, workings: Workings, actor: str, most_new: int) -> None:
        self._workings = workings
        self._actor = actor
        self._most_new = most_new
        self._tenants: dict[str, dict[str, Sighting]] = {}
        self._allowances: dict[str, _Allowance] = {}

    @property
    def models(self) -> int:
        """How many pairs of a tenant and a model wait."""
        return sum(map(len, self._tenants.values()))

    @property
    def requests(self) -> int:
        """How many requests wait."""
        return sum(s.requests for models in self._tenants.values() for s in models.values())

    def keep(self, taken: Iterable[Taken], now: datetime, flush: Flush) -> None:
        """Add what was taken; what is no sighting is counted in ``flush``."""
        for part in taken:
            match part.key:
                case Lost.DROPPED:
                    flush.dropped += part.requests
                case Lost.UNUSABLE:
                    flush.unusable += part.requests
                case (tenant_id, model_id):
                    models = self._tenants.setdefault(tenant_id, {})
                    sighting = _sighting(model_id, part, now)
                    known = models.get(model_id)
                    models[model_id] = sighting if known is None else known.merged(sighting)

    def write(self, flush: Flush) -> None:
        """Write what waits; what cannot be written now waits on, behind the others."""
        failed_in_a_row = 0
        for tenant_id in tuple(self._tenants):
            if failed_in_a_row == _ENOUGH:
                break
            flush.tenants += 1
            models = self._tenants.pop(tenant_id)
            try:
                self._write(tenant_id, models, flush)
            except Exception as error:  # one tenant's failure must not end the others'
                flush.error = flush.error or error
                flush.failed += 1
                if isinstance(error, _FOR_NOW):
                    self._tenants[tenant_id] = models
                    failed_in_a_row += 1
                else:
                    flush.dropped += sum(s.requests for s in models.values())
            else:
                failed_in_a_row = 0

    def _write(self, tenant_id: str, models: dict[str, Sighting], flush: Flush) -> None:
        # Loaded by those who observe: to look a tier up takes none of it.
        from model_registry.discovering import entered  # noqa: PLC0415  # as said

        now = monotonic()
        allowance = self._allowances.get(tenant_id)
        if allowance is None or allowance.began + _HOUR <= now:
            allowance = _Allowance(now, self._most_new)
        report = entered(
            self._workings,
            tenant_id,
            self._actor,
            LogScan(sightings=tuple(models.values())),
            most_new=allowance.left,
        )
        flush.requests += sum(model.requests for model in report.models)
        flush.created += report.created
        flush.postponed += len(models) - report.discovered
        if report.created:
            allowance.left -= report.created
            self._allowances = {
                other: kept for other, kept in self._allowances.items() if kept.began + _HOUR > now
            }
            self._allowances[tenant_id] = allowance


@attrs.define
class _Allowance:
    """How many drafts a tenant may still get in the hour that began."""

    began: float
    left: int


def _sighting(model_id: str, taken: Taken, now: datetime) -> Sighting:
    """Make a sighting of what was taken; a clock that is ahead sees no later than now."""
    try:
        last = min(as_utc(taken.last), now)
        first = min(as_utc(taken.first), last)
    except ValueError:  # at the very end of the calendar
        first = last = now
    return Sighting(model_id, taken.requests, first, last)
