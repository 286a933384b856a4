"""The kinds of transactions that a store needs, in SQLite's and PostgreSQL's ways."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, text

from model_registry.errors import StoreError
from model_registry_sql.failures import raised_by_driver
from model_registry_sql.group_commit import GroupCommit
from model_registry_sql.schema import Place
from model_registry_sql.sessions import (
    AlchemySession,
    DriverSession,
    Row,
    Session,
    Statement,
    Values,
)

_Answer = TypeVar("_Answer")

_IDLE_KEPT: Final = 10
_TRANSIENT: Final = frozenset({"40001", "40P01"})  # serialization failure, deadlock
_UNIQUE: Final = "23505"
_LOCK_SCHEMA: Final = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


class Transactions(ABC):
    """How a store reads and writes; an engine that was given is left as it is."""

    @abstractmethod
    def fetch(self, statement: Statement, values: Values) -> Sequence[Row]:
        """Execute one statement by itself and return all its rows."""

    @abstractmethod
    def snapshot(self) -> AbstractContextManager[Session]:
        """Give a session that sees one consistent state, the first statement's."""

    @abstractmethod
    def write(self, job: Callable[[Session], _Answer]) -> _Answer:
        """
        Do a job in a transaction that is committed, or undone if the job raises.

        The job may run in another thread, which waits for it no more than this one.
        """

    @abstractmethod
    def changing_schema(self, place: Place) -> AbstractContextManager[Connection]:
        """Give a connection, and keep others from changing the same tables meanwhile."""

    @abstractmethod
    def is_collision(self, error: BaseException) -> bool:
        """Tell whether somebody else has written a row with the same key."""

    @abstractmethod
    def is_transient(self, error: BaseException) -> bool:
        """Tell whether the same transaction may succeed when it is tried again."""

    def close(self) -> None:  # noqa: B027  # most hold nothing
        """Give back what is held of the engine."""


class SqliteTransactions(Transactions):
    """
    SQLite: readers see snapshots, and one writer at a time waits for no reader.

    ``BEGIN`` and what ends it are sent here, because Python's driver would send
    them late or not at all. Writers of this process are written as groups.

    Args:
        engine: of the database.
        roomy: whether a few connections may be kept out of the engine's pool, and
            nobody waits there for one of them.
    """

    def __init__(self, engine: Engine, *, roomy: bool) -> None:
        self._engine = engine
        self._most_idle = _IDLE_KEPT if roomy else 0
        self._idle: list[Any] = []
        self._group = GroupCommit(self._writing)

    def fetch(self, statement: Statement, values: Values) -> Sequence[Row]:
        pooled = self._borrow()
        try:
            rows: Sequence[Row] = pooled.dbapi_connection.execute(
                statement.text, statement.parameters(values)
            ).fetchall()
        except BaseException:
            self._drop(pooled)
            raise
        self._give_back(pooled)
        return rows

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        with self._borrowed() as driver:
            driver.execute("BEGIN")
            yield DriverSession(driver)

    def write(self, job: Callable[[Session], _Answer]) -> _Answer:
        return self._group.write(job)

    @contextmanager
    def changing_schema(self, place: Place) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            driver: Any = connection.connection.dbapi_connection
            connection.begin()
            _undo(driver)  # a host's own engine may begin by itself
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield connection
                driver.execute("COMMIT")
            finally:
                _leave(driver)  # even if a host skips it
            connection.commit()  # nothing any more, but SQLAlchemy is to know

    @contextmanager
    def _writing(self) -> Iterator[DriverSession]:
        with self._borrowed() as driver:
            driver.execute("BEGIN IMMEDIATE")
            yield DriverSession(driver)
            driver.execute("COMMIT")

    @contextmanager
    def _borrowed(self) -> Iterator[Any]:
        pooled = self._borrow()
        try:
            yield pooled.dbapi_connection
        except BaseException:
            self._drop(pooled)
            raise
        self._give_back(pooled)

    def _borrow(self) -> Any:
        try:
            return self._idle.pop()
        except IndexError:
            pooled: Any = self._engine.raw_connection()
            _undo(pooled.dbapi_connection)  # likewise
            return pooled

    def _give_back(self, pooled: Any) -> None:
        if len(self._idle) < self._most_idle:
            _undo(pooled.dbapi_connection)
            self._idle.append(pooled)
        else:
            self._drop(pooled)

    def _drop(self, pooled: Any) -> None:
        """Undo what was begun, even if a host's pool would not."""
        try:
            _leave(pooled.dbapi_connection)
        finally:
            pooled.close()

    def is_collision(self, error: BaseException) -> bool:
        name = getattr(raised_by_driver(error), "sqlite_errorname", "")
        return name in {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}

    def is_transient(self, error: BaseException) -> bool:
        return False

    def close(self) -> None:
        self._most_idle = 0  # those that are in use go back to the engine later
        with suppress(IndexError):
            while True:
                self._idle.pop().close()


def _undo(driver: Any) -> None:
    """Roll back, in SQL: what the driver's own methods do is a host's setting."""
    if driver.in_transaction:
        driver.execute("ROLLBACK")


def _leave(driver: Any) -> None:
    """Roll back; a driver that is in a transaction at all times (PEP 249) is left in one."""
    _undo(driver)
    if getattr(driver, "autocommit", None) is False:
        driver.execute("BEGIN")


class PostgresqlTransactions(Transactions):
    """PostgreSQL: isolation is set for each transaction, whatever the engine's default is."""

    def __init__(self, engine: Engine) -> None:
        self._reading = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._snapshot = engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._writing = engine.execution_options(isolation_level="READ COMMITTED")

    def fetch(self, statement: Statement, values: Values) -> Sequence[Row]:
        with self._reading.connect() as connection:
            return AlchemySession(connection).all(statement, values)

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        with self._snapshot.connect() as connection:
            yield AlchemySession(connection)

    def write(self, job: Callable[[Session], _Answer]) -> _Answer:
        with self._writing.connect() as connection:
            answer = job(AlchemySession(connection))
            connection.commit()
        return answer

    @contextmanager
    def changing_schema(self, place: Place) -> Iterator[Connection]:
        with self._writing.connect() as connection:
            connection.execute(_LOCK_SCHEMA, {"name": f"{place.schema or ''}.{place.prefix}"})
            yield connection
            connection.commit()

    def is_collision(self, error: BaseException) -> bool:
        return _sqlstate(error) == _UNIQUE

    def is_transient(self, error: BaseException) -> bool:
        # with a connection that broke, the server ends what it had not committed
        broken = getattr(error, "connection_invalidated", False)
        return bool(broken) or _sqlstate(error) in _TRANSIENT


def _sqlstate(error: BaseException) -> str | None:
    orig = raised_by_driver(error)
    return getattr(orig, "sqlstate", None) or getattr(orig, "pgcode", None)


def transactions_of(engine: Engine, *, roomy: bool = False) -> Transactions:
    """
    Return the transactions for an engine's database.

    Args:
        engine: of the database.
        roomy: whether its pool is ours alone and has more connections than threads need.

    Raises:
        StoreError: a store cannot be kept in that kind of database.
    """
    match engine.dialect.name:
        case "sqlite":
            return SqliteTransactions(engine, roomy=roomy)
        case "postgresql":
            return PostgresqlTransactions(engine)
        case other:
            raise StoreError(f"A registry can be kept in SQLite or PostgreSQL, not in {other}")
