"""One tenant's inventory in memory, and what a commit makes of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cached_property

import attrs

from model_registry.domain.changes import (
    Change,
    Insert,
    PendingEvent,
    Remove,
    Replace,
    Seen,
    later,
    still_stands,
)
from model_registry.domain.entry import ModelEntry
from model_registry.domain.inventory import EVERYTHING, Filter, in_order
from model_registry.errors import ModelAlreadyExists
from model_registry_parquet.rows import EntryRow


@attrs.frozen(eq=False, slots=False)
class Inventory:
    """
    A tenant's entries at one revision; a commit makes another, so readers need no lock.

    Attributes:
        entries: by id.
        ids: the id of each model_id.
    """

    entries: dict[str, ModelEntry] = attrs.field(factory=dict)
    ids: dict[str, str] = attrs.field(factory=dict)

    @cached_property
    def ordered(self) -> list[ModelEntry]:
        """Every entry in the order of a listing."""
        return in_order(self.entries.values())

    def matches(self, where: Filter) -> Sequence[ModelEntry]:
        """Return the entries that are meant, in the order of a listing."""
        if where == EVERYTHING:
            return self.ordered
        return [entry for entry in self.ordered if where.matches(entry)]

    def overruled(self, rows: Iterable[EntryRow]) -> Inventory:
        """Return the inventory after later rows."""
        entries = dict(self.entries)
        for row in rows:
            if row.removed:
                entries.pop(row.entry.id, None)
            else:
                entries[row.entry.id] = row.entry
        return Inventory(entries, {entry.model_id: entry.id for entry in entries.values()})


class Draft:
    """
    What changes make of an inventory, and what of it has to be written.

    Attributes:
        pending: the events to be sealed, in order.
    """

    def __init__(self, inventory: Inventory) -> None:
        self._entries = dict(inventory.entries)
        self._ids = dict(inventory.ids)
        self._touched: dict[str, ModelEntry] = {}
        self.pending: list[PendingEvent] = []

    def apply(self, changes: Iterable[Change]) -> None:
        """
        Make changes in their order.

        Raises:
            ModelAlreadyExists, ModelNotFound, ConcurrentUpdate: see ``Store.commit``.
        """
        for change in changes:
            match change:
                case Insert(entry, event):
                    if entry.model_id in self._ids:
                        raise ModelAlreadyExists(entry.model_id)
                    self._put(entry)
                    self.pending.append(event)
                case Replace(before, after, event):
                    stored = still_stands(self._entries.get(before.id), before)
                    seen = later(stored.last_seen_at, after.last_seen_at)
                    self._put(attrs.evolve(after, last_seen_at=seen))
                    self.pending.append(event)
                case Remove(before, event):
                    stored = still_stands(self._entries.get(before.id), before)
                    del self._entries[stored.id], self._ids[stored.model_id]
                    self._touched[stored.id] = stored
                    self.pending.append(event)
                case Seen(model_id, at):
                    self._observe(model_id, at)

    def rows(self, revision: int) -> list[EntryRow]:
        """Return what has to be written, none if nothing changed."""
        return [
            EntryRow(entry, revision, removed=entry_id not in self._entries)
            for entry_id, entry in self._touched.items()
        ]

    def inventory(self) -> Inventory:
        """Return the inventory that the changes made."""
        return Inventory(self._entries, self._ids)

    def _put(self, entry: ModelEntry) -> None:
        self._entries[entry.id] = entry
        self._ids[entry.model_id] = entry.id
        self._touched[entry.id] = entry

    def _observe(self, model_id: str, at: datetime) -> None:
        entry_id = self._ids.get(model_id)
        if entry_id is None:
            return
        entry = self._entries[entry_id]
        seen = later(entry.last_seen_at, at)
        if seen != entry.last_seen_at:
            self._put(attrs.evolve(entry, last_seen_at=seen))
