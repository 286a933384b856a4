"""One tenant's inventory in memory, and what a commit makes of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

import attrs

from model_registry.domain.entry import ModelEntry
from model_registry.domain.inventory import EVERYTHING, Filter, in_order
from model_registry.domain.outcome import Outcome
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
        entries, ids = dict(self.entries), dict(self.ids)
        for row in rows:
            entry = row.entry
            before = entries.pop(entry.id, None)
            # A model_id that was freed may be another entry's by now.
            if before is not None and ids.get(before.model_id) == entry.id:
                del ids[before.model_id]
            if not row.removed:
                entries[entry.id] = entry
                ids[entry.model_id] = entry.id
        return Inventory(entries, ids)

    def find(self, model_id: str) -> ModelEntry | None:
        """Return the entry of a model_id, or None."""
        entry_id = self.ids.get(model_id)
        return None if entry_id is None else self.entries[entry_id]

    def rows(self, outcome: Outcome, revision: int) -> list[EntryRow]:
        """Return what has to be written of a commit; nothing of an entry that came and went."""
        rows: list[EntryRow] = []
        for entry_id, entry in outcome.entries.items():
            if entry is not None:
                rows.append(EntryRow(entry, revision))
            elif entry_id in self.entries:
                rows.append(EntryRow(self.entries[entry_id], revision, removed=True))
        return rows
