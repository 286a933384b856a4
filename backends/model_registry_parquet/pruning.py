"""Which row groups of a Parquet file cannot matter to a scan, by their statistics alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import attrs
import pyarrow.parquet as pq

from model_registry.domain.request_log import Period, Shape

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


class Pruning:
    """
    What the statistics of one file say of its row groups.

    Args:
        metadata: the file's footer.
        shape: how the rows name what is needed.
        fixed: the fields that the file's folders name.
        tenant_id: whose rows are wanted.
        period: which time.
    """

    def __init__(
        self,
        metadata: pq.FileMetaData,
        shape: Shape,
        fixed: Mapping[str, str | None],
        tenant_id: str,
        period: Period,
    ) -> None:
        self._metadata = metadata
        schema = metadata.schema
        paths = [schema.column(number).path for number in range(len(schema))]
        leaves = {path: number for number, path in enumerate(paths) if paths.count(path) == 1}

        def kind(path: str | None) -> dict[str, Any]:
            if path not in leaves or path in fixed:
                return {}
            told: dict[str, Any] = json.loads(schema.column(leaves[path]).logical_type.to_json())
            return told

        self._tenant = leaves[shape.tenant or ""] if kind(shape.tenant) == _TEXT else None
        self._tenant_id = tenant_id.encode()
        unit = _unit(kind(shape.time), shape.time_unit)
        # A model that is no text is a broken row, whatever its time.
        if shape.model not in fixed and kind(shape.model) != _TEXT:
            unit = None
        self._time = None if unit is None else leaves[shape.time]
        if unit is not None:
            self._all_time, self._period = within(ALL_TIME, unit), within(period, unit)

    def may_hold(self, group: int) -> bool:
        """Tell whether a row group may hold a row of the tenant and the period, or a broken one."""
        columns = self._metadata.row_group(group)
        tenants = _bounds(columns, self._tenant)
        if tenants is not None and not tenants.least <= self._tenant_id <= tenants.most:
            return False
        times = _bounds(columns, self._time)
        if times is None or times.nulls != 0:
            return True
        (earliest, latest), (first, last) = self._all_time, self._period
        sound = earliest <= times.least and times.most <= latest
        return not sound or (first <= times.most and times.least <= last)


@attrs.frozen
class _Bounds:
    """The least and the most value of a column, and how many are null, None if that is not said."""

    least: Any
    most: Any
    nulls: int | None


def _bounds(columns: pq.RowGroupMetaData, number: int | None) -> _Bounds | None:
    """Return the bounds of a column, None if there is no such column or they are not known."""
    said = None if number is None else columns.column(number).statistics
    if said is None or not said.has_min_max:
        return None
    return _Bounds(said.min_raw, said.max_raw, said.null_count)


def _unit(logical_type: Mapping[str, Any], plain: str) -> str | None:
    """Return what a column of times counts, None if its numbers are no such thing."""
    match logical_type:
        case {"Type": "Timestamp", "timeUnit": unit}:
            return _UNITS.get(unit)
        case {"Type": "Int", "isSigned": True}:
            return plain
        case _:
            return None
