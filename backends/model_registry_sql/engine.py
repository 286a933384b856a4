"""Engines that the library opens itself, and how they are set up."""

from __future__ import annotations

import time
from typing import Any, Final

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.exc import OperationalError

from model_registry.errors import StoreError
from model_registry_sql.failures import wrapping
from model_registry_sql.urls import dialect_of, shown

_BUSY_SECONDS: Final = 30
_CONNECT_SECONDS: Final = 10
_WAL_ATTEMPTS: Final = 200
_DISCREET: Final = {"hide_parameters": True}  # no descriptions in errors and logs


def open_engine(url: URL, **options: Any) -> Engine:
    """
    Open an engine for a store, durable and safe with many threads and processes.

    Args:
        url: the database, without our own query parameters.
        options: for SQLAlchemy's ``create_engine``; they go before ours.

    Raises:
        StoreError: no store can be kept there, or it cannot be opened.
    """
    with wrapping(StoreError, f"The store {shown(url)} cannot be opened"):
        return _sqlite(url, options) if kept_in(url) == "sqlite" else _postgresql(url, options)


def kept_in(url: URL) -> str:
    """
    Return ``sqlite`` or ``postgresql``.

    Raises:
        StoreError: a store cannot be kept in that kind of database.
    """
    dialect = dialect_of(url)
    if dialect not in {"sqlite", "postgresql"}:
        raise StoreError(f"A registry can be kept in SQLite or PostgreSQL, not in {dialect}")
    return dialect


def _sqlite(url: URL, options: dict[str, Any]) -> Engine:
    in_memory = url.database in {None, "", ":memory:"} or url.query.get("mode") == "memory"
    if in_memory or ":memory:" in (url.database or ""):
        raise StoreError(
            "A SQLite database in memory would be another one in every thread; "
            "write memory://, or name a file: sqlite:///registry.db"
        )
    connect_args = {"timeout": _BUSY_SECONDS, **options.pop("connect_args", {})}
    settings = {"pool_size": 10, "max_overflow": 50, **_DISCREET, **options}
    engine = create_engine(url, connect_args=connect_args, **settings)
    event.listen(engine, "connect", _set_up_sqlite)
    try:
        _use_wal(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _set_up_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # we begin transactions ourselves
    connection.execute("PRAGMA synchronous = FULL")  # in WAL mode: on disk at commit


def _use_wal(engine: Engine) -> None:
    """Switch the file to WAL, for good; the switch does not wait for others by itself."""
    for attempt in range(_WAL_ATTEMPTS):
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")
            return
        except OperationalError as error:
            busy = getattr(error.orig, "sqlite_errorname", "").startswith("SQLITE_BUSY")
            if not busy or attempt == _WAL_ATTEMPTS - 1:
                raise
            time.sleep(0.05)


def _postgresql(url: URL, options: dict[str, Any]) -> Engine:
    connect_args = {"connect_timeout": _CONNECT_SECONDS, **options.pop("connect_args", {})}
    if "connect_timeout" in url.query:
        del connect_args["connect_timeout"]
    pool = {"pool_size": 10, "max_overflow": 10, "pool_pre_ping": True}
    settings = {**pool, **_DISCREET, **options}
    return create_engine(url, connect_args=connect_args, **settings)
