"""What a scan needs of a Parquet file, and which row groups cannot matter to it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
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


class Layout:
    """
    Where files of one schema keep what a scan needs, and what their statistics tell of it.

    Args:
        schema: the files' schema.
        shape: how the rows name what is needed.
        fixed: the fields that the files' folders name.
        tenant_id: whose rows are wanted.
        period: which time.

    Attributes:
        tenant_id: whose rows are wanted.
        model: the field that names the model.
        tenant: the one that names the tenant, None if all rows are the tenant's.
        time: the one that tells when.
        paths: the columns that are needed.
        names: those of them that name the model or the tenant.
        texts: those of them that can be read as dictionaries of text.
    """

    def __init__(
        self,
        schema: pq.ParquetSchema,
        shape: Shape,
        fixed: Collection[str],
        tenant_id: str,
        period: Period,
    ) -> None:
        self._schema, self._fixed = schema, frozenset(fixed)
        self.tenant_id, self.model, self.time = tenant_id, shape.model, shape.time
        self.tenant = None if shape.tenant in fixed else shape.tenant
        wanted = (shape.model, shape.tenant, shape.time)
        self.paths = [path for path in wanted if path is not None and path not in fixed]
        found = [schema.column(number).path for number in range(len(schema))]
        self.names = [path for path in self.paths if path in (shape.model, shape.tenant)]
        self._leaves = {path: found.index(path) for path in self.paths if found.count(path) == 1}
        kinds = {path: _kind(schema.column(number)) for path, number in self._leaves.items()}
        self.texts = [path for path in self.names if kinds.get(path) == _TEXT]
        self._tenant = self._leaves[shape.tenant] if shape.tenant in self.texts else None
        self._tenant_id = tenant_id.encode()
        self._time = self._leaves.get(shape.time)
        self._unit = _unit(kinds.get(shape.time, {}), shape.time_unit)
        # A model that is no text is a broken row, whatever its time.
        if not (shape.model in fixed or shape.model in self.texts):
            self._unit = None
        if self._unit is not None:
            self._all_time, self._period = within(ALL_TIME, self._unit), within(period, self._unit)

    def fits(self, schema: pq.ParquetSchema, fixed: Collection[str]) -> bool:
        """Tell whether it holds for files of a schema too, in folders that name some fields."""
        return self._fixed == frozenset(fixed) and self._schema.equals(schema)

    def size(self, group: pq.RowGroupMetaData, paths: Collection[str]) -> int:
        """Return how many bytes some columns of a row group are once they are decompressed."""
        numbers = [number for path, number in self._leaves.items() if path in paths]
        return sum(group.column(number).total_uncompressed_size for number in numbers)

    def may_hold(self, group: pq.RowGroupMetaData) -> bool:
        """Tell whether a row group may hold a row of the tenant and the period, or a broken one."""
        tenants = _bounds(group, self._tenant)
        if tenants is not None and not tenants.least <= self._tenant_id <= tenants.most:
            return False
        times = self._times(group)
        if times is None:
            return True
        first, last = self._period
        return bool(first <= times.most and times.least <= last)

    def span(self, group: pq.RowGroupMetaData) -> tuple[datetime, datetime] | None:
        """Return between which times all rows of a row group are, None if that is not known."""
        times = self._times(group)
        if times is None or self._unit is None:
            return None
        return instant(times.least, self._unit), instant(times.most, self._unit)

    def _times(self, group: pq.RowGroupMetaData) -> _Bounds | None:
        """Return the bounds of the times of a row group, None if not each row is known to have one."""
        if self._unit is None:
            return None
        times = _bounds(group, self._time)
        if times is None or times.nulls != 0:
            return None
        earliest, latest = self._all_time
        return times if earliest <= times.least and times.most <= latest else None


def _kind(column: pq.ColumnSchema) -> dict[str, Any]:
    kind: dict[str, Any] = json.loads(column.logical_type.to_json())
    return kind


@attrs.frozen
class _Bounds:
    """The least and the most value of a column, and how many are null, None if that is not said."""

    least: Any
    most: Any
    nulls: int | None


def _bounds(group: pq.RowGroupMetaData, number: int | None) -> _Bounds | None:
    """Return the bounds of a column, None if there is no such column or they are not known."""
    said = None if number is None else group.column(number).statistics
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
