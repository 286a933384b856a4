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
    Return a column with its values themselves, None if the batch has none.

    Args:
        batch: some rows of a file.
        path: the column's name; dots lead into structs, unless a column has that
            very name.
        fixed: columns that have one value in every row, whatever is in the file.
    """
    if path in fixed:
        return repeated(fixed[path], batch.num_rows)
    column = as_read(batch, path)
    return None if column is None else plain(column)


def repeated(value: str | None, rows: int) -> Column:
    """Return a column that has one value in every row."""
    return pa.repeat(pa.scalar(value, pa.string()), rows)


def as_read(batch: pa.RecordBatch, path: str) -> Column | None:
    """Return a column as ``column_at`` does; but text may be a dictionary still."""
    if path in batch.schema.names:
        return _simple(batch.column(path))
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
    return _simple(column)


def _simple(column: Column) -> Column:
    """Return a column in a form that everything can be done with."""
    if isinstance(column, pa.DictionaryArray) and not is_text(column.type):
        column = column.dictionary_decode()
    return column.cast(pa.large_string()) if pa.types.is_string_view(column.type) else column


def plain(column: Column) -> Column:
    """Return a column with its values themselves, no dictionary."""
    return column.dictionary_decode() if isinstance(column, pa.DictionaryArray) else column


def is_text(kind: pa.DataType) -> bool:
    """Tell whether a column holds text."""
    if isinstance(kind, pa.DictionaryType):
        kind = kind.value_type
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def is_unicode(column: Column) -> bool:
    """Tell whether all text in a column is UTF-8, which Parquet readers do not look at."""
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def where(column: Column, text: str) -> Mask | None:
    """Tell in which rows a column is a text; None where it is plain that in none."""
    if not is_text(column.type):
        return None
    if isinstance(column, pa.DictionaryArray):
        code = column.dictionary.index(text).as_py()
        return None if code < 0 else pc.equal(column.indices, pa.scalar(code, column.indices.type))
    return pc.equal(column, pa.scalar(text, column.type))


def values(column: Column) -> list[Any]:
    """Return a column's values; text that is not UTF-8 comes as bytes."""
    column = plain(column)
    if not is_text(column.type):
        return column.to_pylist()
    return [None if raw is None else _decoded(raw) for raw in column.cast(pa.binary()).to_pylist()]


def _decoded(raw: bytes) -> str | bytes:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def unit_of(kind: pa.DataType, number: str) -> str | None:
    """
    Return what a column of times counts, None if it holds no whole numbers since 1970.

    Args:
        kind: the column's type.
        number: what a number that is no timestamp counts.
    """
    if isinstance(kind, pa.TimestampType):
        return str(kind.unit)
    if pa.types.is_integer(kind) and not pa.types.is_uint64(kind):
        return number
    return None
