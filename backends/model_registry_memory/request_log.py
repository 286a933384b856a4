"""A request log that is any Python iterable of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from model_registry.domain.log_explanation import Explaining, LogExplanation
from model_registry.domain.request_log import (
    MAX_MODELS,
    NATIVE,
    LogScan,
    Period,
    Progress,
    RowReader,
    Shape,
    SightingTally,
)
from model_registry.ports import RequestLog

_ROWS_A_REPORT: Final = 10_000
_MOST_EXAMPLES: Final = 5


class IterableRequestLog(RequestLog):
    """
    Rows that a host has in Python, or can make one after another.

    Args:
        rows: an iterable that can be read again, such as a list; or a function
            that returns a fresh iterator for each scan.
        shape: how the rows name what is needed.
        max_models: how many distinct models a scan may hold.
    """

    def __init__(
        self,
        rows: Iterable[Mapping[str, Any]] | Callable[[], Iterable[Mapping[str, Any]]],
        shape: Shape = NATIVE,
        *,
        max_models: int = MAX_MODELS,
    ) -> None:
        self._rows = rows
        self._shape = shape
        self._max_models = max_models

    def scan(self, tenant_id: str, period: Period, progress: Progress | None = None) -> LogScan:
        reader = RowReader(self._shape, tenant_id, period)
        tally = SightingTally(self._max_models)
        examples: list[str] = []
        number = broken = 0
        for number, row in enumerate(self._read(), 1):
            try:
                sighting = reader.read(row)
            except ValueError as error:
                broken += 1
                if broken <= _MOST_EXAMPLES:
                    examples.append(f"row {number}: {error}")
                continue
            if sighting is not None:
                tally.add(sighting)
            if progress is not None and number % _ROWS_A_REPORT == 0:
                progress(number, None)
        return LogScan(
            sightings=tally.total(),
            rows_read=number,
            rows_broken=broken,
            examples=tuple(examples),
        )

    def explain(
        self, tenant_id: str, period: Period, progress: Progress | None = None
    ) -> LogExplanation:
        explaining = Explaining(RowReader(self._shape, tenant_id, period))
        for number, row in enumerate(self._read(), 1):
            explaining.add(row, f"row {number}")
        return explaining.told()

    def _read(self) -> Iterator[Any]:
        for document in self._rows() if callable(self._rows) else self._rows:
            yield from self._shape.rows_of(document)
