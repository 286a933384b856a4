"""The statements that look for entries by a filter: a page of them, or all in a stream."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import BigInteger, Dialect, Integer, Select, bindparam, func, select, true

from model_registry_sql.filters import EVERY_ENTRY, Conditions, FilterShape
from model_registry_sql.positions import after_mark
from model_registry_sql.schema import Tables
from model_registry_sql.sessions import Statement

_SHAPES_KEPT: Final = 256

Columns = tuple[str, ...]


class Listings:
    """
    The statements for pages and scans that every database understands.

    All take ``tenant_id`` and a filter's values.

    Args:
        tables: whose entries.
        dialect: of their database.
    """

    def __init__(self, tables: Tables, dialect: Dialect) -> None:
        self._tables = tables
        self._dialect = dialect
        self._conditions = Conditions(dialect.name)
        self.scan = lru_cache(_SHAPES_KEPT)(self._scan)
        self.page = lru_cache(_SHAPES_KEPT)(self._page)
        self.far_page = lru_cache(8)(self._far_page)
        self.total = Statement(self._total(EVERY_ENTRY), dialect)

    def _scan(self, shape: FilterShape, columns: Columns) -> Statement:
        """All matches in the listing's order."""
        return Statement(self._matches(shape, columns), self._dialect)

    def _page(self, shape: FilterShape, columns: Columns) -> Statement:
        """
        Total and entries in one statement, so that both are of one state.

        Takes limit and offset. A row is the total, an entry's id and the columns. There
        is always one, for the total; one without an id is no entry.
        """
        entry = self._tables.entries.c
        sorted_by = [entry.created_at.label("sort_time"), entry.id.label("sort_id")]
        matches = self._matches(shape, columns).add_columns(*sorted_by)
        page = limited(matches).subquery("page")
        total = self._total(shape).subquery("counted")
        shown = [page.c[name] for name in columns]
        statement = (
            select(total.c.total, page.c.sort_id, *shown)
            .select_from(total.outerjoin(page, true()))
            .order_by(page.c.sort_time.desc(), page.c.sort_id)
        )
        return Statement(statement, self._dialect)

    def _far_page(self, columns: Columns) -> Statement:
        """What comes after a mark of everything; takes limit, offset, mark_time and mark_id."""
        rest = self._matches(EVERY_ENTRY, columns).where(after_mark(self._tables))
        return Statement(limited(rest), self._dialect)

    def _matches(self, shape: FilterShape, columns: Sequence[str]) -> Select[Any]:
        entries = self._tables.entries
        return (
            select(*(entries.c[name] for name in columns))
            .where(*self._conditions.on_entry(entries, shape))
            .order_by(entries.c.created_at.desc(), entries.c.id)
        )

    def _total(self, shape: FilterShape) -> Select[Any]:
        entries, totals = self._tables.entries, self._tables.totals
        if shape.searches:
            count = select(func.count().label("total")).select_from(entries)
            return count.where(*self._conditions.on_entry(entries, shape))
        kept = func.coalesce(func.sum(totals.c.entries), 0, type_=BigInteger)
        return select(kept.label("total")).where(
            totals.c.tenant_id == bindparam("tenant_id"), *self._conditions.on_group(totals, shape)
        )


def limited(matches: Select[Any]) -> Select[Any]:
    """Return the part of a listing that ``limit`` and ``offset`` say."""
    limit, offset = bindparam("limit", type_=Integer), bindparam("offset", type_=BigInteger)
    return matches.limit(limit).offset(offset)
