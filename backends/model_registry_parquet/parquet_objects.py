"""Rows of Parquet files as dicts of whole columns, for shapes that are more than plain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq

from model_registry.domain.shape import Shape
from model_registry_parquet.columns import Column, plain, values
from model_registry_parquet.log_files import LogFile
from model_registry_parquet.pruning import instant

_ROWS_A_BATCH: Final = 8_192


def parquet_names(opened: BinaryIO) -> list[str]:
    """
    Return the names of a file's columns, those within others left out.

    Raises:
        OSError: it cannot be read, or another error of ``faults.UNREADABLE``.
    """
    return list(pq.ParquetFile(opened).schema_arrow.names)


def parquet_objects(file: LogFile, opened: BinaryIO, shape: Shape) -> Iterator[tuple[int, Any]]:
    """
    Read the rows of a file, each with its number, in memory that does not grow with it.

    Of the columns only those are read that the shape names; of what lies within one, all.

    Raises:
        OSError: it cannot be read, or another error of ``faults.UNREADABLE``.
    """
    parquet = pq.ParquetFile(opened)
    there = parquet.schema_arrow.names
    names = [name for name in shape.names if name in there and name not in file.partitions]
    before = 0
    for batch in parquet.iter_batches(_ROWS_A_BATCH, columns=names):
        columns = [_values(batch.column(name)) for name in names]
        rows = zip(*columns, strict=True) if columns else [()] * batch.num_rows
        for number, row in enumerate(rows, before + 1):
            document = {**dict(zip(names, row, strict=True)), **file.partitions}
            for found in shape.rows_of(document):
                yield number, found
        before += batch.num_rows


def _values(column: Column) -> list[Any]:
    column = plain(column)
    if isinstance(column.type, pa.TimestampType):
        unit = str(column.type.unit)
        return [_instant(ticks, unit) for ticks in column.cast(pa.int64()).to_pylist()]
    if pa.types.is_nested(column.type):
        return column.to_pylist(maps_as_pydicts="lossy")
    return values(column)


def _instant(ticks: int | None, unit: str) -> object:
    if ticks is None:
        return None
    try:
        return instant(ticks, unit)
    except OverflowError:
        return False  # which is no time: neither is this, to Python
