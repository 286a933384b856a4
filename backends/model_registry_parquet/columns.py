"""The columns that a scan needs, found in a file that may have them in any form or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

Column: TypeAlias = "pa.Array[Any]"
Mask: TypeAlias = "pa.Array[Any]"


def column_at(batch: pa.RecordBatch, path: str, fixed: Mapping[str, str | None]) -> Column | None:
    """
    Return a column, None if the batch has none.

    Args:
        batch: some rows of a file.
        path: the column's name; dots lead into structs, unless a column has that
            very name.
        fixed: columns that have one value in every row, whatever is in the file.
    """
    if path in fixed:
        return pa.repeat(pa.scalar(fixed[path], pa.string()), batch.num_rows)
    if path in batch.schema.names:
        return _plain(batch.column(path))
    if "." not in path:
        return None
    name, *inner = path.split(".")
    if name not in batch.schema.names:
        return None
    column: Column = batch.column(name)
    for name in inner:
        if not pa.types.is_struct(column.type) or column.type.get_field_index(name) < 0:
            return None
        column = pc.struct_field(column, [name])
    return _plain(column)


def _plain(column: Column) -> Column:
    """Return a column in a form that everything can be done with."""
    if isinstance(column, pa.DictionaryArray):
        column = column.dictionary_decode()
    return column.cast(pa.large_string()) if pa.types.is_string_view(column.type) else column


def is_text(kind: pa.DataType) -> bool:
    """Tell whether a column holds text."""
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def values(column: Column) -> list[Any]:
    """Return a column's values; text that is not UTF-8 comes as bytes."""
    if not is_text(column.type):
        return column.to_pylist()
    return [None if raw is None else _decoded(raw) for raw in column.cast(pa.binary()).to_pylist()]


def _decoded(raw: bytes) -> str | bytes:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def unit_of(kind: pa.DataType, plain: str) -> str | None:
    """
    Return what a column of times counts, None if it holds no whole numbers since 1970.

    Args:
        kind: the column's type.
        plain: what a number that is no timestamp counts.
    """
    if isinstance(kind, pa.TimestampType):
        return str(kind.unit)
    if pa.types.is_integer(kind) and not pa.types.is_uint64(kind):
        return plain
    return None
