"""The store: inventories and histories in SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeVar

from sqlalchemy import URL, Engine

from model_registry.domain.chain import Head
from model_registry.domain.changes import Change, ChangeEvent, Insert, tells_of_profile
from model_registry.domain.entry import ENTRY_FIELDS, ModelEntry
from model_registry.domain.inventory import Documents, Filter, Page
from model_registry.errors import DamagedData, OutcomeUnknown, StoreError
from model_registry.ports import Store
from model_registry.written import Form
from model_registry_sql.commits import Commits
from model_registry_sql.damage import Damage
from model_registry_sql.engine import open_engine
from model_registry_sql.failures import DRIVER_ERRORS, wrapping, wrapping_a_stores
from model_registry_sql.filters import FilterShape, filter_values
from model_registry_sql.layout import Layout
from model_registry_sql.listings import Columns
from model_registry_sql.pages import Pages
from model_registry_sql.rows import (
    documents_of,
    entry_of,
    event_of,
    head_of,
    recent_entry_of,
    texts_of,
)
from model_registry_sql.schema import DEFAULT_PREFIX, Place
from model_registry_sql.sessions import Row, Session, Statement, Values
from model_registry_sql.sqlite_listings import Found
from model_registry_sql.streams import Block, blocks_of, rows_of, understood
from model_registry_sql.transactions import transactions_of
from model_registry_sql.urls import place_named, shown
from model_registry_sql.versions import ensure

_Thing = TypeVar("_Thing")

_ATTEMPTS: Final = 10
_POOLING: Final = frozenset({"pool", "poolclass", "pool_size", "max_overflow"})
_READ: Final = "The store could not be read"
_WRITTEN: Final = "The store could not be written"
_DOCUMENT: Final[Columns] = ("document",)
_LINE: Final[Columns] = ("line",)
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
        self._set_up(engine, place_named(schema, table_prefix), ours=False)

    def _set_up(self, engine: Engine, place: Place, *, ours: bool, roomy: bool = False) -> None:
        self._engine = engine
        self._owns_engine = ours
        self._closed = False
        self._transactions = transactions_of(engine, roomy=roomy)
        self.embedded = engine.dialect.name == "sqlite"
        shown_url = shown(engine.url, place)
        with wrapping(StoreError, f"The store {shown_url} cannot be opened"):
            searchable = ensure(engine, self._transactions, place, shown_url)
        layout = Layout.of(place, engine.dialect, searchable=searchable)
        self._statements, self._listings = layout.statements, layout.listings
        self._pages = Pages(self._transactions, layout.listings, layout.positions)
        self._commits = Commits(layout.statements, layout.numbers, layout.search)
        self._damage = Damage(layout.statements, layout.search)

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
        store = cls.__new__(cls)
        try:
            store._set_up(engine, place, ours=True, roomy=_POOLING.isdisjoint(options))
        except BaseException:
            engine.dispose()
            raise
        return store

    def commit(self, tenant_id: str, changes: Sequence[Change]) -> tuple[ChangeEvent, ...]:
        if not changes:
            return ()
        # Whether a model_id is free is told by the insert itself; only when it
        # is not, or when it depends on other changes, is it worth a look before.
        sure = all(isinstance(change, Insert) for change in changes)
        sealed: list[tuple[ChangeEvent, ...]] = []

        def job(session: Session) -> tuple[ChangeEvent, ...]:
            events = self._commits.write(session, tenant_id, changes, look=not sure)
            sealed.append(events)
            return events

        for attempt in range(1, _ATTEMPTS + 1):
            sealed.clear()
            try:
                return self._written(job)
            except StoreError as error:
                cause = error.__cause__
                if not isinstance(cause, DRIVER_ERRORS):
                    raise
                broke = getattr(cause, "connection_invalidated", False)
                if sealed and broke and self._stands(sealed[-1]):
                    return sealed[-1]
                if attempt == _ATTEMPTS:
                    raise
                collided = self._transactions.is_collision(cause)
                if not collided and not self._transactions.is_transient(cause):
                    raise
                sure = sure and not collided
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _stands(self, sealed: tuple[ChangeEvent, ...]) -> bool:
        """Find out about a commit to which the answer was lost with the connection."""
        if not sealed:
            return False  # observations may be written again
        try:
            return self._written(partial(self._commits.stands, event=sealed[-1]))
        except StoreError as error:
            raise OutcomeUnknown(f"{_UNKNOWN}: {error}") from error

    def _written(self, job: Callable[[Session], _Thing]) -> _Thing:
        try:
            if not self._closed:
                return self._transactions.write(job)
        except Exception as error:
            with wrapping_a_stores(_WRITTEN):
                raise error
        raise StoreError(f"{_WRITTEN}: it is closed")

    def get(self, tenant_id: str, entry_id: str) -> ModelEntry | None:
        row = self._row(self._statements.get, {"tenant_id": tenant_id, "entry_id": entry_id})
        return None if row is None else recent_entry_of(tuple(row))

    def document(self, tenant_id: str, entry_id: str) -> str | None:
        own = {"tenant_id": tenant_id, "entry_id": entry_id}
        documents = documents_of(self._rows(self._statements.document, own))
        return documents[0] if documents else None

    def find(self, tenant_id: str, model_ids: Collection[str]) -> dict[str, ModelEntry]:
        sought = {"tenant_id": tenant_id, "model_ids": self._statements.among(model_ids)}
        entries = map(entry_of, self._rows(self._statements.find, sought))
        return {entry.model_id: entry for entry in entries}

    def page(self, tenant_id: str, where: Filter, limit: int, offset: int) -> Page:
        total, rows = self._found(tenant_id, where, ENTRY_FIELDS, limit, offset)
        return Page(total, tuple(map(entry_of, rows)))

    def documents(self, tenant_id: str, where: Filter, limit: int, offset: int) -> Documents:
        total, rows = self._found(tenant_id, where, _DOCUMENT, limit, offset)
        return Documents(total, documents_of(rows))

    def _found(
        self, tenant_id: str, where: Filter, columns: Columns, limit: int, offset: int
    ) -> Found:
        with self._open(_READ):
            return self._pages.found(tenant_id, where, columns, limit=limit, offset=offset)

    def scan(self, tenant_id: str, where: Filter) -> AbstractContextManager[Iterator[ModelEntry]]:
        statement = self._listings.scan(FilterShape.of(where), ENTRY_FIELDS)
        return self._streamed(statement, {"tenant_id": tenant_id, **filter_values(where)}, entry_of)

    @contextmanager
    def lines(self, tenant_id: str, where: Filter, form: Form) -> Iterator[Iterator[Sequence[str]]]:
        columns = _LINE if form is Form.CSV else _DOCUMENT
        statement = self._listings.scan(FilterShape.of(where), columns)
        with ExitStack() as held:
            with self._open(_READ):
                session = held.enter_context(self._transactions.snapshot())
                values = {"tenant_id": tenant_id, **filter_values(where)}
                blocks = held.enter_context(blocks_of(session, statement, values))
            yield self._each_block(blocks)

    def _each_block(self, blocks: Iterable[Block]) -> Iterator[Sequence[str]]:
        with wrapping_a_stores(_READ):
            yield from map(texts_of, blocks)

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

    @contextmanager
    def profile_events(
        self, tenant_id: str, entry_id: str | None = None, until: datetime | None = None
    ) -> Iterator[Iterator[ChangeEvent]]:
        statement = self._statements.history(
            of_entry=entry_id is not None, until=until is not None, of_profiles=True
        )
        values = {"tenant_id": tenant_id, "after": 0, "entry_id": entry_id, "until": until}
        with self._streamed(statement, values, event_of) as events:
            yield filter(tells_of_profile, events)

    def events(
        self, tenant_id: str, entry_id: str | None, limit: int, offset: int
    ) -> tuple[ChangeEvent, ...]:
        statements, of_entry = self._statements, entry_id is not None
        page = statements.entry_events_page if of_entry else statements.all_events_page
        part = {"tenant_id": tenant_id, "entry_id": entry_id, "limit": limit, "offset": offset}
        return tuple(map(event_of, self._rows(page, part)))

    def count_events(self, tenant_id: str, entry_id: str | None = None) -> int:
        of_entry = entry_id is not None
        statements = self._statements
        statement = statements.count_entry_events if of_entry else statements.count_events
        ((count,),) = self._rows(statement, {"tenant_id": tenant_id, "entry_id": entry_id})
        return int(count)

    def head(self, tenant_id: str) -> Head:
        row = self._row(self._statements.head, {"tenant_id": tenant_id})
        return Head() if row is None else head_of(row)

    def heads(self, tenant_ids: Collection[str]) -> dict[str, Head]:
        sought = {"tenant_ids": self._statements.among(tenant_ids)}
        found = {row[0]: head_of(row[1:]) for row in self._rows(self._statements.heads, sought)}
        return dict.fromkeys(tenant_ids, Head()) | found

    def tenants(self) -> Sequence[str]:
        return sorted(row[0] for row in self._rows(self._statements.tenants, {}))

    def stored_faults(self, tenant_id: str) -> Iterator[str]:
        with self._open(_READ), self._transactions.snapshot() as session:
            yield from self._damage.faults_of(session, tenant_id)

    def close(self) -> None:
        self._closed = True
        self._transactions.close()
        if self._owns_engine:
            self._engine.dispose()

    def _row(self, statement: Statement, values: Values) -> Row | None:
        rows = self._rows(statement, values)
        return rows[0] if rows else None

    @contextmanager
    def _open(self, what: str) -> Iterator[None]:
        if self._closed:
            raise StoreError(f"{what}: it is closed")
        with wrapping_a_stores(what):
            yield

    def _rows(self, statement: Statement, values: Values) -> Sequence[Row]:
        try:
            if not self._closed:
                return self._transactions.fetch(statement, values)
        except Exception as error:
            with wrapping_a_stores(_READ):
                raise error
        raise StoreError(f"{_READ}: it is closed")

    @contextmanager
    def _streamed(
        self, statement: Statement, values: Values, read: Callable[[Row], _Thing]
    ) -> Iterator[Iterator[_Thing]]:
        with ExitStack() as held:
            with self._open(_READ):
                session = held.enter_context(self._transactions.snapshot())
                rows = held.enter_context(rows_of(session, statement, values))
            yield self._each(rows, read)

    def _each(
        self, rows: Iterable[Row | DamagedData], read: Callable[[Row], _Thing]
    ) -> Iterator[_Thing]:
        with wrapping_a_stores(_READ):
            for row in rows:
                yield understood(row, read)
