"""What a commit does inside its transaction: entries first, then their events, the head last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from model_registry.domain.chain import Head, advanced, seal
from model_registry.domain.changes import Change, ChangeEvent, Insert, PendingEvent, Seen
from model_registry.domain.entry import ModelEntry
from model_registry.domain.outcome import Outcome, outcome_of
from model_registry_sql.rows import entry_of, entry_values, event_values, head_of
from model_registry_sql.statements import Statements


def write(
    connection: Connection,
    statements: Statements,
    tenant_id: str,
    changes: Sequence[Change],
    *,
    look: bool,
) -> tuple[ChangeEvent, ...]:
    """
    Write changes and their events in the connection's transaction.

    Args:
        connection: in a transaction that sees what others have committed.
        statements: of the registry.
        tenant_id: whose changes.
        changes: what was decided.
        look: whether to look up and lock what is there before; without it every
            entry is taken for new, and the database refuses one that is not.

    Returns:
        The sealed events.
    """
    stored = _locked(connection, statements, tenant_id, changes) if look else {}
    named = {entry.model_id: entry for entry in stored.values()}
    outcome = outcome_of(changes, stored.get, named.get)
    if not outcome:
        return ()
    _write_entries(connection, statements, tenant_id, stored, outcome)
    return _write_events(connection, statements, tenant_id, outcome.events)


def _locked(
    connection: Connection, statements: Statements, tenant_id: str, changes: Sequence[Change]
) -> dict[str, ModelEntry]:
    """Lock and return the stored entries that the changes are about, by id."""
    entry_ids: set[str] = set()
    model_ids: set[str] = set()
    for change in changes:
        match change:
            case Insert(entry, _):
                model_ids.add(entry.model_id)
            case Seen(model_id, _):
                model_ids.add(model_id)
            case _:
                entry_ids.add(change.before.id)
    stored: dict[str, ModelEntry] = {}
    for statement, name, sought in (
        (statements.lock_by_id, "entry_ids", entry_ids),
        (statements.lock_by_model_id, "model_ids", model_ids),
    ):
        if sought:
            values = {"tenant_id": tenant_id, name: statements.among(sought)}
            rows = connection.execute(statement, values)
            stored.update((row.id, entry_of(row)) for row in rows)
    return stored


def _write_entries(
    connection: Connection,
    statements: Statements,
    tenant_id: str,
    stored: dict[str, ModelEntry],
    outcome: Outcome,
) -> None:
    """Remove, change and add rows, in an order in which a model_id may be used again."""
    removed: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    added: list[dict[str, Any]] = []
    for entry_id, entry in outcome.entries.items():
        if entry is None:
            removed.append({"own_tenant": tenant_id, "old_id": entry_id})
            continue
        values = entry_values(entry)
        if entry_id in stored:
            del values["tenant_id"], values["id"]
            changed.append({"own_tenant": tenant_id, "old_id": entry_id, **values})
        else:
            added.append(values)
    # In one order for everybody, so that two discoveries at once do not deadlock.
    added.sort(key=lambda values: values["model_id"])
    for statement, rows in (
        (statements.remove_entries, removed),
        (statements.change_entries, changed),
        (statements.add_entries, added),
    ):
        if rows:
            connection.execute(statement, rows)


def _write_events(
    connection: Connection,
    statements: Statements,
    tenant_id: str,
    pending: Sequence[PendingEvent],
) -> tuple[ChangeEvent, ...]:
    """Seal the events after the head, which is locked last and so for the shortest time."""
    head = _locked_head(connection, statements, tenant_id)
    sealed = seal(pending, tenant_id, head)
    moved = advanced(head, sealed)
    if sealed:
        connection.execute(statements.add_events, [event_values(event) for event in sealed])
    values = {"revision": moved.revision, "sequence": moved.sequence, "hash": moved.hash}
    connection.execute(statements.move_head, {"own_tenant": tenant_id, **values})
    return sealed


def _locked_head(connection: Connection, statements: Statements, tenant_id: str) -> Head:
    own = {"tenant_id": tenant_id}
    row = connection.execute(statements.head_to_move, own).one_or_none()
    if row is None:
        fresh = Head()
        values = {"revision": fresh.revision, "sequence": fresh.sequence, "hash": fresh.hash}
        connection.execute(statements.found_head, {**own, **values})
        row = connection.execute(statements.head_to_move, own).one()
    return head_of(row)


def stands(connection: Connection, statements: Statements, event: ChangeEvent) -> bool:
    """
    Tell whether the commit of an event was written, of which the answer was lost.

    It may still be under way, and then it has the head locked: this waits for it.

    Args:
        connection: in a transaction that sees what others have committed.
        statements: of the registry.
        event: one of those that the commit sealed.
    """
    _locked_head(connection, statements, event.tenant_id)
    statement = statements.history(of_entry=False, until=False)
    sought = {"tenant_id": event.tenant_id, "after": event.sequence - 1}
    row = connection.execute(statement.limit(1), sought).one_or_none()
    connection.rollback()  # a head that was only made to be locked
    return row is not None and bool(row.hash == event.hash)
