"""Every statement that a store sends, built once; values are bound, never written into SQL."""

from __future__ import annotations

import json
from collections.abc import Collection
from functools import lru_cache
from typing import Any, Final

import attrs
from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    Table,
    Text,
    and_,
    any_,
    bindparam,
    column,
    delete,
    func,
    insert,
    select,
    true,
    type_coerce,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from model_registry.domain.entry import ENTRY_FIELDS
from model_registry.domain.inventory import Filter
from model_registry_sql.schema import Tables
from model_registry_sql.types import Instant

_SHAPES_KEPT: Final = 256


@attrs.frozen
class FilterShape:
    """Which conditions a filter has; the values are bound."""

    risk_tier: bool
    validation_status: bool
    provider: bool
    terms: int

    @classmethod
    def of(cls, where: Filter) -> FilterShape:
        """Return the shape of a filter."""
        return cls(
            where.risk_tier is not None,
            where.validation_status is not None,
            bool(where.folded_provider),
            len(where.terms),
        )


def filter_values(where: Filter) -> dict[str, Any]:
    """Return what a filter's conditions are bound to."""
    return {
        "risk_tier": where.risk_tier and where.risk_tier.value,
        "validation_status": where.validation_status and where.validation_status.value,
        "provider": where.folded_provider,
        **{f"term_{number}": term for number, term in enumerate(where.terms)},
    }


def stored_text(column: str) -> str:
    """Return the label under which a time's stored text is fetched."""
    return f"{column}_as_it_lies"


class Statements:
    """
    The statements of one registry.

    Reads take ``tenant_id``; what else is bound is said beside each.

    Args:
        tables: whose statements.
        dialect: ``sqlite`` or ``postgresql``.
    """

    def __init__(self, tables: Tables, dialect: str) -> None:
        self._postgresql = dialect == "postgresql"
        self._entries, self._events = tables.entries, tables.events
        entry, event, head = tables.entries.c, tables.events.c, tables.heads.c
        self._columns = [entry[name] for name in ENTRY_FIELDS]
        own = entry.tenant_id == bindparam("tenant_id")
        entries = select(*self._columns).where(own)
        # entry_id
        self.get = entries.where(entry.id == bindparam("entry_id"))
        # model_ids, a list made by ``among``
        self.find = entries.where(self._among(entry.model_id, "model_ids"))
        # entry_ids, or model_ids; rows are locked in one order for everybody
        self.lock_by_id = self._locked(entries, entry.id, "entry_ids")
        self.lock_by_model_id = self._locked(entries, entry.model_id, "model_ids")
        self.add_entries = insert(tables.entries)
        # own_tenant, old_id, and for a change the row's values by their columns' names
        old = and_(entry.tenant_id == bindparam("own_tenant"), entry.id == bindparam("old_id"))
        self.change_entries = update(tables.entries).where(old)
        self.remove_entries = delete(tables.entries).where(old)
        self.add_events = insert(tables.events)
        self.head = select(head.revision, head.sequence, head.hash).where(
            head.tenant_id == bindparam("tenant_id")
        )
        # tenant_ids, a list made by ``among``; of any tenants
        self.heads = select(head.tenant_id, head.revision, head.sequence, head.hash).where(
            self._among(head.tenant_id, "tenant_ids")
        )
        self.head_to_move = self.head.with_for_update()
        self.found_head = self._insert_unless_there(tables.heads)
        # own_tenant, and the row's values
        self.move_head = update(tables.heads).where(head.tenant_id == bindparam("own_tenant"))
        self.count_events = (
            select(func.count())
            .select_from(tables.events)
            .where(event.tenant_id == bindparam("tenant_id"))
        )
        # entry_id
        self.count_entry_events = self.count_events.where(event.entry_id == bindparam("entry_id"))
        # every row as it lies, for the search for damage
        self.stored_entries = self._as_it_lies(tables.entries, "id")
        self.stored_events = self._as_it_lies(tables.events, "sequence")
        self.page = lru_cache(_SHAPES_KEPT)(self._page)
        self.scan = lru_cache(_SHAPES_KEPT)(self._scan)
        self.history = lru_cache(_SHAPES_KEPT)(self._history)

    def among(self, values: Collection[str]) -> object:
        """Return a list of any length as one bound value."""
        return list(values) if self._postgresql else json.dumps(list(values))

    def _as_it_lies(self, table: Table, order: str) -> Select[Any]:
        """A tenant's rows; in SQLite with its times also as the texts that they are there."""
        raw = (
            []
            if self._postgresql
            else [
                type_coerce(column, Text).label(stored_text(column.name))
                for column in table.c
                if isinstance(column.type, Instant)
            ]
        )
        rows = select(*table.c, *raw).where(table.c.tenant_id == bindparam("tenant_id"))
        return rows.order_by(table.c[order])

    def _locked(self, entries: Select[Any], sought: ColumnElement[str], name: str) -> Select[Any]:
        found = entries.where(self._among(sought, name))
        return found.order_by(self._entries.c.id).with_for_update()

    def _among(self, sought: ColumnElement[str], name: str) -> ColumnElement[bool]:
        if self._postgresql:
            return sought == any_(bindparam(name, type_=ARRAY(Text)))
        each = func.json_each(bindparam(name, type_=Text)).table_valued(column("value", Text))
        return sought.in_(select(each.c.value))

    def _insert_unless_there(self, table: Table) -> Any:
        kind = postgresql_insert if self._postgresql else sqlite_insert
        return kind(table).on_conflict_do_nothing(index_elements=[table.c.tenant_id])

    def _conditions(self, shape: FilterShape) -> ColumnElement[bool]:
        entry = self._entries.c
        conditions = [entry.tenant_id == bindparam("tenant_id")]
        if shape.risk_tier:
            conditions.append(entry.risk_tier == bindparam("risk_tier"))
        if shape.validation_status:
            conditions.append(entry.validation_status == bindparam("validation_status"))
        if shape.provider:
            conditions.append(
                self._within(entry.folded_provider, bindparam("provider", type_=Text))
            )
        conditions.extend(
            self._within(entry.search_text, bindparam(f"term_{number}", type_=Text))
            for number in range(shape.terms)
        )
        return and_(*conditions)

    def _within(self, text: ColumnElement[str], part: BindParameter[str]) -> ColumnElement[bool]:
        place = func.strpos if self._postgresql else func.instr
        return place(text, part, type_=Integer) > 0

    def _scan(self, shape: FilterShape) -> Select[Any]:
        """All matches in the listing's order."""
        entry = self._entries.c
        return (
            select(*self._columns)
            .where(self._conditions(shape))
            .order_by(entry.created_at.desc(), entry.id)
        )

    def _page(self, shape: FilterShape) -> Select[Any]:
        """
        Total and entries in one statement, so that both are of one state.

        Takes limit and offset. There is always a row, for the total; one
        without an id is no entry.
        """
        page = (
            self._scan(shape)
            .limit(bindparam("limit", type_=Integer))
            .offset(bindparam("offset", type_=BigInteger))
            .subquery("page")
        )
        total = (
            select(func.count().label("total"))
            .select_from(self._entries)
            .where(self._conditions(shape))
            .subquery("counted")
        )
        return (
            select(total.c.total, *page.c)
            .select_from(total.outerjoin(page, true()))
            .order_by(page.c.created_at.desc(), page.c.id)
        )

    def _history(self, *, of_entry: bool, until: bool) -> Select[Any]:
        """Take after, and entry_id and until where they are asked for."""
        event = self._events.c
        events = select(self._events).where(
            event.tenant_id == bindparam("tenant_id"), event.sequence > bindparam("after")
        )
        if of_entry:
            events = events.where(event.entry_id == bindparam("entry_id"))
        if until:
            events = events.where(event.at <= bindparam("until", type_=Instant))
        return events.order_by(event.sequence)
