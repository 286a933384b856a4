"""Finding the columns that a scan needs, as SQL, and their types."""

from __future__ import annotations

import attrs
from pyspark.sql.types import DataType, MapType, StringType, StructType

from model_registry.domain.request_log import Shape
from model_registry.errors import RequestLogError


@attrs.frozen
class Found:
    """
    A column or a field within one.

    Attributes:
        sql: how a statement names it.
        kind: its type.
    """

    sql: str
    kind: DataType

    @property
    def is_text(self) -> bool:
        """Whether it holds text."""
        return isinstance(self.kind, StringType)

    def as_text(self) -> str:
        """Return it as text that is compared byte by byte, whatever its own collation."""
        return self.sql if self.kind == StringType() else f"CAST({self.sql} AS STRING)"


@attrs.frozen
class LogColumns:
    """
    Those columns of a log that a scan looks at.

    Attributes:
        time: when.
        model: which model.
        tenant: whose; None if the log does not say.
        day: the folder's day; None if there is no such column.
        corrupt: what JSON lines hold that are none; None if Spark met none.
    """

    time: Found
    model: Found
    tenant: Found | None
    day: Found | None
    corrupt: Found | None


def find_columns(schema: StructType, shape: Shape, day: str | None) -> LogColumns:
    """
    Return the columns of a log.

    Raises:
        RequestLogError: one is missing; the message says which there are.
    """
    named = (shape.time, shape.model, shape.tenant, day)
    found = {name: column_at(schema, name) for name in named if name is not None}
    missing = [name for name, column in found.items() if column is None]
    if missing:
        there = ", ".join(schema.fieldNames()) or "none"
        raise RequestLogError(
            f"The request log has no column {', '.join(map(repr, missing))}; there are: {there}. "
            "The URL may name others: time=…&model=…&tenant=… (an empty tenant= for a log "
            "that has none)"
        )
    known = {name: column for name, column in found.items() if column is not None}
    return LogColumns(
        time=known[shape.time],
        model=known[shape.model],
        tenant=None if shape.tenant is None else known[shape.tenant],
        day=None if day is None else known[day],
        corrupt=column_at(schema, "_corrupt_record"),
    )


def column_at(schema: StructType, path: str) -> Found | None:
    """
    Return a column, None if there is none.

    Args:
        schema: of the log.
        path: the column's name; dots lead into structs and maps, unless a column
            has that very name.
    """
    if path in schema.fieldNames():
        return Found(_quoted(path), schema[path].dataType)
    names = path.split(".")
    sql, kind = "", schema
    inner: DataType = kind
    for name in names:
        if isinstance(inner, StructType) and name in inner.fieldNames():
            sql, inner = f"{sql}.{_quoted(name)}" if sql else _quoted(name), inner[name].dataType
        elif isinstance(inner, MapType) and isinstance(inner.keyType, StringType):
            key = name.encode().hex()  # so that no name of a key can be more than a name
            sql, inner = f"{sql}[CAST(X'{key}' AS STRING)]", inner.valueType
        else:
            return None
    return Found(sql, inner)


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
