"""Rows in a stream: many at once, and one by one around those that the driver cannot read."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from itertools import chain, islice
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Row, Select
from sqlalchemy.exc import DBAPIError

from model_registry.errors import DamagedData
from model_registry_sql.failures import is_unreadable, reason

_Thing = TypeVar("_Thing")

_ROWS_AT_ONCE: Final = 500


@contextmanager
def rows_of(
    connection: Connection, statement: Select[Any], values: dict[str, Any]
) -> Iterator[Iterator[Row[Any] | DamagedData]]:
    """
    Stream a statement's rows; it is sent at entering the context.

    A driver that cannot read a row gives none of those that came with it. They are
    then fetched anew, singly, from the same state.

    Args:
        connection: in a transaction that sees one state.
        statement: ordered.
        values: what is bound.

    Yields:
        The rows, and in place of each that cannot be read the error that says so.
    """
    rows = _rows(connection, statement, values)
    with closing(rows):
        first = list(islice(rows, 1))
        yield chain(first, rows)


def understood(row: Row[Any] | DamagedData, read: Callable[[Row[Any]], _Thing]) -> _Thing:
    """
    Return what a streamed row holds.

    Raises:
        DamagedData: neither the driver nor ``read`` can make anything of it.
    """
    if isinstance(row, DamagedData):
        raise row
    return read(row)


def _rows(
    connection: Connection, statement: Select[Any], values: dict[str, Any]
) -> Generator[Row[Any] | DamagedData, None, None]:
    passed, at_once = 0, _ROWS_AT_ONCE
    while True:
        options = {"stream_results": True, "yield_per": at_once}
        rest = statement.offset(passed) if passed else statement
        try:
            with connection.execute(rest, values, execution_options=options) as rows:
                for row in rows:
                    yield row
                    passed += 1
        except DBAPIError as error:
            if not is_unreadable(error):
                raise
            if at_once == 1:
                yield DamagedData(f"Row {passed + 1} cannot be read: {reason(error)}")
                passed += 1
            at_once = _ROWS_AT_ONCE if at_once == 1 else 1
        else:
            return
