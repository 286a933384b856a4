"""Finding a request log's table in a database, and its columns with their types."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Engine, Inspector, TableClause, column, inspect
from sqlalchemy import table as table_named
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.types import TypeEngine

from model_registry.domain.request_log import Shape
from model_registry.errors import RequestLogError
from model_registry_sql.duckdb_log import duckdb_columns
from model_registry_sql.log_columns import columns_sought
from model_registry_sql.log_dialects import plain_type

_MOST_NAMED: Final = 20


def find_table(engine: Engine, name: str, schema: str | None, shape: Shape) -> TableClause:
    """
    Return a log's table or view with those columns that a scan needs.

    Raises:
        RequestLogError: there is no such table, or it lacks a column; the
            message says what there is; or the shape needs more than columns.
    """
    inspector = inspect(engine)
    found = _columns(engine, inspector, name, schema)
    if not found:
        where = f" in schema {schema!r}" if schema else ""
        raise RequestLogError(
            f"The request log has no table {name!r}{where}; there are: "
            f"{_listed(_tables(inspector, schema))}"
        )
    sought, missing = columns_sought(shape, found)
    if missing:
        raise RequestLogError(
            f"The request log's table {name!r} has no column {_listed(map(repr, missing))}; "
            f"there are: {_listed(found)}. The URL may name others: ?table={name}"
            "&time=…&model=…&tenant=… (an empty tenant= for a log that has none)"
        )
    return table_named(name, *(column(name, found[name]) for name in sought), schema=schema)


def _columns(
    engine: Engine, inspector: Inspector, name: str, schema: str | None
) -> dict[str, TypeEngine[Any]]:
    dialect = engine.dialect.name
    if dialect == "duckdb":
        with engine.connect() as connection:
            return duckdb_columns(connection, name, schema)
    try:
        columns = inspector.get_columns(name, schema)
    except NoSuchTableError:
        return {}
    return {column["name"]: plain_type(dialect, column["type"]) for column in columns}


def _tables(inspector: Inspector, schema: str | None) -> list[str]:
    return sorted([*inspector.get_table_names(schema), *inspector.get_view_names(schema)])


def _listed(names: Iterable[str]) -> str:
    known = list(names)
    more = f" and {len(known) - _MOST_NAMED} more" if len(known) > _MOST_NAMED else ""
    return (", ".join(known[:_MOST_NAMED]) or "none") + more
