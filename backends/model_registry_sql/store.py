"""The store: inventories and histories in SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import URL, Engine, Executable, Row, Select
from sqlalchemy.exc import DBAPIError

from model_registry.domain.chain import Head
from model_registry.domain.changes import Change, ChangeEvent, Insert
from model_registry.domain.entry import ModelEntry
from model_registry.domain.inventory import Filter, Page
from model_registry.errors import DamagedData, OutcomeUnknown, StoreError
from model_registry.ports import Store
from model_registry_sql.commits import stands, write
from model_registry_sql.damage import faults_of
from model_registry_sql.engine import open_engine
from model_registry_sql.failures import wrapping, wrapping_a_stores
from model_registry_sql.rows import entry_of, event_of, head_of
from model_registry_sql.schema import DEFAULT_PREFIX, Place, Tables
from model_registry_sql.statements import FilterShape, Statements, filter_values
from model_registry_sql.streams import rows_of, understood
from model_registry_sql.transactions import transactions_of
from model_registry_sql.urls import place_named, read_store_url, shown
from model_registry_sql.versions import ensure

_Thing = TypeVar("_Thing")

_ATTEMPTS: Final = 10
_READ: Final = "The store could not be read"
_WRITTEN: Final = "The store could not be written"
_UNKNOWN: Final = "The connection broke at a commit, and it is not known whether it was written"


class SqlStore(Store):
    """
    A store in a database that the host has an engine for.

    The engine stays the host's: it is never disposed, and gets no listeners and
    no other settings; on SQLite its pragmas decide how durable a commit is.
    Processes that fork open their stores afterwards: a connection cannot be
    shared with a child.

    Args:
        engine: for SQLite, or for PostgreSQL (psycopg 3).
        schema: where the tables are, None for the connection's own schema.
        table_prefix: what every table's name begins with.

    Raises:
        SchemaOutdated: the tables there are not those that this version needs.
        StoreError: the database cannot be reached, or cannot hold a registry.
    """

    def __init__(
        self, engine: Engine, schema: str | None = None, table_prefix: str = DEFAULT_PREFIX
    ) -> None:
        place = place_named(schema, table_prefix)
        self._engine = engine
        self._owns_engine = False
        self._closed = False
        self._transactions = transactions_of(engine)
        tables = Tables.at(place)
        self._statements = Statements(tables, engine.dialect.name)
        shown_url = shown(engine.url, place)
        with wrapping(StoreError, f"The store {shown_url} cannot be opened"):
            ensure(self._transactions, place, tables, shown_url)

    @classmethod
    def open(cls, url: URL, place: Place, **options: Any) -> SqlStore:
        """
        Open a store on an engine of its own, which closing it disposes.

        Args:
            url: the database.
            place: where in it the tables are.
            options: for SQLAlchemy's ``create_engine``.
        """
        engine = open_engine(url, **options)
        try:
            store = cls(engine, place.schema, place.prefix)
        except BaseException:
            engine.dispose()
            raise
        store._owns_engine = True
        return store

    def commit(self, tenant_id: str, changes: Sequence[Change]) -> tuple[ChangeEvent, ...]:
        if not changes:
            return ()
        # Whether a model_id is free is told by the insert itself; only when it
        # is not, or when it depends on other changes, is it worth a look before.
        sure = all(isinstance(change, Insert) for change in changes)
        for attempt in range(1, _ATTEMPTS + 1):
            sealed = None
            try:
                with self._open(_WRITTEN), self._transactions.writing() as connection:
                    sealed = write(connection, self._statements, tenant_id, changes, look=not sure)
            except StoreError as error:
                cause = error.__cause__
                if not isinstance(cause, DBAPIError):
                    raise
                if sealed and cause.connection_invalidated and self._stands(sealed):
                    return sealed
                if attempt == _ATTEMPTS:
                    raise
                collided = self._transactions.is_collision(cause)
                if not collided and not self._transactions.is_transient(cause):
                    raise
                sure = sure and not collided
            else:
                return sealed
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _stands(self, sealed: tuple[ChangeEvent, ...]) -> bool:
        """Find out about a commit to which the answer was lost with the connection."""
        try:
            with self._open(_WRITTEN), self._transactions.writing() as connection:
                return stands(connection, self._statements, sealed[-1])
        except StoreError as error:
            raise OutcomeUnknown(f"{_UNKNOWN}: {error}") from error

    def get(self, tenant_id: str, entry_id: str) -> ModelEntry | None:
        rows = self._rows(self._statements.get, {"tenant_id": tenant_id, "entry_id": entry_id})
        return entry_of(rows[0]) if rows else None

    def find(self, tenant_id: str, model_ids: Collection[str]) -> dict[str, ModelEntry]:
        sought = {"tenant_id": tenant_id, "model_ids": self._statements.among(model_ids)}
        return {row.model_id: entry_of(row) for row in self._rows(self._statements.find, sought)}

    def page(self, tenant_id: str, where: Filter, limit: int, offset: int) -> Page:
        statement = self._statements.page(FilterShape.of(where))
        values = {"tenant_id": tenant_id, "limit": limit, "offset": offset, **filter_values(where)}
        rows = self._rows(statement, values)
        return Page(rows[0].total, tuple(entry_of(row) for row in rows if row.id is not None))

    def scan(self, tenant_id: str, where: Filter) -> AbstractContextManager[Iterator[ModelEntry]]:
        statement = self._statements.scan(FilterShape.of(where))
        return self._streamed(statement, {"tenant_id": tenant_id, **filter_values(where)}, entry_of)

    def history(
        self,
        tenant_id: str,
        entry_id: str | None = None,
        after: int = 0,
        until: datetime | None = None,
    ) -> AbstractContextManager[Iterator[ChangeEvent]]:
        statement = self._statements.history(of_entry=entry_id is not None, until=until is not None)
        values = {"tenant_id": tenant_id, "after": after, "entry_id": entry_id, "until": until}
        return self._streamed(statement, values, event_of)

    def count_events(self, tenant_id: str, entry_id: str | None = None) -> int:
        of_entry = entry_id is not None
        statements = self._statements
        statement = statements.count_entry_events if of_entry else statements.count_events
        ((count,),) = self._rows(statement, {"tenant_id": tenant_id, "entry_id": entry_id})
        return int(count)

    def head(self, tenant_id: str) -> Head:
        rows = self._rows(self._statements.head, {"tenant_id": tenant_id})
        return head_of(rows[0]) if rows else Head()

    def heads(self, tenant_ids: Collection[str]) -> dict[str, Head]:
        sought = {"tenant_ids": self._statements.among(tenant_ids)}
        rows = self._rows(self._statements.heads, sought)
        return dict.fromkeys(tenant_ids, Head()) | {row.tenant_id: head_of(row) for row in rows}

    def stored_faults(self, tenant_id: str) -> Iterator[str]:
        with self._open(_READ), self._transactions.snapshot() as connection:
            yield from faults_of(connection, self._statements, tenant_id)

    def close(self) -> None:
        self._closed = True
        if self._owns_engine:
            self._engine.dispose()

    @contextmanager
    def _open(self, what: str) -> Iterator[None]:
        if self._closed:
            raise StoreError(f"{what}: it is closed")
        with wrapping_a_stores(what):
            yield

    def _rows(self, statement: Executable, values: dict[str, Any]) -> Sequence[Row[Any]]:
        with self._open(_READ), self._transactions.reading() as connection:
            return connection.execute(statement, values).all()

    @contextmanager
    def _streamed(
        self, statement: Select[Any], values: dict[str, Any], read: Callable[[Row[Any]], _Thing]
    ) -> Iterator[Iterator[_Thing]]:
        with ExitStack() as held:
            with self._open(_READ):
                connection = held.enter_context(self._transactions.snapshot())
                rows = held.enter_context(rows_of(connection, statement, values))
            yield self._each(rows, read)

    def _each(
        self, rows: Iterable[Row[Any] | DamagedData], read: Callable[[Row[Any]], _Thing]
    ) -> Iterator[_Thing]:
        with wrapping_a_stores(_READ):
            for row in rows:
                yield understood(row, read)


def open_store(
    url: str, *, schema: str | None = None, table_prefix: str | None = None, **options: Any
) -> SqlStore:
    """
    Open a store in the database that a URL names; a fresh database is set up.

    Args:
        url: ``sqlite:///file.db``, ``sqlite:////absolute/file.db``, or
            ``postgresql+psycopg://user@host/database``; may say ``schema`` and
            ``table_prefix`` in its query.
        schema: where the tables are, None for the connection's own schema.
        table_prefix: what every table's name begins with.
        options: for SQLAlchemy's ``create_engine``.

    Raises:
        SchemaOutdated: the tables there are not those that this version needs.
        StoreError: the URL names no database, or the store cannot be opened.
    """
    database, place = read_store_url(url, schema, table_prefix)
    return SqlStore.open(database, place, **options)
