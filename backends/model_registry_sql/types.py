"""Column types that mean the same in SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import TIMESTAMP, ColumnElement, Dialect, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

TEXT: Final = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that is compared and sorted byte by byte, whatever the database's own collation is."""


def as_sqlite_text(value: datetime) -> str:
    """Return an aware UTC time as it is kept in SQLite."""
    return value.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


class _InUtc(FunctionElement[datetime]):
    """
    An instant as it is fetched.

    PostgreSQL gives it without a zone, in UTC: the driver would make it one of
    the session's zone, where the first and the last day of all may not exist.
    """

    inherit_cache = True
    name = "in_utc"

    def __init__(self, column: ColumnElement[Any], type_: TypeEngine[datetime]) -> None:
        super().__init__(column)
        self.type = type_


@compiles(_InUtc)
def _as_it_is(element: _InUtc, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(_InUtc, "postgresql")
def _without_zone(element: _InUtc, compiler: SQLCompiler, **options: Any) -> str:
    return f"timezone('UTC', {compiler.process(element.clauses, **options)})"


class Bytewise(FunctionElement[str]):
    """A text that is compared byte by byte, whatever collation its column has."""

    inherit_cache = True
    name = "bytewise"
    type = Text()


@compiles(Bytewise)
def _by_its_own_collation(element: Bytewise, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(Bytewise, "postgresql")
def _by_bytes(element: Bytewise, compiler: SQLCompiler, **options: Any) -> str:
    return f'({compiler.process(element.clauses, **options)} COLLATE "C")'


class Instant(TypeDecorator[datetime]):
    """
    An aware UTC time with microseconds.

    In SQLite it is text of a fixed width, ``2026-03-13T00:00:00.000000Z``, which
    people can read and which sorts as the times do.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return timestamptz for PostgreSQL and text for SQLite."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True))
        return dialect.type_descriptor(Text())

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return how the column is fetched."""
        return _InUtc(column, self)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Return what the driver is to be given."""
        if value is None or dialect.name == "postgresql":
            return value
        return as_sqlite_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Return the aware time; what is none comes back as it lies, for ``rows`` to refuse."""
        if value is None:
            return None
        if dialect.name == "postgresql":
            return value.replace(tzinfo=UTC)
        try:
            return datetime.fromisoformat(value)
        except (ValueError, TypeError):
            return value
