"""A driver's errors as the library's own: none of them crosses a port."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy.exc import DataError, DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from model_registry.errors import DamagedData, RegistryError, StoreError

DRIVER_ERRORS: Final = (DBAPIError, sqlite3.Error)
"""What a driver raises, through SQLAlchemy or by itself."""

_SQLITE_ADVICE: Final = {
    "SQLITE_FULL": "the disk is full",
    "SQLITE_IOERR": "the disk refuses to read or write",
    "SQLITE_BUSY": "other processes have been writing to it for too long",
    "SQLITE_READONLY": "it may not be written",
    "SQLITE_CANTOPEN": "the file cannot be opened; its folder must exist and be writable",
    "SQLITE_NOTADB": "the file is not a SQLite database",
    "SQLITE_CORRUPT": "the file is damaged",
}


@contextmanager
def wrapping(kind: type[RegistryError], what: str) -> Iterator[None]:
    """
    Raise a library's error in place of a driver's, with that one as the cause.

    Args:
        kind: the error to raise.
        what: what failed, as the beginning of a sentence.
    """
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, ModuleNotFoundError) as error:
        raise kind(f"{what}: {reason(error)}") from error


@contextmanager
def wrapping_a_stores(what: str) -> Iterator[None]:
    """
    Wrap a driver's errors in ``StoreError``, and in ``DamagedData`` what it cannot read.

    Args:
        what: what failed, as the beginning of a sentence.
    """
    with wrapping(StoreError, what):
        try:
            yield
        except DRIVER_ERRORS as error:
            if is_unreadable(error):
                raise DamagedData(f"{what}: {reason(error)}") from error
            raise


def is_unreadable(error: Exception) -> bool:
    """
    Tell whether a driver was given a value that it can make nothing of.

    Bytes that are no UTF-8 in SQLite, an infinite time in PostgreSQL: the database
    itself sees no fault in them, so that it is the driver's own error.
    """
    orig = raised_by_driver(error)
    if isinstance(orig, sqlite3.OperationalError):
        return getattr(orig, "sqlite_errorname", None) is None
    return isinstance(error, DataError) and getattr(orig, "sqlstate", None) is None


def raised_by_driver(error: BaseException) -> Any:
    """Return the driver's own error."""
    return error.orig if isinstance(error, DBAPIError) else error


def reason(error: BaseException) -> str:
    """Return a driver's error as one line for people, without the SQL."""
    if isinstance(error, PoolTimeout):
        return "all its connections are in use"
    if isinstance(error, ModuleNotFoundError):
        extra = "model-risk-registry[postgres]" if error.name == "psycopg" else error.name
        return f"the package {error.name!r} is not installed; run: pip install '{extra}'"
    orig = raised_by_driver(error)
    name = getattr(orig, "sqlite_errorname", None) or ""
    for code, advice in _SQLITE_ADVICE.items():
        if name.startswith(code):
            return advice
    lines = [line.strip() for line in str(orig).splitlines() if line.strip()]
    return "; ".join(lines[:2]) or type(orig).__name__
