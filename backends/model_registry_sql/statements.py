"""Every statement that a store sends, built once; values are bound, never written into SQL."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Dialect,
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
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.sql import ClauseElement

from model_registry.domain.changes import RISK_PROFILE
from model_registry.domain.entry import ENTRY_FIELDS
from model_registry_sql.schema import Tables
from model_registry_sql.sessions import Statement
from model_registry_sql.types import Instant

_SHAPES_KEPT: Final = 256


class Statements:
    """
    The statements of one registry, but for those that look for entries by a filter.

    Reads take ``tenant_id``; what else is bound is said beside each.

    Args:
        tables: whose statements.
        dialect: of their database.
    """

    def __init__(self, tables: Tables, dialect: Dialect) -> None:
        self._dialect = dialect
        self._postgresql = dialect.name == "postgresql"
        self.tables = tables
        entry, event = tables.entries.c, tables.events.c
        self._old = and_(
            entry.tenant_id == bindparam("own_tenant"), entry.id == bindparam("old_id")
        )
        self._read_entries()
        self._read_histories()
        every_column = [each.name for each in entry]
        self.add_entries = self._made(insert(tables.entries), every_column)
        # own_tenant, old_id
        self.remove_entries = self._made(delete(tables.entries).where(self._old))
        self.change_entries = lru_cache(_SHAPES_KEPT)(self._change_entries)
        self.add_events = self._made(insert(tables.events), [each.name for each in event])
        self._move_heads()
        self._move_totals()

    def among(self, values: Collection[str]) -> object:
        """Return a list of any length as one bound value."""
        return list(values) if self._postgresql else json.dumps(list(values))

    def _made(self, clause: ClauseElement, columns: Sequence[str] | None = None) -> Statement:
        return Statement(clause, self._dialect, columns)

    def _read_entries(self) -> None:
        entry = self.tables.entries.c
        own = entry.tenant_id == bindparam("tenant_id")
        entries = select(*(entry[name] for name in ENTRY_FIELDS)).where(own)
        sought = entry.id == bindparam("entry_id")
        # entry_id
        self.get = self._made(entries.where(sought))
        self.document = self._made(select(entry.document).where(own, sought))
        # model_ids, a list made by ``among``
        self.find = self._made(entries.where(self._among(entry.model_id, "model_ids")))
        # entry_id, or entry_ids, or model_ids; rows are locked in one order for everybody
        numbered = entries.add_columns(entry.number) if "number" in entry else entries
        self.lock_one = self._made(numbered.where(sought).with_for_update())
        self.lock_by_id = self._locked(numbered, entry.id, "entry_ids")
        self.lock_by_model_id = self._locked(numbered, entry.model_id, "model_ids")
        # every row as it lies, for the search for damage
        self.stored_entries = self._as_it_lies(self.tables.entries, "id")

    def _read_histories(self) -> None:
        events = self.tables.events
        own = events.c.tenant_id == bindparam("tenant_id")
        count = select(func.count()).select_from(events).where(own)
        self.count_events = self._made(count)
        # entry_id
        of_entry = events.c.entry_id == bindparam("entry_id")
        self.count_entry_events = self._made(count.where(of_entry))
        # sequence
        sought = events.c.sequence == bindparam("sequence")
        self.event = self._made(select(events.c.hash).where(own, sought))
        self.stored_events = self._as_it_lies(events, "sequence")
        self.history = lru_cache(8)(self._history)
        self.all_events_page = self._events_page(of_entry=False)
        self.entry_events_page = self._events_page(of_entry=True)

    def _move_heads(self) -> None:
        heads = self.tables.heads
        own = heads.c.tenant_id == bindparam("tenant_id")
        head = select(heads.c.revision, heads.c.sequence, heads.c.hash).where(own)
        self.head = self._made(head)
        self.head_to_move = self._made(head.with_for_update())
        # tenant_ids, a list made by ``among``
        all_heads = select(heads.c.tenant_id, heads.c.revision, heads.c.sequence, heads.c.hash)
        self.heads = self._made(all_heads.where(self._among(heads.c.tenant_id, "tenant_ids")))
        self.tenants = self._made(select(heads.c.tenant_id))
        found = self._upsert(heads).on_conflict_do_nothing(index_elements=[heads.c.tenant_id])
        self.found_head = self._made(found, [each.name for each in heads.c])
        # own_tenant, and the row's values
        own = heads.c.tenant_id == bindparam("own_tenant")
        self.move_head = self._made(update(heads).where(own), ["revision", "sequence", "hash"])

    def _move_totals(self) -> None:
        totals = self.tables.totals
        key = list(totals.primary_key)
        add = self._upsert(totals)
        added = {"entries": totals.c.entries + add.excluded.entries}
        self.add_to_totals = self._made(
            add.on_conflict_do_update(index_elements=key, set_=added),
            [each.name for each in totals.c],
        )
        gone = and_(*(each == bindparam(f"own_{each.name}") for each in key))
        # own_tenant_id, own_provider, own_risk_tier, own_validation_status
        self.drop_empty_totals = self._made(delete(totals).where(gone, totals.c.entries <= 0))
        self.stored_totals = self._as_it_lies(totals, "provider")

    def _change_entries(self, columns: tuple[str, ...]) -> Statement:
        """Take own_tenant, old_id, and the values of these columns alone: others keep indexes."""
        return self._made(update(self.tables.entries).where(self._old), columns)

    def _as_it_lies(self, table: Table, order: str) -> Statement:
        rows = select(*table.c).where(table.c.tenant_id == bindparam("tenant_id"))
        return self._made(rows.order_by(table.c[order]))

    def _locked(self, entries: Select[Any], sought: ColumnElement[str], name: str) -> Statement:
        found = entries.where(self._among(sought, name))
        return self._made(found.order_by(self.tables.entries.c.id).with_for_update())

    def _among(self, sought: ColumnElement[str], name: str) -> ColumnElement[bool]:
        if self._postgresql:
            return sought == any_(bindparam(name, type_=ARRAY(Text)))
        each = func.json_each(bindparam(name, type_=Text)).table_valued(column("value", Text))
        return sought.in_(select(each.c.value))

    @property
    def _upsert(self) -> Callable[[Table], Any]:
        return postgresql_insert if self._postgresql else sqlite_insert

    def _history(self, *, of_entry: bool, until: bool, of_profiles: bool = False) -> Statement:
        """
        Take after, and entry_id and until where they are asked for.

        Of profiles a few others may be found too: a text may quote what is looked for.
        """
        event = self.tables.events.c
        events = select(self.tables.events).where(
            event.tenant_id == bindparam("tenant_id"), event.sequence > bindparam("after")
        )
        if of_entry:
            events = events.where(event.entry_id == bindparam("entry_id"))
        if until:
            events = events.where(event.at <= bindparam("until", type_=Instant))
        if of_profiles:
            found = func.strpos if self._postgresql else func.instr
            events = events.where(found(event.changes, f'"{RISK_PROFILE}') > 0)
        return self._made(events.order_by(event.sequence))

    def _events_page(self, *, of_entry: bool) -> Statement:
        """Take limit, offset, and entry_id where it is asked for."""
        event = self.tables.events.c
        own = event.tenant_id == bindparam("tenant_id")
        places = select(event.sequence).where(own)
        if of_entry:
            places = places.where(event.entry_id == bindparam("entry_id"))
        limit, offset = bindparam("limit", type_=Integer), bindparam("offset", type_=BigInteger)
        # what is passed over is passed over in the index
        page = places.order_by(event.sequence).limit(limit).offset(offset)
        events = select(self.tables.events).where(own, event.sequence.in_(page))
        return self._made(events.order_by(event.sequence))
