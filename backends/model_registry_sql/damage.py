"""What is stored otherwise than this library writes it, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Dialect

from model_registry.errors import DamagedData
from model_registry_sql.rows import entry_of, entry_values, event_of, event_values, head_of
from model_registry_sql.statements import Statements, stored_text
from model_registry_sql.streams import rows_of, understood
from model_registry_sql.types import Instant

_INSTANT: Final = Instant()


def faults_of(connection: Connection, statements: Statements, tenant_id: str) -> Iterator[str]:
    """
    Tell of each row that is not what would be written for what is read from it.

    So the folded texts that filters look into are held against their entry, and
    an edit that leaves a value's meaning but not its text is found too. Events
    that no reader of the history is shown, before its first and beyond its head,
    are told of as well.

    Args:
        connection: in a transaction that sees one state.
        statements: of the registry.
        tenant_id: whose rows.
    """
    own, dialect = {"tenant_id": tenant_id}, connection.dialect
    with rows_of(connection, statements.stored_entries, own) as rows:
        for row in rows:
            try:
                entry = understood(row, entry_of)
            except DamagedData as error:
                yield str(error)
            else:
                yield from _otherwise(dialect, row, entry_values(entry), f"entry {entry.id}")
    last: int | None = 0
    with rows_of(connection, statements.head, own) as rows:
        for row in rows:
            try:
                last = understood(row, head_of).sequence
            except DamagedData as error:
                last = None
                yield str(error)
    with rows_of(connection, statements.stored_events, own) as rows:
        for row in rows:
            try:
                event = understood(row, event_of)
            except DamagedData as error:
                yield str(error)
                continue
            what = f"event {event.sequence}"
            yield from _otherwise(dialect, row, event_values(event), what)
            if last is not None and not 1 <= event.sequence <= last:
                yield f"{what}: there is no such place in a history of {last} events"


def _otherwise(dialect: Dialect, row: Any, written: dict[str, Any], what: str) -> Iterator[str]:
    """Tell which columns of a row do not hold what is written there."""
    stored = row._mapping
    names = [
        name
        for name, value in written.items()
        if stored.get(stored_text(name), stored[name]) != _as_sent(value, dialect)
    ]
    if names:
        yield f"{what}: {', '.join(names)} not stored as this library writes it"


def _as_sent(value: Any, dialect: Dialect) -> Any:
    return _INSTANT.process_bind_param(value, dialect) if isinstance(value, datetime) else value
