"""What the rows of a Parquet log say, told from whole columns wherever that can be."""

from __future__ import annotations

from typing import Final

import attrs
import pyarrow as pa
import pyarrow.compute as pc

from model_registry.domain.request_log import Period
from model_registry_parquet.columns import (
    Column,
    Mask,
    as_read,
    column_at,
    is_text,
    is_unicode,
    unit_of,
    values,
    where,
)
from model_registry_parquet.pruning import ALL_TIME, instant, within
from model_registry_parquet.readings import Reading
from model_registry_parquet.row_groups import RowGroup

_MOST_WAITING: Final = 131_072


@attrs.frozen(eq=False)
class _Own:
    """
    The tenant's rows of a batch.

    Attributes:
        file: the path of the file.
        first: the number of the batch's first row in the file, from 1.
        among: which rows of the batch they are, None if all.
        model: the column of their models.
    """

    file: object
    first: int
    among: Mask | None
    model: Column

    def numbers(self) -> Column:
        """Return the numbers of the rows in the file, from 1."""
        if self.among is None:
            return pa.array(range(self.first, self.first + len(self.model)), pa.int64())
        return pc.add(pc.indices_nonzero(self.among).cast(pa.int64()), self.first)


class ParquetRows:
    """
    Adds the rows of row groups to a reading.

    Rows that are as most rows are wait until there are enough of them to be
    grouped by model at once. Single rows are left to ``Reading.add``.

    Args:
        reading: what they are added to.
    """

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._kind: tuple[pa.DataType, str] | None = None
        self._models: list[Column] = []
        self._ticks: list[Column] = []
        self._waiting = 0

    def add(self, group: RowGroup) -> None:
        """
        Add all rows of a row group.

        Raises:
            TooManyModels: more distinct models than are allowed.
        """
        self._reading.part = group.part
        for first, batch in group.batches():
            self._add(batch, group, first + 1)

    def finish(self) -> None:
        """
        Add what waits.

        Raises:
            TooManyModels: more distinct models than are allowed.
        """
        if self._kind is not None:
            models, ticks, (_, unit) = self._models, self._ticks, self._kind
            self._kind, self._models, self._ticks, self._waiting = None, [], [], 0
            self._group(models, ticks, unit)

    def _add(self, batch: pa.RecordBatch, group: RowGroup, first: int) -> None:
        shape, fixed = self._reading.shape, group.file.partitions
        among = None
        if shape.tenant is not None and shape.tenant not in fixed:
            tenant = as_read(batch, shape.tenant, fixed)
            among = None if tenant is None else where(tenant, self._reading.tenant_id)
            if among is None:
                return
        model, time = as_read(batch, shape.model, fixed), column_at(batch, shape.time, fixed)
        if model is None:
            return
        if time is None:
            time = pa.nulls(len(model))
        if among is not None:
            model, time = pa.record_batch([model, time], ["model", "time"]).filter(among).columns
        own = _Own(group.file.path, first, among, model)
        unit = unit_of(time.type, shape.time_unit)
        if not is_text(model.type):
            self._one_by_one(own, pa.nulls(len(model)))
        elif unit is None:
            self._one_by_one(own, time)
        else:
            self._at_once(own, time.cast(pa.int64()), unit)

    def _one_by_one(self, own: _Own, time: Column, only: Mask | None = None) -> None:
        numbers, model = own.numbers(), own.model
        if only is not None:
            numbers, model, time = numbers.filter(only), model.filter(only), time.filter(only)
        tenant = None if self._reading.shape.tenant is None else self._reading.tenant_id
        rows = zip(values(model), values(time), strict=True)
        self._reading.add(
            zip(values(numbers), rows, strict=True),
            lambda row: (row[0], tenant, row[1]),
            f"{own.file}, row",
        )

    def _at_once(self, own: _Own, ticks: Column, unit: str) -> None:
        if not _all_between(ticks, ALL_TIME, unit):
            timeless = pc.invert(_between(ticks, ALL_TIME, unit))
            self._one_by_one(own, pa.nulls(len(ticks)), timeless)
        model = own.model
        if not _all_between(ticks, self._reading.period, unit):
            wanted = _between(ticks, self._reading.period, unit)
            model, ticks = model.filter(wanted), ticks.filter(wanted)
        if model.null_count:
            named = pc.is_valid(model)
            model, ticks = model.filter(named), ticks.filter(named)
        if is_unicode(model):
            self._wait(model, ticks, unit)
        else:
            self._group([model], [ticks], unit, f"{own.file}, from row {own.first}")

    def _wait(self, model: Column, ticks: Column, unit: str) -> None:
        if self._kind != (model.type, unit) or self._waiting > _MOST_WAITING:
            self.finish()
        self._kind = model.type, unit
        self._models.append(model)
        self._ticks.append(ticks)
        self._waiting += len(model)
        if isinstance(model, pa.DictionaryArray):
            self._waiting += len(model.dictionary)

    def _group(self, models: list[Column], ticks: list[Column], unit: str, place: str = "") -> None:
        """Add rows of which all is known, a group for each model; ``place`` if one may be broken."""
        rows = pa.table({"model": pa.chunked_array(models), "ticks": pa.chunked_array(ticks)})
        groups = rows.unify_dictionaries().group_by("model", use_threads=False)
        told = groups.aggregate([([], "count_all"), ("ticks", "min_max")])
        names = values(told.column("model").combine_chunks())
        figures = (told.column(name).to_pylist() for name in ("count_all", "ticks_min_max"))
        for name, requests, ends in zip(names, *figures, strict=True):
            if isinstance(name, str):
                first, last = instant(ends["min"], unit), instant(ends["max"], unit)
                self._reading.seen(name, requests, first, last)
            else:
                problem = f"{self._reading.shape.model} is not UTF-8"
                self._reading.broken(place, problem, requests)


def _all_between(ticks: Column, period: Period, unit: str) -> bool:
    """Tell whether there are times in all rows, and all in a period."""
    if ticks.null_count:
        return False
    bounds = pc.min_max(ticks)
    least, most = bounds["min"].as_py(), bounds["max"].as_py()
    first, last = within(period, unit)
    return least is None or (first <= least and most <= last)


def _between(ticks: Column, period: Period, unit: str) -> Mask:
    first, last = (max(-(2**63), min(tick, 2**63 - 1)) for tick in within(period, unit))
    after = pc.greater_equal(ticks, pa.scalar(first, pa.int64()))
    inside: Mask = pc.and_(after, pc.less_equal(ticks, pa.scalar(last, pa.int64())))
    return inside.fill_null(False)
