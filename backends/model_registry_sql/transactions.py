"""The three kinds of transactions that a store needs, in SQLite's and PostgreSQL's ways."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Lock
from typing import Any, Final

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from model_registry.errors import StoreError
from model_registry_sql.schema import Place

_SECONDS_TO_WAIT: Final = 30.0
_TRANSIENT: Final = frozenset({"40001", "40P01"})  # serialization failure, deadlock
_UNIQUE: Final = "23505"
_LOCK_SCHEMA: Final = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


class Transactions(ABC):
    """How a store reads and writes; an engine that was given is left as it is."""

    @abstractmethod
    def reading(self) -> AbstractContextManager[Connection]:
        """Give a connection for one statement."""

    @abstractmethod
    def snapshot(self) -> AbstractContextManager[Connection]:
        """Give a connection that streams one consistent state, the first statement's."""

    @abstractmethod
    def writing(self) -> AbstractContextManager[Connection]:
        """Give a connection whose work is committed at the end, or undone by an error."""

    @abstractmethod
    def lock_schema(self, connection: Connection, place: Place) -> None:
        """Keep others from making the same tables until the transaction ends."""

    @abstractmethod
    def is_collision(self, error: DBAPIError) -> bool:
        """Tell whether somebody else has written a row with the same key."""

    @abstractmethod
    def is_transient(self, error: DBAPIError) -> bool:
        """Tell whether the same transaction may succeed when it is tried again."""


class SqliteTransactions(Transactions):
    """
    SQLite: readers see snapshots, and one writer at a time waits for no reader.

    ``BEGIN`` is sent here, because Python's driver would send it late or not at
    all, and never ``IMMEDIATE``. Writers of this process queue at a lock: the
    database's own waiting is a poll with sleeps of up to 0.1 s.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = Lock()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        if not self._writer.acquire(timeout=_SECONDS_TO_WAIT):
            raise StoreError("Other threads have been writing to the store for too long")
        try:
            with self._transaction("BEGIN IMMEDIATE") as connection:
                yield connection
                connection.commit()
        finally:
            self._writer.release()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            driver: Any = connection.connection.dbapi_connection
            connection.begin()
            if driver.in_transaction:  # a host's own engine may begin by itself
                connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql(begin)
            try:
                yield connection
            finally:
                driver.rollback()  # nothing after a commit; else even if a host skips it

    def lock_schema(self, connection: Connection, place: Place) -> None:
        pass  # BEGIN IMMEDIATE has locked the whole database

    def is_collision(self, error: DBAPIError) -> bool:
        name = getattr(error.orig, "sqlite_errorname", "")
        return name in {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}

    def is_transient(self, error: DBAPIError) -> bool:
        return False


class PostgresqlTransactions(Transactions):
    """PostgreSQL: isolation is set for each transaction, whatever the engine's default is."""

    def __init__(self, engine: Engine) -> None:
        self._reading = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._snapshot = engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._writing = engine.execution_options(isolation_level="READ COMMITTED")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self._reading.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        with self._snapshot.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        with self._writing.connect() as connection:
            yield connection
            connection.commit()

    def lock_schema(self, connection: Connection, place: Place) -> None:
        connection.execute(_LOCK_SCHEMA, {"name": f"{place.schema or ''}.{place.prefix}"})

    def is_collision(self, error: DBAPIError) -> bool:
        return _sqlstate(error) == _UNIQUE

    def is_transient(self, error: DBAPIError) -> bool:
        # with a connection that broke, the server ends what it had not committed
        return error.connection_invalidated or _sqlstate(error) in _TRANSIENT


def _sqlstate(error: DBAPIError) -> str | None:
    orig = error.orig
    return getattr(orig, "sqlstate", None) or getattr(orig, "pgcode", None)


def transactions_of(engine: Engine) -> Transactions:
    """
    Return the transactions for an engine's database.

    Raises:
        StoreError: a store cannot be kept in that kind of database.
    """
    match engine.dialect.name:
        case "sqlite":
            return SqliteTransactions(engine)
        case "postgresql":
            return PostgresqlTransactions(engine)
        case other:
            raise StoreError(f"A registry can be kept in SQLite or PostgreSQL, not in {other}")
