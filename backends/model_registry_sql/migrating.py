"""
Bringing a database's schema up to date: look, upgrade, or write the SQL for somebody else.

A server's database is never upgraded by itself: opening a store refuses an
outdated one, and one of these functions is called by a person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from threading import Lock
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import URL, Engine, create_engine

from model_registry.errors import SchemaOutdated, StoreError
from model_registry_sql.engine import kept_in, open_engine
from model_registry_sql.failures import wrapping
from model_registry_sql.schema import Place
from model_registry_sql.transactions import transactions_of
from model_registry_sql.urls import place_named, read_store_url, shown
from model_registry_sql.versions import SchemaCheck, SchemaState, look, upgrading

_SCRIPTS: Final = "model_registry_sql:migrations"
_COMPUTING: Final = frozenset({"0001"})
"""Revisions that are left by computing something for each row, which SQL cannot say."""

_one_at_a_time: Final = Lock()  # Alembic's op and context are global to the process


def check(
    database: str | Engine, *, schema: str | None = None, table_prefix: str | None = None
) -> SchemaCheck:
    """
    Compare a database's schema with the one that this version needs; nothing is changed.

    Args:
        database: a store's URL, or a host's engine, which stays open.
        schema: where the tables are, None for the connection's own schema.
        table_prefix: what every table's name begins with.

    Raises:
        StoreError: the database cannot be reached.
    """
    with _opened(database, schema, table_prefix, _just_connect) as (engine, place):
        if engine.dialect.name == "sqlite" and not _is_there(engine.url):
            return SchemaCheck(SchemaState.ABSENT, None)  # connecting would make the file
        with engine.connect() as connection:
            return look(connection, place)


def upgrade(
    database: str | Engine, *, schema: str | None = None, table_prefix: str | None = None
) -> SchemaCheck:
    """
    Bring a database's schema up to date, all revisions in one transaction.

    Several processes may do this at once: one does the work, the others wait.

    Args:
        database: a store's URL, or a host's engine, which stays open.
        schema: where the tables are, None for the connection's own schema.
        table_prefix: what every table's name begins with.

    Returns:
        How the schema was before.

    Raises:
        SchemaOutdated: the schema cannot be upgraded from what it is.
        StoreError: the database cannot be reached, or refused; nothing was changed.
    """
    with _opened(database, schema, table_prefix) as (engine, place):
        with transactions_of(engine).changing_schema(place) as connection:
            before = look(connection, place)
            if before.state in {SchemaState.UNKNOWN, SchemaState.UNVERSIONED}:
                raise SchemaOutdated(before.explained(shown(engine.url, place)))
            if before.state is not SchemaState.CURRENT:
                _run("head", place, connection=connection)
        return before


def sql(
    url: str,
    *,
    since: str | None = None,
    schema: str | None = None,
    table_prefix: str | None = None,
) -> str:
    """
    Return what ``upgrade`` would do, as SQL for a database administrator; nothing is opened.

    Args:
        url: a store's URL; only its kind and its tables' place matter.
        since: the revision that the database has, None for an empty one.
        schema: where the tables are, None for the connection's own schema.
        table_prefix: what every table's name begins with.

    Raises:
        StoreError: no store can be kept in such a database, no such revision is known,
            or what is stored there must be rewritten, which only ``upgrade`` can do.
    """
    database, place = read_store_url(url, schema, table_prefix)
    dialect = kept_in(database)
    if since in _COMPUTING:
        raise StoreError(
            f"From revision {since} on, texts are computed for every entry, which no SQL can do; "
            f"run, with an account that may alter tables: {upgrading(shown(database, place))}"
        )
    written = StringIO()
    _run(f"{since}:head" if since else "head", place, written, dialect=dialect)
    return written.getvalue()


def _run(revisions: str, place: Place, written: StringIO | None = None, **given: Any) -> None:
    config = Config(output_buffer=written)
    config.set_main_option("script_location", _SCRIPTS)
    config.attributes.update(given, place=place)
    with _one_at_a_time:
        try:
            command.upgrade(config, revisions, sql=written is not None)
        except CommandError as error:
            raise StoreError(f"The schema cannot be upgraded: {error}") from error


def _just_connect(url: URL) -> Engine:
    """Open an engine that sets nothing up."""
    kept_in(url)
    return create_engine(url)


def _is_there(url: URL) -> bool:
    name = url.database or ""
    return name.startswith("file:") or Path(name).is_file()


@contextmanager
def _opened(
    database: str | Engine,
    schema: str | None,
    table_prefix: str | None,
    make_engine: Callable[[URL], Engine] = open_engine,
) -> Iterator[tuple[Engine, Place]]:
    if isinstance(database, str):
        url, place = read_store_url(database, schema, table_prefix)
        what = f"The schema of {shown(url, place)} cannot be worked on"
        with wrapping(StoreError, what):
            engine = make_engine(url)
    else:
        engine, place = database, place_named(schema, table_prefix)
        what = f"The schema of {shown(engine.url, place)} cannot be worked on"
    try:
        with wrapping(StoreError, what):
            yield engine, place
    finally:
        if isinstance(database, str):
            engine.dispose()
