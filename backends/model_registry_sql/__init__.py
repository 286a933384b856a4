"""The SQL backend: stores in SQLite and PostgreSQL, request logs in any SQL database."""

from model_registry_sql.opening import open_store
from model_registry_sql.request_log import SqlRequestLog, open_request_log
from model_registry_sql.schema import include_name
from model_registry_sql.store import SqlStore

__all__ = ["SqlRequestLog", "SqlStore", "include_name", "open_request_log", "open_store"]
