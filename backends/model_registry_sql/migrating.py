"""
Bringing a database's schema up to date: look, upgrade, or write the SQL for somebody else.

A server's database is never upgraded by itself: opening a store refuses an
outdated one, and one of these functions is called by a person.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from threading import Lock
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Engine

from model_registry.errors import SchemaOutdated, StoreError
from model_registry_sql.engine import open_engine
from model_registry_sql.failures import wrapping
from model_registry_sql.schema import Place
from model_registry_sql.transactions import transactions_of
from model_registry_sql.urls import dialect_of, place_named, read_store_url, shown
from model_registry_sql.versions import SchemaCheck, SchemaState, look

_SCRIPTS: Final = "model_registry_sql:migrations"
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
    with (
        _opened(database, schema, table_prefix) as (engine, place),
        transactions_of(engine).reading() as connection,
    ):
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
        transactions = transactions_of(engine)
        with transactions.writing() as connection:
            transactions.lock_schema(connection, place)
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
        StoreError: no store can be kept in such a database, or no such revision is known.
    """
    database, place = read_store_url(url, schema, table_prefix)
    dialect = dialect_of(database)
    if dialect not in {"sqlite", "postgresql"}:
        raise StoreError(f"A registry can be kept in SQLite or PostgreSQL, not in {dialect}")
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


@contextmanager
def _opened(
    database: str | Engine, schema: str | None, table_prefix: str | None
) -> Iterator[tuple[Engine, Place]]:
    if isinstance(database, str):
        url, place = read_store_url(database, schema, table_prefix)
        engine = open_engine(url)
    else:
        engine, place = database, place_named(schema, table_prefix)
    try:
        with wrapping(StoreError, f"The schema of {shown(engine.url, place)} cannot be worked on"):
            yield engine, place
    finally:
        if isinstance(database, str):
            engine.dispose()
