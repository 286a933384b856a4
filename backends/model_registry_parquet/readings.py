"""One scan under way: what ``RowReader`` says of each row, at a fraction of the work."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any, Final

from model_registry.domain.request_log import (
    LogScan,
    Period,
    RowReader,
    Shape,
    Sighting,
    SightingTally,
)

_MOST_EXAMPLES: Final = 5


class Reading:
    """
    Adds up the rows that are one tenant's.

    Args:
        shape: how the rows name what is needed.
        tenant_id: whose rows.
        period: which time.
        max_models: how many distinct models it may hold.

    Attributes:
        rows: how many rows were looked at.
        part: which part of the log is at hand, for one whose parts are not read
            in their order; the examples are of the first parts.
    """

    def __init__(self, shape: Shape, tenant_id: str, period: Period, max_models: int) -> None:
        self.shape = shape
        self.tenant_id = tenant_id
        self.period = period
        self.rows = 0
        self.part = 0, 0
        self._definition = RowReader(shape, tenant_id, period)
        self._tenant = None if shape.tenant is None else tenant_id
        self._tally = SightingTally(max_models)
        self._broken = 0
        self._examples: list[tuple[tuple[int, int], str]] = []

    def result(self) -> LogScan:
        """Return what all rows say together."""
        return LogScan(
            sightings=self._tally.total(),
            rows_read=self.rows,
            rows_broken=self._broken,
            examples=tuple(example for _, example in self._examples),
        )

    def broken(self, place: str, reason: object, rows: int = 1) -> None:
        """Count a row that cannot be understood, or several that are broken alike."""
        if len(self._examples) < _MOST_EXAMPLES or self.part < self._examples[-1][0]:
            insort(self._examples, (self.part, f"{place}: {reason}"), key=itemgetter(0))
            del self._examples[_MOST_EXAMPLES:]
        self._broken += rows

    def seen(self, model: str, requests: int, first: datetime, last: datetime) -> None:
        """
        Add requests of one model, unless its name is blank.

        Raises:
            TooManyModels: one distinct model more than is allowed.
        """
        if model and not model.isspace():
            self._tally.add(Sighting(model, requests, first, last))

    def add(
        self,
        rows: Iterable[tuple[int, Any]],
        needed: Callable[[Any], tuple[Any, Any, Any]],
        place: str,
    ) -> None:
        """
        Add rows, each with its number.

        What is out of the common is left to ``RowReader``, which says what it means.

        Args:
            rows: the rows, in any form.
            needed: takes model, tenant (None where the log has none) and time out of one.
            place: what, before a row's number, tells where it is.

        Raises:
            TooManyModels: more distinct models than are allowed.
        """
        wanted = self._tenant
        since, until = self.period.since, self.period.until
        parse = datetime.fromisoformat
        found: dict[str, list[Any]] = {}
        for number, row in rows:
            model, tenant, time = needed(row)
            if model is None or tenant != wanted or model == "":
                continue
            at: datetime | None
            try:
                at = parse(time) if type(model) is str else None
                if at is None or at.tzinfo is not UTC:
                    at = self._unusual(model, time, f"{place} {number}")
            except (TypeError, ValueError):
                at = self._unusual(model, time, f"{place} {number}")
            if at is None:
                continue
            known = found.get(model)
            if since <= at <= until:
                if known is None:
                    found[model] = [1, at, at]
                else:
                    known[0] += 1
                    if at < known[1]:
                        known[1] = at
                    elif at > known[2]:
                        known[2] = at
        self._add_all(found)

    def _add_all(self, found: dict[str, list[Any]]) -> None:
        for model, (requests, first, last) in found.items():
            self.seen(model, requests, first, last)

    def _unusual(self, model: object, time: object, place: str) -> datetime | None:
        """Return the time of a row that is not text and UTC text, None if it does not count."""
        try:
            told = self._definition.judge_needed(model, self._tenant, time)
        except ValueError as error:
            self.broken(place, error)
            return None
        return told.first_seen_at if isinstance(told, Sighting) else None
