"""A DuckDB log's columns: its dialect's own reflection fails under SQLAlchemy 2.1."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Connection,
    DateTime,
    Double,
    Numeric,
    Text,
    bindparam,
    text,
)
from sqlalchemy.types import NullType, TypeEngine

_COLUMNS: Final = text(
    "SELECT column_name, data_type FROM information_schema.columns "
    "WHERE table_catalog = current_database() "
    "AND table_schema = coalesce(:schema, current_schema()) AND table_name = :name "
    "ORDER BY ordinal_position"
).bindparams(bindparam("schema", type_=Text), bindparam("name", type_=Text))

_INTEGERS: Final = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_TYPES: Final[dict[str, TypeEngine[Any]]] = {
    "VARCHAR": Text(),
    "TIMESTAMP WITH TIME ZONE": DateTime(timezone=True),
    "TIMESTAMP": DateTime(),
    "TIMESTAMP_S": DateTime(),
    "TIMESTAMP_MS": DateTime(),
    "TIMESTAMP_NS": DateTime(),
    "FLOAT": Double(),
    "DOUBLE": Double(),
    "DECIMAL": Numeric(),
    **dict.fromkeys(_INTEGERS, BigInteger()),
    **dict.fromkeys([f"U{name}" for name in _INTEGERS], BigInteger()),
}


def duckdb_columns(
    connection: Connection, name: str, schema: str | None
) -> dict[str, TypeEngine[Any]]:
    """Return the columns of a table or view with their types; none if there is no such."""
    rows = connection.execute(_COLUMNS, {"schema": schema, "name": name})
    return {column: _type(kind) for column, kind in rows}


def _type(name: str) -> TypeEngine[Any]:
    enumeration = name.startswith("ENUM(")  # texts, that are compared as such
    return Text() if enumeration else _TYPES.get(name.partition("(")[0], NullType())
