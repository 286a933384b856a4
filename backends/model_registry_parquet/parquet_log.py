"""Request logs in Parquet files."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from model_registry.domain.request_log import (
    MAX_MODELS,
    NATIVE,
    LogScan,
    Period,
    Progress,
    Shape,
)
from model_registry.errors import RequestLogError
from model_registry.ports import RequestLog
from model_registry_parquet.columns import Column, Mask, column_at, is_text, unit_of, values
from model_registry_parquet.faults import UNREADABLE, in_a_line
from model_registry_parquet.log_files import Done, LogFile, Paths, locate
from model_registry_parquet.pruning import ALL_TIME, instant, is_text_column, may_hold, within
from model_registry_parquet.readings import Reading

_ROWS_A_BATCH = 65_536


class ParquetRequestLog(RequestLog):
    """
    Parquet files, flat or in hive-partitioned folders.

    Only the needed columns are read, and of them only the row groups that may
    matter, judged by their statistics; ``rows_read`` counts the others too. What
    a folder's name says of a field (``tenant_id=acme/``) holds for all rows
    below. Files may differ in which columns they have, and of which type. A file
    that is damaged is an error, since an inventory must not shrink because of
    one. The files are looked for anew at each scan.

    Args:
        paths: a file, a folder or a pattern (``logs/*.parquet``), or several.
        shape: how the columns are named; dots lead into structs.
        max_models: how many distinct models a scan may hold.
    """

    def __init__(
        self, paths: Paths, shape: Shape = NATIVE, *, max_models: int = MAX_MODELS
    ) -> None:
        self._paths = paths
        self._shape = shape
        self._max_models = max_models

    def scan(self, tenant_id: str, period: Period, progress: Progress | None = None) -> LogScan:
        files = locate(self._paths)
        done = Done(files, progress)
        reading = Reading(self._shape, tenant_id, period, self._max_models)
        for file in files:
            if file.may_concern(self._shape.tenant, tenant_id):
                _read(file, reading, done)
            done.with_all_of(file)
        return reading.result()


def _read(file: LogFile, reading: Reading, done: Done) -> None:
    with file.opened() as opened:
        try:
            parquet = pq.ParquetFile(opened)
            rows = parquet.metadata.num_rows
            for first, batch in _batches(parquet, file, reading):
                _add(batch, _Place(file, first + 1), reading)
                done.within(file, file.size * (first + batch.num_rows) // rows)
            reading.rows += rows
        except (OSError, *UNREADABLE) as error:
            raise RequestLogError(
                f"The request log {file.path} cannot be read: {in_a_line(error)}"
            ) from error


def _batches(
    parquet: pq.ParquetFile, file: LogFile, reading: Reading
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Give the batches that may matter, each with the number of its first row from 0."""
    shape, fixed = reading.shape, file.partitions
    tenant = None
    if shape.tenant is not None and shape.tenant not in fixed:
        tenant = shape.tenant, reading.tenant_id
    time = None
    # A model that is no text is a broken row, whatever its time.
    if shape.time not in fixed and (shape.model in fixed or is_text_column(parquet, shape.model)):
        time = shape.time, shape.time_unit
    paths = [path for path in (shape.model, shape.tenant, shape.time) if path and path not in fixed]
    first = 0
    for group in range(parquet.num_row_groups):
        end = first + parquet.metadata.row_group(group).num_rows
        if may_hold(parquet, group, tenant=tenant, time=time, period=reading.period):
            for batch in parquet.iter_batches(_ROWS_A_BATCH, row_groups=[group], columns=paths):
                yield first, batch
                first += batch.num_rows
        first = end


@attrs.frozen
class _Place:
    """Where rows are: the file, and the number of the first row, from 1."""

    file: LogFile
    first: int


def _add(batch: pa.RecordBatch, place: _Place, reading: Reading) -> None:
    """Add what can be told from whole columns at once; leave single rows to ``Reading.add``."""
    shape, fixed = reading.shape, place.file.partitions
    model = column_at(batch, shape.model, fixed)
    time = column_at(batch, shape.time, fixed)
    own = None if model is None else _own(batch, model, place.file, reading)
    if model is None or own is None:
        return
    nothing = pa.nulls(batch.num_rows)
    time = nothing if time is None else time
    unit = unit_of(time.type, shape.time_unit)
    if not is_text(model.type):
        _add_rows(model, nothing, own, place, reading)
    elif unit is None:
        _add_rows(model, time, own, place, reading)
    else:
        ticks = time.cast(pa.int64())
        timeless = pc.and_not(own, _between(ticks, ALL_TIME, unit))
        _add_rows(model, nothing, timeless, place, reading)
        wanted = pc.and_(own, _between(ticks, reading.period, unit))
        _add_groups(model.filter(wanted), ticks.filter(wanted), unit, place, reading)


def _own(batch: pa.RecordBatch, model: Column, file: LogFile, reading: Reading) -> Mask | None:
    """Tell which rows are the tenant's and name a model; None if none can be."""
    own = pc.is_valid(model)
    if is_text(model.type):
        own = pc.and_(own, pc.not_equal(model, pa.scalar("", model.type)))
    if reading.shape.tenant is not None:
        tenant = column_at(batch, reading.shape.tenant, file.partitions)
        if tenant is None or not is_text(tenant.type):
            return None
        own = pc.and_(own, pc.equal(tenant, pa.scalar(reading.tenant_id, tenant.type)))
    return _sure(own)


def _between(ticks: Column, period: Period, unit: str) -> Mask:
    first, last = (max(-(2**63), min(tick, 2**63 - 1)) for tick in within(period, unit))
    after = pc.greater_equal(ticks, pa.scalar(first, pa.int64()))
    return _sure(pc.and_(after, pc.less_equal(ticks, pa.scalar(last, pa.int64()))))


def _sure(mask: Mask) -> Mask:
    """Take what is not known for false."""
    sure: Mask = mask.fill_null(False)
    return sure


def _add_rows(model: Column, time: Column, wanted: Mask, place: _Place, reading: Reading) -> None:
    """Add rows one after another."""
    offsets = pc.indices_nonzero(wanted)
    tenant = None if reading.shape.tenant is None else reading.tenant_id
    rows = zip(values(model.take(offsets)), values(time.take(offsets)), strict=True)
    numbers = (place.first + offset for offset in values(offsets))
    reading.add(
        zip(numbers, rows, strict=True),
        lambda row: (row[0], tenant, row[1]),
        f"{place.file.path}, row",
    )


def _add_groups(model: Column, ticks: Column, unit: str, place: _Place, reading: Reading) -> None:
    """Add rows of which all is known to be well, a group for each model."""
    groups = pa.table({"model": model, "ticks": ticks}).group_by("model", use_threads=False)
    told = groups.aggregate([("ticks", "count"), ("ticks", "min"), ("ticks", "max")])
    models = values(told.column("model").combine_chunks())
    figures = (told.column(f"ticks_{name}").to_pylist() for name in ("count", "min", "max"))
    for name, requests, first, last in zip(models, *figures, strict=True):
        if isinstance(name, str):
            reading.seen(name, requests, instant(first, unit), instant(last, unit))
        else:
            problem = f"{reading.shape.model} is not UTF-8"
            reading.broken(f"{place.file.path}, from row {place.first}", problem, requests)
