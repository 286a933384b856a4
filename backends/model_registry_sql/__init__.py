"""The SQL backend: stores in SQLite and PostgreSQL, request logs in any SQL database."""

from model_registry_sql.schema import include_name
from model_registry_sql.store import SqlStore, open_store

__all__ = ["SqlStore", "include_name", "open_store"]
