"""What a commit does inside its transaction: entries first, then their events, the head last."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import count
from typing import Any

import attrs

from model_registry.domain.chain import Head, advanced, seal
from model_registry.domain.changes import Change, ChangeEvent, Insert, PendingEvent, Seen
from model_registry.domain.entry import ModelEntry
from model_registry.domain.outcome import Outcome, outcome_of
from model_registry_sql.derived import Moved, SearchIndex, move_totals
from model_registry_sql.numbers import Numbers
from model_registry_sql.rows import (
    FIELDS,
    changed_values,
    entry_values,
    event_values,
    head_of,
    recent_entry_of,
)
from model_registry_sql.sessions import Row, Session
from model_registry_sql.statements import Statements


@attrs.frozen
class _Stored:
    """An entry as it is stored, and the number of its row in SQLite."""

    entry: ModelEntry
    number: int | None


@attrs.frozen
class Commits:
    """
    The writing of one registry.

    Attributes:
        statements: of the registry.
        numbers: of SQLite's rows; None elsewhere.
        search: the index that is kept up to date.
    """

    statements: Statements
    numbers: Numbers | None
    search: SearchIndex

    def write(
        self, session: Session, tenant_id: str, changes: Sequence[Change], *, look: bool
    ) -> tuple[ChangeEvent, ...]:
        """
        Write changes and their events in the session's transaction.

        Args:
            session: in a transaction that sees what others have committed.
            tenant_id: whose changes.
            changes: what was decided.
            look: whether to look up and lock what is there before; without it every
                entry is taken for new, and the database refuses one that is not.

        Returns:
            The sealed events.
        """
        stored = self._locked(session, tenant_id, changes) if look else {}
        by_id = {entry_id: each.entry for entry_id, each in stored.items()}
        by_name = {entry.model_id: entry for entry in by_id.values()}
        outcome = outcome_of(changes, by_id.get, by_name.get)
        if not outcome:
            return ()
        moves = self._moves(session, tenant_id, stored, outcome)
        self._write_entries(session, tenant_id, moves)
        self.search.move(session, moves.values())
        head = self._locked_head(session, tenant_id)
        move_totals(session, self.statements, tenant_id, moves.values())
        return self._write_events(session, tenant_id, head, outcome.events)

    def stands(self, session: Session, event: ChangeEvent) -> bool:
        """
        Tell whether the commit of an event was written, of which the answer was lost.

        It may still be under way, and then it has the head locked: this waits for it.

        Args:
            session: in a transaction that sees what others have committed.
            event: one of those that the commit sealed.
        """
        self._locked_head(session, event.tenant_id)
        statement = self.statements.event
        row = session.one(statement, {"tenant_id": event.tenant_id, "sequence": event.sequence})
        return row is not None and bool(row[0] == event.hash)

    def _locked(
        self, session: Session, tenant_id: str, changes: Sequence[Change]
    ) -> dict[str, _Stored]:
        """Lock and return the stored entries that the changes are about, with their numbers."""
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
        statements, own = self.statements, {"tenant_id": tenant_id}
        rows: list[Row] = []
        if len(entry_ids) == 1:
            (entry_id,) = entry_ids
            rows += session.all(statements.lock_one, {**own, "entry_id": entry_id})
        elif entry_ids:
            sought = statements.among(entry_ids)
            rows += session.all(statements.lock_by_id, {**own, "entry_ids": sought})
        if model_ids:
            sought = statements.among(model_ids)
            rows += session.all(statements.lock_by_model_id, {**own, "model_ids": sought})
        stored: dict[str, _Stored] = {}
        for row in rows:
            entry = recent_entry_of(tuple(row[:FIELDS]))
            stored[entry.id] = _Stored(entry, None if self.numbers is None else row[-1])
        return stored

    def _moves(
        self,
        session: Session,
        tenant_id: str,
        stored: dict[str, _Stored],
        outcome: Outcome,
    ) -> dict[str, Moved]:
        moves = {
            entry_id: Moved(stored[entry_id].entry, after, stored[entry_id].number)
            for entry_id, after in outcome.entries.items()
            if entry_id in stored
        }
        added = [after for key, after in outcome.entries.items() if after and key not in stored]
        # In one order for everybody, so that two discoveries at once do not deadlock.
        added.sort(key=lambda entry: entry.model_id)
        if added and self.numbers is not None:
            numbers = count(self.numbers.next(session, tenant_id))
            moves |= {entry.id: Moved(None, entry, next(numbers)) for entry in added}
        else:
            moves |= {entry.id: Moved(None, entry, None) for entry in added}
        return moves

    def _write_entries(self, session: Session, tenant_id: str, moves: dict[str, Moved]) -> None:
        """Remove, change and add rows, in an order in which a model_id may be used again."""
        removed: list[dict[str, Any]] = []
        changed: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
        added: list[dict[str, Any]] = []
        for entry_id, move in moves.items():
            own = {"own_tenant": tenant_id, "old_id": entry_id}
            if move.after is None:
                removed.append(own)
            elif move.before is None:
                numbered = {} if move.number is None else {"number": move.number}
                added.append(numbered | entry_values(move.after))
            else:
                new = changed_values(move.before, move.after)
                if new:
                    changed[tuple(new)].append(own | new)
        if removed:
            session.run(self.statements.remove_entries, removed)
        for columns, rows in changed.items():
            session.run(self.statements.change_entries(columns), rows)
        if added:
            session.run(self.statements.add_entries, added)

    def _write_events(
        self, session: Session, tenant_id: str, head: Head, pending: Sequence[PendingEvent]
    ) -> tuple[ChangeEvent, ...]:
        """Seal the events after the head, which is locked last and so for the shortest time."""
        sealed = seal(pending, tenant_id, head)
        moved = advanced(head, sealed)
        if sealed:
            session.run(self.statements.add_events, [event_values(event) for event in sealed])
        values = {"revision": moved.revision, "sequence": moved.sequence, "hash": moved.hash}
        session.run(self.statements.move_head, [{"own_tenant": tenant_id, **values}])
        return sealed

    def _locked_head(self, session: Session, tenant_id: str) -> Head:
        own = {"tenant_id": tenant_id}
        row = session.one(self.statements.head_to_move, own)
        if row is None:
            fresh = Head()
            values = {"revision": fresh.revision, "sequence": fresh.sequence, "hash": fresh.hash}
            session.run(self.statements.found_head, [{**own, **values}])
            ((row),) = session.all(self.statements.head_to_move, own)
        return head_of(row)
