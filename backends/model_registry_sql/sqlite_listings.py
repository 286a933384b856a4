"""
Pages of a filter in SQLite, which knows nothing of how often a value occurs.

So the ways to a page are weighed here, by totals that are kept: along the
listing's order until the page is full, or from what few entries match.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Dialect,
    Select,
    UnaryExpression,
    and_,
    bindparam,
    case,
    func,
    select,
    true,
)
from sqlalchemy.sql.operators import custom_op

from model_registry.domain.inventory import Filter
from model_registry_sql.derived import TrigramIndex
from model_registry_sql.filters import FilterShape, filter_values, samples
from model_registry_sql.kept_totals import KeptTotals
from model_registry_sql.listings import Columns, Listings, limited
from model_registry_sql.numbers import Numbers
from model_registry_sql.schema import Tables
from model_registry_sql.sessions import Row, Session, Statement, Values

_SHAPES_KEPT: Final = 256
_FETCHED: Final = 3
"""So many entries are passed over in order while one is looked up and sorted."""
_FEW: Final = 5000
"""So many entries are looked up one by one, rather than that the index is asked again."""

Found = tuple[int, Sequence[Row]]
Numbered = Select[tuple[Any]]


class SqliteListings(Listings):
    """
    The statements for SQLite, and the choice among them.

    Args:
        tables: whose entries.
        dialect: of their database.
        numbers: where a tenant's entries are.
        index: for searches, if there is one.
        totals: of searches, kept in memory.
    """

    def __init__(
        self,
        tables: Tables,
        dialect: Dialect,
        numbers: Numbers,
        index: TrigramIndex | None,
        totals: KeptTotals,
    ) -> None:
        super().__init__(tables, dialect)
        self._totals = totals
        self._numbers = numbers
        self._index = index
        self._weigh = lru_cache(_SHAPES_KEPT)(self._weigh_statement)
        self._gather = lru_cache(_SHAPES_KEPT)(self._gather_statement)
        self._walk = lru_cache(_SHAPES_KEPT)(self._walk_statement)
        self._pick = lru_cache(_SHAPES_KEPT)(self._pick_statement)
        self._count = lru_cache(_SHAPES_KEPT)(self._count_statement)
        self._count_picked = lru_cache(_SHAPES_KEPT)(self._count_picked_statement)
        self._pick_found = lru_cache(_SHAPES_KEPT)(self._pick_found_statement)
        self._count_found = lru_cache(_SHAPES_KEPT)(self._count_found_statement)
        self._sample = lru_cache(1)(self._sample_statement)
        self._hits = lru_cache(_SHAPES_KEPT)(self._hits_statement)

    def filtered(
        self,
        session: Session,
        tenant_id: str,
        where: Filter,
        columns: Columns,
        *,
        limit: int,
        offset: int,
    ) -> Found:
        """
        Return the count of all matches and a page of them.

        Args:
            session: in a transaction that sees one state.
            tenant_id: whose entries.
            where: which entries; it has a condition.
            columns: what of each entry.
            limit: most rows.
            offset: rows to pass over.
        """
        shape = FilterShape.of(where)
        values = {"tenant_id": tenant_id, "limit": limit, "offset": offset, **filter_values(where)}
        reach = offset + limit
        ((every, total, groups),) = session.all(self._weigh(shape), {**values, "reach": reach})
        if not total:
            return 0, ()
        if shape.searches:
            known = self._totals.known(session, tenant_id, where)
            if known is not None:
                if offset >= known:
                    return known, ()
                if reach * every <= known * known * _FETCHED:
                    return known, session.all(self._walk(shape, columns), values)
            total, rows = self._searched(session, where, columns, values, every)
            self._totals.keep(session, tenant_id, where, total)
            return total, rows
        if offset >= total:
            return total, ()
        gathered = min(total, groups * reach) * _FETCHED
        way = self._walk if reach * every <= gathered * total else self._gather
        return total, session.all(way(shape, columns), {**values, "reach": reach})

    def _searched(
        self,
        session: Session,
        where: Filter,
        columns: Columns,
        values: Values,
        every: int,
    ) -> Found:
        shape = FilterShape.of(where)
        low, high = self._numbers.range(session, values["tenant_id"]) or (0, 0)
        values = {**values, "low": low, "high": high}
        if self._index is None or not shape.long_terms:
            ((total,),) = session.all(self._count(shape), values)
            return total, () if values["offset"] >= total else session.all(
                self._walk(shape, columns), values
            )
        values["last"] = self._index.last(session, low, high)
        found = self._few(session, samples(where), values)
        if found is not None:
            values["found"] = json.dumps(found)
            ((total,),) = session.all(self._count_found(shape), values)
            return total, session.all(self._pick_found(shape, columns), values)
        ((hits, waiting),) = session.all(self._hits(shape), values)
        total = hits + waiting
        if hits and not shape.only_indexed:
            count = self._count_picked if hits * _FETCHED < every else self._count
            ((total,),) = session.all(count(shape), values)
        if values["offset"] >= total:
            return total, ()
        reach = values["offset"] + values["limit"]
        way = self._pick if hits * _FETCHED * total < reach * every else self._walk
        return total, session.all(way(shape, columns), values)

    def _few(self, session: Session, asked: list[str], values: Values) -> list[int] | None:
        """Return the few numbers of entries among which all matches are, None if they are many."""
        for sample in asked:
            found = session.all(self._sample(), {**values, "sample": sample, "most": _FEW + 1})
            if len(found) <= _FEW:
                return [number for (number,) in found]
        return None

    def _weigh_statement(self, shape: FilterShape) -> Statement:
        """How many entries there are, how many may match, and in how many groups."""
        totals = self._tables.totals
        may_match = and_(true(), *self._conditions.on_group(totals, shape))
        statement = select(
            func.coalesce(func.sum(totals.c.entries), 0),
            func.coalesce(func.sum(case((may_match, totals.c.entries), else_=0)), 0),
            func.coalesce(func.sum(case((may_match, 1), else_=0)), 0),
        )
        return self._made(statement.where(totals.c.tenant_id == bindparam("tenant_id")))

    def _walk_statement(self, shape: FilterShape, columns: Columns) -> Statement:
        """Along the listing's order, until the page is full."""
        return self._made(limited(self._matches(shape, columns)))

    def _gather_statement(self, shape: FilterShape, columns: Columns) -> Statement:
        """From each group that matches what the page can reach of it; takes reach too."""
        totals, entries = self._tables.totals, self._tables.entries
        own = entries.alias("own")
        names = ("tenant_id", "provider", "risk_tier", "validation_status")
        first_of_group = (
            select(own.c.number)
            .where(*(own.c[name] == totals.c[name] for name in names))
            .order_by(own.c.created_at.desc(), own.c.id)
            .limit(bindparam("reach"))
            .correlate(totals)
        )
        matches = (
            select(*(entries.c[name] for name in columns))
            .select_from(totals, entries)
            .where(
                totals.c.tenant_id == bindparam("tenant_id"),
                *self._conditions.on_group(totals, shape),
                entries.c.number.in_(first_of_group),
            )
        )
        return self._made(limited(self._sorted(matches)))

    def _pick_statement(self, shape: FilterShape, columns: Columns) -> Statement:
        """From what the index finds and what waits for it; takes match, low, last and high too."""
        return self._page_of(self._hit_numbers(), shape, columns)

    def _count_picked_statement(self, shape: FilterShape) -> Statement:
        return self._count_of(self._hit_numbers(), shape)

    def _pick_found_statement(self, shape: FilterShape, columns: Columns) -> Statement:
        """From the entries of these numbers and what waits; takes found, last and high too."""
        return self._page_of(self._found_numbers(), shape, columns)

    def _count_found_statement(self, shape: FilterShape) -> Statement:
        return self._count_of(self._found_numbers(), shape)

    def _page_of(self, numbers: Numbered, shape: FilterShape, columns: Columns) -> Statement:
        entries = self._tables.entries
        matches = self._picked(select(*(entries.c[name] for name in columns)), numbers, shape)
        return self._made(limited(self._sorted(matches)))

    def _count_of(self, numbers: Numbered, shape: FilterShape) -> Statement:
        return self._made(self._picked(select(func.count()), numbers, shape))

    def _count_statement(self, shape: FilterShape) -> Statement:
        """Through all of the tenant's entries as they lie."""
        entries = self._tables.entries
        return self._made(
            select(func.count())
            .select_from(entries)
            .where(
                entries.c.number.between(bindparam("low"), bindparam("high")),
                *self._conditions.on_entry(entries, shape, owned=_unindexed),
            )
        )

    def _hits_statement(self, shape: FilterShape) -> Statement:
        """How many entries the index finds, and how many matches are not in it yet."""
        tables = self._tables
        hits = select(func.count()).select_from(tables.search).where(*self._hit("match"))
        waiting = (
            select(func.count())
            .select_from(tables.entries)
            .where(
                *self._waits(),
                *self._conditions.on_entry(tables.entries, shape, owned=_unindexed),
            )
        )
        return self._made(select(hits.scalar_subquery(), waiting.scalar_subquery()))

    def _picked(self, selected: Select[Any], numbers: Numbered, shape: FilterShape) -> Select[Any]:
        entries = self._tables.entries
        waiting = select(entries.c.number).where(*self._waits())
        return selected.select_from(entries).where(
            entries.c.number.in_(numbers.union_all(waiting)),
            *self._conditions.on_entry(entries, shape, owned=_unindexed),
        )

    def _hit_numbers(self) -> Numbered:
        return select(self._tables.search.c.rowid).where(*self._hit("match"))

    def _found_numbers(self) -> Numbered:
        return select(func.json_each(bindparam("found")).table_valued("value").c.value)

    def _sample_statement(self) -> Statement:
        """Which entries may have the terms, by some of their trigrams; takes most too."""
        sampled = select(self._tables.search.c.rowid).where(*self._hit("sample"))
        return self._made(sampled.limit(bindparam("most")))

    def _hit(self, asked: str) -> list[ColumnElement[bool]]:
        search = self._tables.search
        match = search.c[search.name].op("MATCH", is_comparison=True)
        own = search.c.rowid.between(bindparam("low"), bindparam("last"))
        return [match(bindparam(asked)), own]

    def _waits(self) -> list[ColumnElement[bool]]:
        number = self._tables.entries.c.number
        return [number > bindparam("last"), number <= bindparam("high")]

    def _sorted(self, matches: Select[Any]) -> Select[Any]:
        entry = self._tables.entries.c
        return matches.order_by(_unindexed(entry.created_at).desc(), _unindexed(entry.id))

    def _made(self, statement: Select[Any]) -> Statement:
        return Statement(statement, self._dialect)


def _unindexed(column: Column[Any]) -> UnaryExpression[Any]:
    """Return a column so that SQLite does not look for it in an index."""
    return UnaryExpression(column, operator=custom_op("+"), type_=column.type)
