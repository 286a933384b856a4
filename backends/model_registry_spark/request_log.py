"""Request logs that a Spark cluster reads: tables, and files of any size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import attrs

from model_registry.domain.request_log import (
    MAX_MODELS,
    NATIVE,
    LogScan,
    Period,
    Progress,
    RowReader,
    Shape,
    Sighting,
    SightingTally,
    read_time,
)
from model_registry.errors import TooManyModels
from model_registry.ports import RequestLog
from model_registry_spark.columns import find_columns
from model_registry_spark.failures import wrapping
from model_registry_spark.statements import Grouping, grouped

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_MOST_EXAMPLES: Final = 5
_BLANKS: Final = 100  # groups whose model is white space of some kind


@attrs.frozen
class Source:
    """
    Where Spark finds a log.

    Attributes:
        name: of a table or view, as in SQL (``main.risk.calls``), or the path of files.
        format: of the files, as Spark knows it: ``parquet``, ``delta``, ``json``, ``orc``;
            None for a table.
    """

    name: str
    format: str | None = None

    def frame(self, session: SparkSession) -> DataFrame:
        """Return all rows, with the files that are there now."""
        if self.format is not None:
            return session.read.format(self.format).load(self.name)
        session.catalog.refreshTable(self.name)
        return session.table(self.name)

    def __str__(self) -> str:
        """Return how people call it."""
        return self.name if self.format is None else f"{self.name} ({self.format})"


class SparkRequestLog(RequestLog):
    """
    A log in a table or in files, read by Spark wherever it runs.

    A scan is one grouped statement; what comes back is a row for each model. A log is
    never written. Times may be timestamps (those without a zone are UTC), numbers,
    or ISO 8601 texts; the session's own time zone does not matter.

    Args:
        session: of the host, classic or Connect, which is never stopped.
        source: the table or the files.
        shape: what the columns are called; dots lead into structs and maps.
        day: a partition column that holds the day of ``time`` (``2026-03-13``), in
            whatever time zone: folders that are more than a day away are not opened.
        max_models: how many distinct models a scan may hold.

    Raises:
        RequestLogError: there is no such table, path or column, or Spark is out of reach.
    """

    def __init__(
        self,
        session: SparkSession,
        source: Source,
        shape: Shape = NATIVE,
        *,
        day: str | None = None,
        max_models: int = MAX_MODELS,
    ) -> None:
        self._session = session
        self._owns_session = False
        self._source = source
        self._shape = shape
        self._day = day
        self._max_models = max_models
        with wrapping(f"The request log {source} cannot be opened"):
            find_columns(source.frame(session).schema, shape, day)

    @classmethod
    def on_own_session(cls, session: SparkSession, *args: Any, **options: Any) -> SparkRequestLog:
        """Open a log on a session of its own, which closing it stops."""
        try:
            log = cls(session, *args, **options)
        except BaseException:
            session.stop()
            raise
        log._owns_session = True
        return log

    def scan(self, tenant_id: str, period: Period, progress: Progress | None = None) -> LogScan:
        if self._shape.is_only_others(tenant_id):
            return LogScan(sightings=())
        tally = SightingTally(self._max_models)
        broken = 0
        examples: list[str] = []
        with wrapping(f"The request log {self._source} cannot be read"):
            for model, sighting, count, example in self._groups(tenant_id, period):
                if sighting is not None:
                    tally.add(sighting)
                broken += count
                if count and len(examples) < _MOST_EXAMPLES:
                    examples.append(f"{count} rows of model {model!r}: {example}")
        return LogScan(sightings=tally.total(), rows_broken=broken, examples=tuple(examples))

    def statement(self, tenant_id: str, period: Period) -> Grouping:
        """Return what a scan runs."""
        log = self._source.frame(self._session)
        columns = find_columns(log.schema, self._shape, self._day)
        return grouped(log, columns, RowReader(self._shape, tenant_id, period))

    def _groups(
        self, tenant_id: str, period: Period
    ) -> Iterator[tuple[object, Sighting | None, int, str]]:
        """Yield of each group its model, its requests, how many are broken, and why."""
        scan = self.statement(tenant_id, period)
        groups, most = scan.groups, self._max_models + _BLANKS
        if scan.time.text is None:  # else a group may be a time, and times are no models
            groups = groups.limit(most)
        met = 0
        for model, undecided, requests, dated, first, last in groups.toLocalIterator():
            met += 1
            if model is None:
                yield model, None, requests, "not JSON"
            elif not isinstance(model, str):
                yield model, None, requests, f"{self._shape.model} is not text"
            elif model.isspace():
                continue
            elif undecided is not None:
                yield self._decided(model, undecided, requests, period)
            else:
                sighting = dated and Sighting(
                    model, dated, scan.time.read(first), scan.time.read(last)
                )
                why = f"{self._shape.time} is not a time: null"
                yield model, sighting or None, requests - dated, why
        if scan.time.text is None and met == most:
            raise TooManyModels(self._max_models)

    def _decided(
        self, model: str, text: str, requests: int, period: Period
    ) -> tuple[object, Sighting | None, int, str]:
        try:
            at = read_time(text, self._shape.time_unit)
        except ValueError:
            return model, None, requests, f"{self._shape.time} is not a time: {text[:80]!r}"
        within = period.since <= at <= period.until
        return model, Sighting(model, requests, at, at) if within else None, 0, ""

    def close(self) -> None:
        if self._owns_session:
            self._owns_session = False
            with wrapping("The Spark session cannot be stopped"):
                self._session.stop()
