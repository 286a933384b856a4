"""What is kept beside the entries so that nothing has to be counted or searched through."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

import attrs
from sqlalchemy import ColumnElement, Dialect, bindparam, func, insert, select

from model_registry.domain.entry import ModelEntry
from model_registry.domain.inventory import fold, search_text
from model_registry_sql.index_check import IndexCheck
from model_registry_sql.numbers import range_around
from model_registry_sql.schema import Tables
from model_registry_sql.sessions import Session, Statement
from model_registry_sql.statements import Statements

_WAITING: Final = 64


@attrs.frozen
class Moved:
    """
    What a commit makes of one row.

    Attributes:
        before: the entry as it was stored, None for a new one.
        after: the entry as it will be, None for one that goes.
        number: of its row in SQLite, None elsewhere.
    """

    before: ModelEntry | None
    after: ModelEntry | None
    number: int | None


Group = tuple[str, str, str]
"""A provider, a tier and a status: entries that have these in common are counted together."""


def group_of(entry: ModelEntry) -> Group:
    """Return what an entry is counted with."""
    return entry.provider, entry.risk_tier.value, entry.validation_status.value


def total_values(tenant_id: str, group: Group, entries: int) -> dict[str, Any]:
    """Return the row of a group's total."""
    provider, risk_tier, validation_status = group
    return {
        "tenant_id": tenant_id,
        "provider": provider,
        "risk_tier": risk_tier,
        "validation_status": validation_status,
        "folded_provider": fold(provider),
        "entries": entries,
    }


def move_totals(
    session: Session, statements: Statements, tenant_id: str, moves: Iterable[Moved]
) -> None:
    """Count a tenant's entries anew, by what moved. The tenant's head is to be locked before."""
    by: Counter[Group] = Counter()
    for move in moves:
        before, after = (None if e is None else group_of(e) for e in (move.before, move.after))
        if before == after:
            continue
        if before is not None:
            by[before] -= 1
        if after is not None:
            by[after] += 1
    if not by:
        return
    changed = [total_values(tenant_id, group, change) for group, change in by.items() if change]
    if changed:
        session.run(statements.add_to_totals, changed)
    fewer = [
        {f"own_{name}": value for name, value in row.items()}
        for row in changed
        if row["entries"] < 0
    ]
    if fewer:
        session.run(statements.drop_empty_totals, fewer)


class SearchIndex(ABC):
    """The index of what searches look into."""

    @abstractmethod
    def move(self, session: Session, moves: Iterable[Moved]) -> None:
        """Bring the index up to date."""

    @abstractmethod
    def faults(self, session: Session, tenant_id: str) -> Iterator[str]:
        """Tell what of a tenant's part of the index is not as the store leaves it."""


class NoSearchIndex(SearchIndex):
    """Where the database keeps its indexes itself, or has none."""

    def move(self, session: Session, moves: Iterable[Moved]) -> None:
        pass

    def faults(self, session: Session, tenant_id: str) -> Iterator[str]:
        return iter(())


class TrigramIndex(SearchIndex):
    """
    SQLite's FTS5 by trigrams, of a tenant's entries up to some number.

    To add one text costs as much as to add many. So the newest entries wait
    until they are ``_WAITING``, and are looked through meanwhile. The index keeps
    no text, and is told the old one to forget it.

    Args:
        tables: whose index.
        dialect: SQLite's.
    """

    def __init__(self, tables: Tables, dialect: Dialect) -> None:
        search, entry = tables.search, tables.entries.c
        self._command = search.name
        texts = ["rowid", "search_text"]
        self._add = Statement(insert(search), dialect, texts)
        self._remove = Statement(insert(search), dialect, [self._command, *texts])
        of_range: tuple[ColumnElement[int], ColumnElement[int]] = (
            bindparam("low"),
            bindparam("high"),
        )
        waiting = select(entry.number, entry.search_text).where(entry.number.between(*of_range))
        self._add_waiting = Statement(insert(search).from_select(texts, waiting), dialect)
        number = tables.indexed.c.id
        last = select(func.max(number)).where(number.between(*of_range))
        self._last = Statement(last, dialect)
        self._check = IndexCheck(tables, dialect, _WAITING)

    def last(self, session: Session, low: int, high: int) -> int:
        """Return the last number in a tenant's range that is in the index, or the one before it."""
        ((last,),) = session.all(self._last, {"low": low, "high": high})
        return low - 1 if last is None else int(last)

    def move(self, session: Session, moves: Iterable[Moved]) -> None:
        changed = [move for move in moves if not _says_the_same(move)]
        if not changed:
            return
        numbers = [move.number for move in changed if move.number is not None]
        low, high = range_around(numbers[0])
        last = self.last(session, low, high)
        removed: list[dict[str, Any]] = []
        added: list[dict[str, Any]] = []
        for move in changed:
            if move.number is None or move.number > last:
                continue
            if move.before is not None:
                key = {"rowid": move.number, "search_text": search_text(move.before)}
                removed.append({self._command: "delete", **key})
            if move.after is not None:
                added.append({"rowid": move.number, "search_text": search_text(move.after)})
        if removed:
            session.run(self._remove, removed)
        if added:
            session.run(self._add, added)
        if max(numbers) - last >= _WAITING:
            session.run(self._add_waiting, [{"low": last + 1, "high": high}])

    def faults(self, session: Session, tenant_id: str) -> Iterator[str]:
        return self._check.faults(session, tenant_id)


def _says_the_same(move: Moved) -> bool:
    before, after = move.before, move.after
    if before is None or after is None:
        return False
    texts = before.display_name, before.description
    return texts == (after.display_name, after.description)
