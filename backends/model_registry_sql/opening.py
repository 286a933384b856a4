"""The store that a URL names."""

from __future__ import annotations

from typing import Any

from model_registry_sql.store import SqlStore
from model_registry_sql.urls import read_store_url


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
