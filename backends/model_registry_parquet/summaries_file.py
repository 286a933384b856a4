"""The SQLite file that summaries are kept in: made, recognised, and renewed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from model_registry.errors import RequestLogError
from model_registry_parquet.faults import in_a_line
from model_registry_parquet.summaries import Summaries

_APPLICATION: Final = 0x4D525355
_VERSION: Final = 1
_PATIENCE: Final = 60.0
_TABLES: Final = """
CREATE TABLE files (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    log TEXT NOT NULL,
    path TEXT NOT NULL,
    folders TEXT NOT NULL,
    size INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    inode TEXT NOT NULL,
    settled INTEGER NOT NULL,
    fit INTEGER NOT NULL,
    draft INTEGER NOT NULL,
    UNIQUE (log, path, folders, draft)
);
CREATE TABLE parts (
    id INTEGER PRIMARY KEY,
    file INTEGER NOT NULL REFERENCES files ON DELETE CASCADE,
    number INTEGER NOT NULL,
    last INTEGER NOT NULL,
    row_count INTEGER NOT NULL,
    broken INTEGER NOT NULL,
    examples TEXT NOT NULL,
    ending INTEGER,
    seal BLOB NOT NULL,
    UNIQUE (file, number)
);
CREATE TABLE shares (
    part INTEGER NOT NULL REFERENCES parts ON DELETE CASCADE,
    tenant TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    broken INTEGER NOT NULL,
    examples TEXT NOT NULL,
    totals BLOB NOT NULL,
    requests BLOB NOT NULL,
    UNIQUE (part, tenant)
);
"""


@contextmanager
def opened(path: Path, log: str) -> Iterator[Summaries]:
    """
    Open a file of summaries; it is made if it is not there.

    Args:
        path: where it is.
        log: which log and form of row the summaries are of.

    Raises:
        RequestLogError: it cannot be used, or is something else.
    """
    try:
        with closing(sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)) as connection:
            _prepare(connection, path)
            yield Summaries(connection, log)
    except sqlite3.Error as error:
        raise RequestLogError(
            f"The summaries {path} cannot be used: {in_a_line(error)}; "
            "what is in them can be read anew, so the file may be deleted"
        ) from error


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")
    state = _state(connection)
    if state == (_APPLICATION, _VERSION):
        return
    if state[0] == 0 and not connection.execute("SELECT 1 FROM sqlite_schema").fetchone():
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    if _state(connection) != (_APPLICATION, _VERSION):  # nobody else was faster
        names = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        if names and _state(connection)[0] != _APPLICATION:
            raise RequestLogError(f"{path} is a database, but none of summaries; name another file")
        for name in ("shares", "parts", "files"):
            connection.execute(f"DROP TABLE IF EXISTS {name}")
        for statement in filter(str.strip, _TABLES.split(";")):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        connection.execute(f"PRAGMA user_version = {_VERSION}")
    connection.execute("COMMIT")


def _state(connection: sqlite3.Connection) -> tuple[int, int]:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return application, version
