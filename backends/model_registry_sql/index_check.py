"""Whether SQLite's index for searches holds what the entries say, and nothing else."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from typing import Final

from sqlalchemy import Dialect, Integer, Text, bindparam, column, func, select
from sqlalchemy.sql import ClauseElement

from model_registry.errors import DamagedData
from model_registry_sql.filters import SHORTEST_INDEXED, as_indexed, quoted
from model_registry_sql.numbers import Numbers
from model_registry_sql.schema import Tables
from model_registry_sql.sessions import Session, Statement
from model_registry_sql.streams import rows_of

_CHARACTERS_AT_ONCE: Final = 500_000
_OTHERWISE: Final = "the index for searches does not hold what the entries say"


class IndexCheck:
    """
    The search for damage in the index.

    What a search asks the index is which texts have three characters. So that is asked
    here of all that the tenant's texts have, many texts at once.

    Args:
        tables: whose index.
        dialect: SQLite's.
        most_waiting: how many of a tenant's entries may be not in it yet.
    """

    def __init__(self, tables: Tables, dialect: Dialect, most_waiting: int) -> None:
        def made(clause: ClauseElement) -> Statement:
            return Statement(clause, dialect)

        self._numbers = Numbers(tables, dialect)
        self._most_waiting = most_waiting
        entry, search, indexed = tables.entries.c, tables.search, tables.indexed.c.id
        span = (bindparam("low", type_=Integer), bindparam("high", type_=Integer))
        count = select(func.count())
        in_span = count.where(entry.number.between(*span))
        own = entry.tenant_id == bindparam("tenant_id")
        self._outside = made(count.where(own, ~entry.number.between(*span)))
        self._entries = made(in_span)
        self._indexed = made(select(func.count(), func.max(indexed)).where(indexed.between(*span)))
        self._all_indexed = made(count.select_from(tables.indexed))
        records = tables.index_records.c
        self._told = made(select(records.block).where(records.id == 1))
        texts = select(entry.number, entry.search_text).where(entry.number.between(*span))
        self._texts = made(texts.order_by(entry.number))
        sought = func.json_each(bindparam("sought", type_=Text)).table_valued(
            column("value", Text), name="sought"
        )
        match = search.c[search.name].op("MATCH", is_comparison=True)(sought.c.value)
        found = select(func.count(), func.coalesce(func.sum(search.c.rowid), 0))
        self._found = made(
            found.select_from(sought, search).where(match, search.c.rowid.between(*span))
        )

    def faults(self, session: Session, tenant_id: str) -> Iterator[str]:
        """
        Tell of what is otherwise than the store leaves it.

        Args:
            session: in a transaction that sees one state.
            tenant_id: whose part of the index.
        """
        own = self._numbers.range(session, tenant_id)
        if own is None:
            return
        low, high = own
        span = {"low": low, "high": high}
        ((outside,),) = session.all(self._outside, {**span, "tenant_id": tenant_id})
        if outside:
            yield f"{outside} entries are not among the tenant's others"
        ((indexed, last),) = session.all(self._indexed, span)
        last = low - 1 if last is None else last
        ((waiting,),) = session.all(self._entries, {"low": last + 1, "high": high})
        if waiting >= self._most_waiting:
            yield f"the index for searches lacks {waiting} entries"
        ((all_indexed,),) = session.all(self._all_indexed)
        told = session.one(self._told)
        if told is None or _first_number(told[0]) != all_indexed:
            yield "the index for searches was given other texts than it says"
        try:
            if not self._agrees(session, low, last, indexed):
                yield _OTHERWISE
        except sqlite3.DatabaseError as error:
            if not getattr(error, "sqlite_errorname", "").startswith("SQLITE_CORRUPT"):
                raise
            yield "the index for searches is damaged"

    def _agrees(self, session: Session, low: int, last: int, indexed: int) -> bool:
        """Hold the texts up to the last one in the index against it, some at once."""
        texts, occurrences, characters = 0, _Occurrences(), 0
        with rows_of(session, self._texts, {"low": low, "high": last}) as rows:
            for row in rows:
                if isinstance(row, DamagedData) or not isinstance(row[1], str):
                    return False
                number, text = row
                texts += 1
                occurrences.add(number, text)
                characters += len(text)
                if characters >= _CHARACTERS_AT_ONCE:
                    if not self._holds(session, occurrences, low, number):
                        return False
                    low, occurrences, characters = number + 1, _Occurrences(), 0
        return texts == indexed and self._holds(session, occurrences, low, last)

    def _holds(self, session: Session, occurrences: _Occurrences, low: int, high: int) -> bool:
        values = {"sought": json.dumps(list(map(quoted, occurrences.trigrams)))}
        (found,) = session.all(self._found, {**values, "low": low, "high": high})
        return tuple(found) == (occurrences.count, occurrences.sum)


class _Occurrences:
    """
    The trigrams of some texts.

    Attributes:
        trigrams: which there are.
        count: in how many texts each is, all together.
        sum: of those texts' numbers, likewise.
    """

    def __init__(self) -> None:
        self.trigrams: set[str] = set()
        self.count = self.sum = 0

    def add(self, number: int, text: str) -> None:
        text = as_indexed(text)
        places = range(len(text) - SHORTEST_INDEXED + 1)
        trigrams = {text[place : place + SHORTEST_INDEXED] for place in places}
        self.trigrams |= trigrams
        self.count += len(trigrams)
        self.sum += len(trigrams) * number


def _first_number(record: object) -> int | None:
    """Return the first number of a record of FTS5: how many texts it was given."""
    if not isinstance(record, bytes):
        return None
    number = 0
    for byte in record:
        number = number << 7 | byte & 0x7F
        if byte < 0x80:  # the last byte of a number has no high bit
            break
    return number
