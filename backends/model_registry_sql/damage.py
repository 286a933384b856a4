"""What is stored otherwise than this library writes it, row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import attrs
from sqlalchemy import Table

from model_registry.errors import DamagedData
from model_registry_sql.derived import Group, SearchIndex, group_of, total_values
from model_registry_sql.rows import entry_of, entry_values, event_of, event_values, head_of
from model_registry_sql.sessions import Row, Session
from model_registry_sql.statements import Statements
from model_registry_sql.streams import rows_of, understood
from model_registry_sql.types import as_sqlite_text


@attrs.frozen
class Damage:
    """
    The search for damage.

    Attributes:
        statements: of the registry.
        search: its index.
    """

    statements: Statements
    search: SearchIndex

    def faults_of(self, session: Session, tenant_id: str) -> Iterator[str]:
        """
        Tell of each row that is not what would be written for what is read from it.

        So what is kept beside an entry is held against it, and an edit that leaves a
        value's meaning but not its text is found too. Events that no reader of the
        history is shown, before its first and beyond its head, are told of as well.

        Args:
            session: in a transaction that sees one state.
            tenant_id: whose rows.
        """
        yield from self._entries_and_totals(session, tenant_id)
        yield from self.search.faults(session, tenant_id)
        yield from self._events(session, tenant_id)

    def _entries_and_totals(self, session: Session, tenant_id: str) -> Iterator[str]:
        tables = self.statements.tables
        own = {"tenant_id": tenant_id}
        fields = slice(1, None) if "number" in tables.entries.c else slice(None)
        counted: Counter[Group] = Counter()
        with rows_of(session, self.statements.stored_entries, own) as rows:
            for row in rows:
                try:
                    entry = understood(row, lambda row: entry_of(row[fields]))
                except DamagedData as error:
                    yield str(error)
                    continue
                assert not isinstance(row, DamagedData)  # noqa: S101  # understood it
                counted[group_of(entry)] += 1
                what = f"entry {entry.id}"
                yield from _otherwise(tables.entries, row, entry_values(entry), what)
        kept: set[Group] = set()
        with rows_of(session, self.statements.stored_totals, own) as rows:
            for row in rows:
                if isinstance(row, DamagedData):
                    yield str(row)
                    continue
                _, *group, _, _ = row
                if not all(isinstance(name, str) for name in group):
                    yield "a total is of no group"
                    continue
                provider, tier, status = group
                known: Group = (provider, tier, status)
                if known in kept or not counted[known]:
                    yield "a total too many"
                kept.add(known)
                written = total_values(tenant_id, known, counted[known])
                yield from _otherwise(tables.totals, row, written, "a total")
        if counted.keys() - kept:
            yield "a total is missing"

    def _events(self, session: Session, tenant_id: str) -> Iterator[str]:
        own = {"tenant_id": tenant_id}
        last: int | None = 0
        with rows_of(session, self.statements.head, own) as rows:
            for row in rows:
                try:
                    last = understood(row, head_of).sequence
                except DamagedData as error:
                    last = None
                    yield str(error)
        events = self.statements.tables.events
        with rows_of(session, self.statements.stored_events, own) as rows:
            for row in rows:
                try:
                    event = understood(row, event_of)
                except DamagedData as error:
                    yield str(error)
                    continue
                assert not isinstance(row, DamagedData)  # noqa: S101  # likewise
                what = f"event {event.sequence}"
                yield from _otherwise(events, row, event_values(event), what)
                if last is not None and not 1 <= event.sequence <= last:
                    yield f"{what}: there is no such place in a history of {last} events"


def _otherwise(table: Table, row: Row, written: dict[str, Any], what: str) -> Iterator[str]:
    """Tell which columns of a row do not hold what is written there."""
    stored = dict(zip(table.c.keys(), row, strict=True))
    names = [
        name for name, value in written.items() if stored[name] not in (value, _as_text(value))
    ]
    if names:
        yield f"{what}: {', '.join(names)} not stored as this library writes it"


def _as_text(value: Any) -> Any:
    return as_sqlite_text(value) if isinstance(value, datetime) else value
