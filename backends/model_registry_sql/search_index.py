"""The making of the index for searches: what each database has for it, and none where it lacks."""

from __future__ import annotations

import logging
from typing import Final

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError

from model_registry_sql.schema import Place

_log: Final = logging.getLogger("model_registry.sql")

# contentless: what is found is read from the entries, which hold the text already
_FTS5: Final = """
CREATE VIRTUAL TABLE {search} USING fts5(search_text, content='',
    tokenize='trigram case_sensitive 1')
"""

# btree_gin lets one index hold the tenant and the trigrams of the text. The extensions
# are the database's, and may be in a schema that no search path names.
_TRIGRAMS: Final = """
DO $$ DECLARE place text; BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE EXTENSION IF NOT EXISTS btree_gin;
    SELECT quote_ident(nspname) INTO place FROM pg_extension
        JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'pg_trgm';
    EXECUTE 'CREATE INDEX {index} ON {entries}'
        ' USING gin (tenant_id, search_text ' || place || '.gin_trgm_ops)';{otherwise}
END $$
"""

_WARNED: Final = """
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING USING MESSAGE = 'Searches have no index: ' || SQLERRM;"""


def make_search_index(connection: Connection, place: Place) -> bool:
    """
    Make the index that makes searches fast; without it they are as right, and slower.

    SQLite needs its FTS5 (compiled in nearly everywhere), PostgreSQL the extensions
    pg_trgm and btree_gin, which a database may refuse: that is logged.

    Args:
        connection: in the transaction that makes or changes the tables.
        place: of the registry.

    Returns:
        Whether it could be made.
    """
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(_made(place, connection.dialect))
    except DBAPIError as error:
        _log.warning("Searches have no index: %s", str(error.orig).strip().partition("\n")[0])
        return False
    return True


def search_index_sql(place: Place, dialect: Dialect) -> str:
    """Return the SQL that makes the index; PostgreSQL warns where it may not be made."""
    return _made(place, dialect, otherwise=_WARNED)


def _made(place: Place, dialect: Dialect, otherwise: str = "") -> str:
    quote = dialect.identifier_preparer.quote_identifier
    schema = "" if place.schema is None else f"{quote(place.schema)}."
    if dialect.name == "sqlite":
        return _FTS5.format(search=schema + quote(place.table("search"))).strip()
    entries = (schema + quote(place.table("entries"))).replace("'", "''")
    index = quote(place.table("entries_search"))
    return _TRIGRAMS.format(entries=entries, index=index, otherwise=otherwise).strip()
