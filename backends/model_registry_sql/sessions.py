"""One transaction's connection: what a store asks of it, through SQLAlchemy or past it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from functools import cached_property
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Dialect, Executable
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

from model_registry_sql.types import as_sqlite_text

Row: TypeAlias = Sequence[Any]
Values: TypeAlias = Mapping[str, Any]

_NONE: Final[Values] = {}


class Statement:
    """
    A statement that is built and compiled once.

    Args:
        clause: what SQLAlchemy makes of it; the values are bound parameters.
        dialect: of the database that it is for.
        columns: what it sets, where that is not said in it.
    """

    def __init__(
        self, clause: ClauseElement, dialect: Dialect, columns: Sequence[str] | None = None
    ) -> None:
        self.clause = clause
        self._dialect = dialect
        self._columns = columns

    def made(self, clause: ClauseElement) -> Statement:
        """Return another statement for the same database."""
        return Statement(clause, self._dialect)

    @property
    def executable(self) -> Executable:
        """The statement, for SQLAlchemy to execute."""
        assert isinstance(self.clause, Executable)  # noqa: S101  # for the type checker alone
        return self.clause

    @cached_property
    def _compiled(self) -> SQLCompiler:
        columns = None if self._columns is None else list(self._columns)
        compiled = self.clause.compile(dialect=self._dialect, column_keys=columns)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101  # likewise
        return compiled

    @cached_property
    def text(self) -> str:
        """The SQL with question marks, for SQLite's driver."""
        return str(self._compiled)

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(self._compiled.positiontup or ())

    @cached_property
    def _fixed(self) -> dict[str, Any]:
        """What the statement itself binds."""
        bound = self._compiled.binds
        return {name: each.value for name, each in bound.items() if not each.required}

    def parameters(self, values: Values) -> Sequence[Any]:
        """Return what the question marks stand for."""
        given = {**self._fixed, **values} if self._fixed else values
        return [
            as_sqlite_text(value) if isinstance(value := given[name], datetime) else value
            for name in self._names
        ]


class Session(ABC):
    """A connection in a transaction; rows are sequences in the order of their columns."""

    @abstractmethod
    def all(self, statement: Statement, values: Values = _NONE) -> Sequence[Row]:
        """Execute a statement and fetch all its rows."""

    @abstractmethod
    def run(self, statement: Statement, rows: Sequence[Values]) -> None:
        """Execute a statement once for each set of values; there is at least one."""

    @abstractmethod
    def blocks(self, statement: Statement, values: Values, at_once: int) -> Iterator[Sequence[Row]]:
        """Execute a statement and stream its rows, so many at once."""

    def one(self, statement: Statement, values: Values = _NONE) -> Row | None:
        """Execute a statement that gives one row at most."""
        rows = self.all(statement, values)
        return rows[0] if rows else None


class AlchemySession(Session):
    """Through SQLAlchemy: it knows when a connection is broken and what the driver needs."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self, statement: Statement, values: Values = _NONE) -> Sequence[Row]:
        return self._connection.execute(statement.executable, values).all()

    def run(self, statement: Statement, rows: Sequence[Values]) -> None:
        self._connection.execute(statement.executable, rows)

    def blocks(self, statement: Statement, values: Values, at_once: int) -> Iterator[Sequence[Row]]:
        options = {"stream_results": True, "yield_per": at_once}
        found = self._connection.execute(statement.executable, values, execution_options=options)
        with found as rows:
            yield from rows.partitions()


class DriverSession(Session):
    """
    SQLite's driver itself: a look-up there is shorter than SQLAlchemy's way to it.

    Times come as the texts that lie there.
    """

    def __init__(self, driver: Any) -> None:
        self._driver = driver

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open; an error may have ended it."""
        return bool(self._driver.in_transaction)

    def command(self, text: str) -> None:
        """Execute one of SQLite's own commands."""
        self._driver.execute(text)

    def all(self, statement: Statement, values: Values = _NONE) -> Sequence[Row]:
        found: list[Row] = self._driver.execute(
            statement.text, statement.parameters(values)
        ).fetchall()
        return found

    def run(self, statement: Statement, rows: Sequence[Values]) -> None:
        if len(rows) == 1:
            self._driver.execute(statement.text, statement.parameters(rows[0]))
        else:
            self._driver.executemany(statement.text, map(statement.parameters, rows))

    def blocks(self, statement: Statement, values: Values, at_once: int) -> Iterator[Sequence[Row]]:
        with closing(self._driver.cursor()) as cursor:
            cursor.execute(statement.text, statement.parameters(values))
            while rows := cursor.fetchmany(at_once):
                yield rows
