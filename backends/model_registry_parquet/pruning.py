"""Which row groups of a Parquet file cannot matter to a scan, by their statistics alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pyarrow.parquet as pq

from model_registry.domain.request_log import Period

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)
_PER_SECOND: Final = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_UNITS: Final = {"milliseconds": "ms", "microseconds": "us", "nanoseconds": "ns"}
_TEXT: Final = {"Type": "String"}


def within(period: Period, unit: str) -> tuple[int, int]:
    """Return the first and the last whole number that counts a time in a period, since 1970."""
    ticks, micros = _PER_SECOND[unit], 10**6
    first = -(-((period.since - _EPOCH) // _TICK) * ticks // micros)
    return first, -(-((period.until - _EPOCH) // _TICK + 1) * ticks // micros) - 1


def instant(ticks: int, unit: str) -> datetime:
    """Return the time that a whole number counts; what is finer than a microsecond is cut off."""
    return _EPOCH + timedelta(microseconds=ticks * 10**6 // _PER_SECOND[unit])


ALL_TIME: Final = Period(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
"""Every time that there is a ``datetime`` for."""


def may_hold(
    parquet: pq.ParquetFile,
    group: int,
    *,
    tenant: tuple[str, str] | None,
    time: tuple[str, str] | None,
    period: Period,
) -> bool:
    """
    Tell whether a row group may hold a row of a tenant and a period, or a broken one.

    Args:
        parquet: the file.
        group: number of the row group.
        tenant: the column that names the tenant, and which one is wanted.
        time: the column that tells when, and what a plain number in it counts.
        period: which time.
    """
    if tenant is not None:
        column = _column(parquet, group, tenant[0])
        if column is not None and column[0] == _TEXT:
            least, most = column[1].min_raw, column[1].max_raw
            if not least <= tenant[1].encode() <= most:
                return False
    if time is not None:
        column = _column(parquet, group, time[0])
        unit = None if column is None else _unit(column[0], time[1])
        if column is not None and unit is not None and column[1].null_count == 0:
            least, most = column[1].min_raw, column[1].max_raw
            (earliest, latest), (first, last) = within(ALL_TIME, unit), within(period, unit)
            if earliest <= least and most <= latest and (most < first or last < least):
                return False
    return True


def is_text_column(parquet: pq.ParquetFile, path: str) -> bool:
    """Tell whether a file has one column with this path, and it is text."""
    columns = (parquet.schema.column(number) for number in range(len(parquet.schema)))
    types = [column.logical_type.to_json() for column in columns if column.path == path]
    return len(types) == 1 and json.loads(types[0]) == _TEXT


def _column(parquet: pq.ParquetFile, group: int, path: str) -> tuple[dict[str, Any], Any] | None:
    """Return type and statistics of the one column with a path, None if they do not say."""
    metadata = parquet.metadata.row_group(group)
    found = [
        number
        for number in range(metadata.num_columns)
        if metadata.column(number).path_in_schema == path
    ]
    if len(found) != 1:
        return None
    statistics = metadata.column(found[0]).statistics
    if statistics is None or not statistics.has_min_max:
        return None
    return json.loads(parquet.schema.column(found[0]).logical_type.to_json()), statistics


def _unit(logical_type: dict[str, Any], plain: str) -> str | None:
    """Return what a column of times counts, None if its numbers are no such thing."""
    match logical_type:
        case {"Type": "Timestamp", "timeUnit": unit}:
            return _UNITS.get(unit)
        case {"Type": "Int", "isSigned": True}:
            return plain
        case _:
            return None
