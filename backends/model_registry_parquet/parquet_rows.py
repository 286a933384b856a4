"""What the rows of a Parquet log say, told from whole columns wherever that can be."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from model_registry.domain.request_log import Period
from model_registry_parquet.columns import (
    Column,
    Mask,
    is_text,
    is_unicode,
    unit_of,
    values,
)
from model_registry_parquet.pruning import ALL_TIME, instant, within
from model_registry_parquet.readings import Reading
from model_registry_parquet.row_group import Rows

_MOST_WAITING: Final = 2 * 2**20
_MOST_IN_VAIN: Final = 32
_GROUPS_AT_ONCE: Final = 8_192
_TOLD: Final = ["model", "count_all", "ticks_min_max"]


class ParquetRows:
    """
    Adds rows of row groups to a reading, in any order.

    Of rows whose times make no difference the models are only counted. Other
    rows that are as most are wait until there are enough to be grouped by model
    at once. Single rows are left to ``Reading.add``.

    Args:
        reading: what they are added to.
    """

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._seen: dict[str, tuple[datetime, datetime]] = {}
        self._counted: Counter[str] = Counter()
        self._spared = self._not_spared = 0
        self._kind: tuple[pa.DataType, str] | None = None
        self._models: list[Column] = []
        self._ticks: list[Column] = []
        self._waiting = 0

    def count(self, rows: Rows) -> bool:
        """
        Add rows if their times make no difference, and tell whether that is so.

        It is if all of their models have been seen both before and after all of them.
        """
        if not self._worthwhile(rows):
            return False
        requests = self._all_seen(rows)
        if requests is None:
            self._not_spared += 1
            return False
        self._spared += 1
        self._counted.update(requests)
        return True

    def _worthwhile(self, rows: Rows) -> bool:
        """Tell whether the times of rows may make no difference, which has to be found often."""
        found_often = self._not_spared < _MOST_IN_VAIN + self._spared
        return found_often and rows.batch.group.span is not None and is_text(rows.model.type)

    def _all_seen(self, rows: Rows) -> dict[str, int] | None:
        """Count the models of rows, None if some have not been seen before and after all times."""
        counted = pc.value_counts(rows.model)
        span = rows.batch.group.span
        if span is None or len(counted) > len(self._seen) + 2:  # null, and blank
            return None
        names, counts = values(counted.field("values")), values(counted.field("counts"))
        requests: dict[str, int] = {}
        for name, count in zip(names, counts, strict=True):
            if not name or name.isspace():
                continue
            seen = self._seen.get(name)
            if seen is None or span[0] < seen[0] or seen[1] < span[1]:
                return None
            requests[name] = count
        return requests

    def add(self, rows: Rows, times: Column) -> None:
        """
        Add rows and their times.

        Raises:
            TooManyModels: more distinct models than are allowed.
        """
        unit = unit_of(times.type, self._reading.shape.time_unit)
        if not is_text(rows.model.type):
            self._one_by_one(rows, pa.nulls(len(times)))
        elif unit is None:
            self._one_by_one(rows, times)
        else:
            self._at_once(rows, times.cast(pa.int64()), unit)
            if self._worthwhile(rows):
                self._add_waiting()  # so that it is seen

    def finish(self) -> None:
        """
        Add what waits.

        Raises:
            TooManyModels: more distinct models than are allowed.
        """
        self._add_waiting()
        for model, requests in self._counted.items():
            self._reading.seen(model, requests, *self._seen[model])
        self._counted.clear()

    def _one_by_one(self, rows: Rows, time: Column, only: Mask | None = None) -> None:
        numbers, model, reading = rows.numbers(), rows.model, self._reading
        if only is not None:
            numbers, model, time = numbers.filter(only), model.filter(only), time.filter(only)
        tenant = None if reading.shape.tenant is None else reading.tenant_id
        needed = zip(values(model), values(time), strict=True)
        reading.part = rows.batch.group.part
        reading.add(
            zip(values(numbers), needed, strict=True),
            lambda row: (row[0], tenant, row[1]),
            f"{rows.batch.group.file.path}, row",
        )

    def _at_once(self, rows: Rows, ticks: Column, unit: str) -> None:
        if not _all_between(ticks, ALL_TIME, unit):
            timeless = pc.invert(_between(ticks, ALL_TIME, unit))
            self._one_by_one(rows, pa.nulls(len(ticks)), timeless)
        model, period = rows.model, self._reading.period
        if not _all_between(ticks, period, unit):
            wanted = _between(ticks, period, unit)
            model, ticks = model.filter(wanted), ticks.filter(wanted)
        if not is_unicode(model):
            self._group([model], [ticks], unit, rows)
            return
        if self._kind != (model.type, unit) or self._waiting > _MOST_WAITING:
            self._add_waiting()
        self._kind = model.type, unit
        self._models.append(model)
        self._ticks.append(ticks)
        self._waiting += model.nbytes + ticks.nbytes

    def _add_waiting(self) -> None:
        if self._kind is not None:
            models, ticks, (_, unit) = self._models, self._ticks, self._kind
            self._kind, self._models, self._ticks, self._waiting = None, [], [], 0
            self._group(models, ticks, unit)

    def _group(
        self, models: list[Column], ticks: list[Column], unit: str, damaged: Rows | None = None
    ) -> None:
        """Add rows of which all is known, a group for each model; ``damaged`` has some bad names."""
        table = pa.table({"model": pa.chunked_array(models), "ticks": pa.chunked_array(ticks)})
        groups = table.unify_dictionaries().group_by("model", use_threads=False)
        told = groups.aggregate([([], "count_all"), ("ticks", "min_max")]).select(_TOLD)
        for some in told.to_batches(_GROUPS_AT_ONCE):
            for name, count, ends in zip(*map(values, some.columns), strict=True):
                if isinstance(name, str):
                    self._see(name, count, (instant(ends["min"], unit), instant(ends["max"], unit)))
                elif name is not None and damaged is not None:
                    group = damaged.batch.group
                    self._reading.part = group.part
                    place = f"{group.file.path}, in row group {group.number + 1}"
                    problem = f"{self._reading.shape.model} is not UTF-8"
                    self._reading.broken(place, problem, count)

    def _see(self, model: str, requests: int, times: tuple[datetime, datetime]) -> None:
        self._reading.seen(model, requests, *times)
        if model and not model.isspace():
            first, last = self._seen.get(model, times)
            self._seen[model] = min(first, times[0]), max(last, times[1])


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
