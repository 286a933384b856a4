"""Parquet files summed up, as many rows at once as memory allows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import BinaryIO, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from model_registry.domain.shape import Needed, Shape
from model_registry_parquet.columns import Column, Mask, column_at, is_text, unit_of, values
from model_registry_parquet.log_files import LogFile
from model_registry_parquet.parquet_objects import parquet_objects
from model_registry_parquet.pruning import ALL_TIME, within
from model_registry_parquet.shares import Part
from model_registry_parquet.summing import EVERYBODY, MOST_WAITING, Summing

_ROWS_A_BATCH: Final = 65_536
_PER_MICROSECOND: Final = 1_000
_MICROSECONDS: Final = {"s": 1_000_000, "ms": 1_000, "us": 1}


def read_parts(
    file: LogFile, opened: BinaryIO, shape: Shape, kept: Sequence[Part]
) -> Iterator[Part]:
    """
    Sum a file up; a Parquet file that has changed is another, and nothing of it is kept.

    Raises:
        CannotSumUp: it is not fit to be summed up.
        OSError: it cannot be read, or another error of ``faults.UNREADABLE``.
    """
    summing = Summing(shape)
    if not shape.is_plain:
        yield from _objects_summed(file, opened, summing)
        return
    parquet = pq.ParquetFile(opened)
    columns = [path for path in shape.needed if path not in file.partitions]
    first = 1
    for batch in parquet.iter_batches(_ROWS_A_BATCH, columns=columns):
        _add(batch, first, file, summing)
        summing.rows += batch.num_rows
        first += batch.num_rows
        if summing.waiting >= MOST_WAITING:
            yield summing.part()
    summing.rows += parquet.metadata.num_rows - (first - 1)
    yield summing.part()


def _objects_summed(file: LogFile, opened: BinaryIO, summing: Summing) -> Iterator[Part]:
    needed = Needed(summing.shape).take_request
    rows = parquet_objects(file, opened, summing.shape)
    while some := list(islice(rows, _ROWS_A_BATCH)):
        summing.rows += len(some)
        for number, row in some:
            if not isinstance(row, dict):
                summing.broken(number, "not an object")
        summing.add((item for item in some if isinstance(item[1], dict)), needed)
        if summing.waiting >= MOST_WAITING:
            yield summing.part()
    yield summing.part()


def _add(batch: pa.RecordBatch, first: int, file: LogFile, summing: Summing) -> None:
    """Add what can be told from whole columns at once, and other rows one by one."""
    shape, fixed = summing.shape, file.partitions
    model = column_at(batch, shape.model, fixed)
    tenant = _tenants(batch, file, shape)
    if model is None or tenant is None:
        return
    named: Mask = pc.and_(model.is_valid(), tenant.is_valid())
    if is_text(model.type):
        named = _sure(pc.and_(named, pc.not_equal(model, pa.scalar("", model.type))))
    odd = named
    time = column_at(batch, shape.time, fixed)
    unit = None if time is None else unit_of(time.type, shape.time_unit)
    if time is not None and unit is not None and is_text(model.type):
        ticks = time.cast(pa.int64())
        sound = _sure(pc.and_(named, _is_time(ticks, unit)))
        odd, time = pc.and_not(named, sound), None
        micros = _microseconds(ticks.filter(sound), unit)
        summing.add_columns(tenant.filter(sound), model.filter(sound), micros)
    offsets = pc.indices_nonzero(odd)
    time = pa.nulls(batch.num_rows) if time is None else time
    rows = zip(*(values(column.take(offsets)) for column in (model, tenant, time)), strict=True)
    numbers = (first + offset for offset in values(offsets))
    summing.add(zip(numbers, rows, strict=True), lambda row: row)


def _sure(mask: Mask) -> Mask:
    """Take what is not known for false."""
    sure: Mask = mask.fill_null(False)
    return sure


def _is_time(ticks: Column, unit: str) -> Mask:
    first, last = (max(-(2**63), min(tick, 2**63 - 1)) for tick in within(ALL_TIME, unit))
    after = pc.greater_equal(ticks, pa.scalar(first, pa.int64()))
    return pc.and_(after, pc.less_equal(ticks, pa.scalar(last, pa.int64())))


def _tenants(batch: pa.RecordBatch, file: LogFile, shape: Shape) -> Column | None:
    """Return whose the rows are, None if they are nobody's."""
    if shape.tenant is None:
        return pa.repeat(pa.scalar(EVERYBODY, pa.string()), batch.num_rows)
    tenant = column_at(batch, shape.tenant, file.partitions)
    return tenant if tenant is not None and is_text(tenant.type) else None


def _microseconds(ticks: Column, unit: str) -> Column:
    if unit != "ns":
        return pc.multiply(ticks, pa.scalar(_MICROSECONDS[unit], pa.int64()))
    # Division cuts off towards 1970, and what is finer than a microsecond goes down.
    before = pc.less(ticks, pa.scalar(0, pa.int64()))
    down = pc.subtract(ticks, pa.scalar(_PER_MICROSECOND - 1, pa.int64()))
    nanoseconds: Column = pc.if_else(before, down, ticks)
    return pc.divide(nanoseconds, pa.scalar(_PER_MICROSECOND, pa.int64()))
