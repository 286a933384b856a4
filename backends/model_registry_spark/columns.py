"""Finding the columns that a scan needs, as SQL, and their types."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
from pyspark.sql.types import DataType, MapType, StringType, StructType

from model_registry.domain.row_fields import alternatives
from model_registry.domain.shape import Shape
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
class Condition:
    """
    A condition and the texts in it.

    Attributes:
        sql: with the names of parameters.
        texts: what they are.
    """

    sql: str
    texts: Mapping[str, str]


@attrs.frozen
class LogColumns:
    """
    Those columns of a log that a scan looks at.

    Attributes:
        time: when.
        model: which model.
        tenant: whose; None if the log does not say.
        is_request: the condition for AI requests, with its texts; None if all rows may be such.
        day: the folder's day; None if there is no such column.
        corrupt: what JSON lines hold that are none; None if Spark met none.
    """

    time: Found
    model: Found
    tenant: Found | None
    is_request: Condition | None
    day: Found | None
    corrupt: Found | None


def find_columns(schema: StructType, shape: Shape, day: str | None) -> LogColumns:
    """
    Return the columns of a log.

    Raises:
        RequestLogError: one is missing, and the message says which there are; or the
            shape needs more than columns.
    """
    if shape.beyond_columns:
        raise RequestLogError(
            "Spark reads columns, and this shape needs more: "
            f"{', '.join(shape.beyond_columns)}. Name columns instead, or scan the files"
        )
    paths = [*shape.paths, *(() if day is None else (day,))]
    found = {path: _found(schema, path) for path in paths}
    missing = [one for path in paths if not found[path] for one in alternatives(path)]
    if missing:
        there = ", ".join(schema.fieldNames()) or "none"
        raise RequestLogError(
            f"The request log has no column {', '.join(map(repr, missing))}; there are: {there}. "
            "The URL may name others: time=…&model=…&tenant=… (an empty tenant= for a log "
            "that has none)"
        )
    known = {path: first_there(path, columns) for path, columns in found.items()}
    return LogColumns(
        time=known[shape.time],
        model=known[shape.model],
        tenant=None if shape.tenant is None else known[shape.tenant],
        is_request=_is_request(known, shape),
        day=None if day is None else known[day],
        corrupt=column_at(schema, "_corrupt_record"),
    )


def _found(schema: StructType, path: str) -> list[Found]:
    some = (column_at(schema, one) for one in alternatives(path))
    return [column for column in some if column is not None]


def first_there(path: str, columns: list[Found]) -> Found:
    """
    Return the first of columns that is not null and not empty, as SQL.

    Raises:
        RequestLogError: they are of types that do not go together.
    """
    if len(columns) == 1:
        return columns[0]
    if all(column.is_text for column in columns):
        texts = ", ".join(f"NULLIF({column.as_text()}, '')" for column in columns)
        return Found(f"COALESCE({texts})", StringType())
    if len({column.kind for column in columns}) > 1:
        raise RequestLogError(f"The columns of {path!r} are of types that do not go together")
    return Found(f"COALESCE({', '.join(column.sql for column in columns)})", columns[0].kind)


def _is_request(known: Mapping[str, Found], shape: Shape) -> Condition | None:
    conditions: list[str] = []
    texts: dict[str, str] = {}

    def named(text: str) -> str:
        name = f"text_{len(texts)}"
        texts[name] = text
        return f":{name}"

    for path, wanted in shape.where:
        among = ", ".join(map(named, wanted))
        conditions.append(f"COALESCE({known[path].as_text()} IN ({among}), FALSE)")
    for path, unwanted in shape.unless:
        among = ", ".join(map(named, unwanted))
        conditions.append(f"NOT COALESCE({known[path].as_text()} IN ({among}), FALSE)")
    return Condition(" AND ".join(conditions), texts) if conditions else None


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
