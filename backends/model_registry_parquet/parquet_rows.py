"""What the rows of a Parquet log say, told from whole columns wherever that can be."""

from __future__ import annotations

from collections import Counter
from typing import Final

import attrs
import pyarrow as pa
import pyarrow.compute as pc

from model_registry.domain.request_log import Period
from model_registry_parquet.columns import (
    Column,
    Mask,
    is_text,
    is_unicode,
    plain,
    unit_of,
    values,
    where,
)
from model_registry_parquet.known import Known, Times
from model_registry_parquet.pruning import ALL_TIME, instant, within
from model_registry_parquet.row_groups import RowGroup, Rows

_MOST_WAITING: Final = 131_072


@attrs.frozen(eq=False)
class _Own:
    """
    The tenant's rows among some.

    Attributes:
        rows: those that they are among.
        among: which of those they are, None if all.
        model: the column of their models.
    """

    rows: Rows
    among: Mask | None
    model: Column

    def column(self, path: str) -> Column:
        """Return another column of theirs, nulls if there is none."""
        column = self.rows.column(path)
        if column is None:
            return pa.nulls(len(self.model))
        return column if self.among is None else column.filter(self.among)

    def numbers(self) -> Column:
        """Return the numbers of the rows in the file, from 1."""
        if self.among is None:
            return pa.array(range(self.rows.first, self.rows.first + self.rows.count), pa.int64())
        return pc.add(pc.indices_nonzero(self.among).cast(pa.int64()), self.rows.first)


class ParquetRows:
    """
    Adds the rows of row groups to what a scan knows, in one thread of it.

    Of rows whose times make no difference only the models are counted. Other
    rows that are as most are wait until there are enough to be grouped by model
    at once. Single rows are left to ``Reading.add``.

    Args:
        known: what they are added to.
    """

    def __init__(self, known: Known) -> None:
        self._known = known
        self._counted: Counter[str] = Counter()
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
        times = group.layout.span(group.footer)
        for rows in group.rows():
            own = self._own(rows)
            if own is not None and not self._count(own.model, times):
                self._add(own)
        if times is not None:  # what is known now may spare a look at others
            self._add_waiting()

    def finish(self) -> None:
        """
        Add what waits.

        Raises:
            TooManyModels: more distinct models than are allowed.
        """
        self._add_waiting()
        self._known.seen_again(self._counted)
        self._counted.clear()

    def _own(self, rows: Rows) -> _Own | None:
        shape = self._known.reading.shape
        among = None
        if shape.tenant is not None and shape.tenant not in rows.group.file.partitions:
            tenant = rows.column(shape.tenant)
            among = None if tenant is None else where(tenant, self._known.reading.tenant_id)
            if among is None:
                return None
        model = rows.column(shape.model)
        if model is None:
            return None
        return _Own(rows, among, model if among is None else model.filter(among))

    def _count(self, models: Column, times: Times | None) -> bool:
        """Count rows whose times make no difference, and tell whether they are such."""
        if times is None or not is_text(models.type) or not is_unicode(models):
            return False
        counted = pc.value_counts(models)
        names, counts = values(counted.field("values")), values(counted.field("counts"))
        requests: dict[str, int] = {
            name: count
            for name, count in zip(names, counts, strict=True)
            if name and not name.isspace()
        }
        if not self._known.make_no_difference(requests, times):
            return False
        self._counted.update(requests)
        return True

    def _add(self, own: _Own) -> None:
        shape, model = self._known.reading.shape, own.model
        if not is_text(model.type):
            self._one_by_one(own, pa.nulls(len(model)))
            return
        time = plain(own.column(shape.time))
        unit = unit_of(time.type, shape.time_unit)
        if unit is None:
            self._one_by_one(own, time)
        else:
            self._at_once(own, time.cast(pa.int64()), unit)

    def _one_by_one(self, own: _Own, time: Column, only: Mask | None = None) -> None:
        numbers, model, reading = own.numbers(), own.model, self._known.reading
        if only is not None:
            numbers, model, time = numbers.filter(only), model.filter(only), time.filter(only)
        tenant = None if reading.shape.tenant is None else reading.tenant_id
        rows = zip(values(model), values(time), strict=True)
        with self._known.lock:
            reading.part = own.rows.group.part
            reading.add(
                zip(values(numbers), rows, strict=True),
                lambda row: (row[0], tenant, row[1]),
                f"{own.rows.group.file.path}, row",
            )

    def _at_once(self, own: _Own, ticks: Column, unit: str) -> None:
        if not _all_between(ticks, ALL_TIME, unit):
            timeless = pc.invert(_between(ticks, ALL_TIME, unit))
            self._one_by_one(own, pa.nulls(len(ticks)), timeless)
        model, period = own.model, self._known.reading.period
        if not _all_between(ticks, period, unit):
            wanted = _between(ticks, period, unit)
            model, ticks = model.filter(wanted), ticks.filter(wanted)
        if model.null_count:
            named = pc.is_valid(model)
            model, ticks = model.filter(named), ticks.filter(named)
        if not is_unicode(model):
            self._group([model], [ticks], unit, own.rows)
            return
        if self._kind != (model.type, unit) or self._waiting > _MOST_WAITING:
            self._add_waiting()
        self._kind = model.type, unit
        self._models.append(model)
        self._ticks.append(ticks)
        self._waiting += len(model)
        if isinstance(model, pa.DictionaryArray):
            self._waiting += len(model.dictionary)

    def _add_waiting(self) -> None:
        if self._kind is not None:
            models, ticks, (_, unit) = self._models, self._ticks, self._kind
            self._kind, self._models, self._ticks, self._waiting = None, [], [], 0
            self._group(models, ticks, unit)

    def _group(
        self, models: list[Column], ticks: list[Column], unit: str, damaged: Rows | None = None
    ) -> None:
        """Add rows of which all is known, a group for each model; ``damaged`` has some bad names."""
        rows = pa.table({"model": pa.chunked_array(models), "ticks": pa.chunked_array(ticks)})
        groups = rows.unify_dictionaries().group_by("model", use_threads=False)
        told = groups.aggregate([([], "count_all"), ("ticks", "min_max")])
        names = values(told.column("model").combine_chunks())
        ends = told.column("ticks_min_max")
        figures = (
            told.column("count_all"),
            pc.struct_field(ends, "min"),
            pc.struct_field(ends, "max"),
        )
        found = list(zip(names, *(figure.to_pylist() for figure in figures), strict=True))
        self._known.seen(
            (name, requests, (instant(first, unit), instant(last, unit)))
            for name, requests, first, last in found
            if isinstance(name, str)
        )
        bad = sum(requests for name, requests, _, _ in found if not isinstance(name, str))
        if bad and damaged is not None:
            with self._known.lock:
                reading = self._known.reading
                reading.part = damaged.group.part
                place = f"{damaged.group.file.path}, from row {damaged.first}"
                reading.broken(place, f"{reading.shape.model} is not UTF-8", bad)


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
