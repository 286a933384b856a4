"""Rows in a stream: many at once, and one by one around those that the driver cannot read."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import chain, islice
from typing import Final, TypeVar

from sqlalchemy import Select

from model_registry.errors import DamagedData
from model_registry_sql.failures import DRIVER_ERRORS, is_unreadable, reason
from model_registry_sql.sessions import Row, Session, Statement, Values

_Thing = TypeVar("_Thing")

_ROWS_AT_ONCE: Final = 500

Block = Sequence[Row | DamagedData]


@contextmanager
def blocks_of(session: Session, statement: Statement, values: Values) -> Iterator[Iterator[Block]]:
    """
    Stream a statement's rows, many at once; it is sent at entering the context.

    A driver that cannot read a row gives none of those that came with it. They are
    then fetched anew, singly, from the same state.

    Args:
        session: in a transaction that sees one state.
        statement: ordered.
        values: what is bound.

    Yields:
        The rows, and in place of each that cannot be read the error that says so.
    """
    blocks = _blocks(session, statement, values)
    with closing(blocks):
        first = list(islice(blocks, 1))
        yield chain(first, blocks)


@contextmanager
def rows_of(
    session: Session, statement: Statement, values: Values
) -> Iterator[Iterator[Row | DamagedData]]:
    """Stream what ``blocks_of`` does row by row."""
    with blocks_of(session, statement, values) as blocks:
        yield chain.from_iterable(blocks)


def understood(row: Row | DamagedData, read: Callable[[Row], _Thing]) -> _Thing:
    """
    Return what a streamed row holds.

    Raises:
        DamagedData: neither the driver nor ``read`` can make anything of it.
    """
    if isinstance(row, DamagedData):
        raise row
    return read(row)


def _blocks(session: Session, statement: Statement, values: Values) -> Generator[Block, None, None]:
    passed, at_once = 0, _ROWS_AT_ONCE
    while True:
        try:
            for rows in session.blocks(_after(statement, passed), values, at_once):
                yield rows
                passed += len(rows)
        except DRIVER_ERRORS as error:
            if not is_unreadable(error):
                raise
            if at_once == 1:
                yield [DamagedData(f"Row {passed + 1} cannot be read: {reason(error)}")]
                passed += 1
            at_once = _ROWS_AT_ONCE if at_once == 1 else 1
        else:
            return


def _after(statement: Statement, passed: int) -> Statement:
    if not passed:
        return statement
    assert isinstance(statement.clause, Select)  # noqa: S101  # for the type checker alone
    return statement.made(statement.clause.offset(passed))
