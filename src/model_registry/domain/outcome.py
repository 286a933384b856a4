"""
What a commit makes of an inventory: the rules that every store applies in its transaction.

A store looks entries up, asks ``outcome_of``, and writes what it says. The
order of changes, conflicts and observations are settled here, once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

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
from model_registry.errors import ModelAlreadyExists


@attrs.frozen
class Outcome:
    """
    What is to be written.

    Attributes:
        entries: by id, each entry as it will stand; None for one that goes.
        events: to be sealed after the tenant's head, in this order.
    """

    entries: Mapping[str, ModelEntry | None]
    events: tuple[PendingEvent, ...]

    def __bool__(self) -> bool:
        """Tell whether anything is to be written at all."""
        return bool(self.entries or self.events)


def outcome_of(
    changes: Sequence[Change],
    get: Callable[[str], ModelEntry | None],
    find: Callable[[str], ModelEntry | None],
) -> Outcome:
    """
    Decide what changes make of an inventory, taking effect in their order.

    Args:
        changes: what is to be committed.
        get: returns the tenant's stored entry with an id, or None.
        find: returns the tenant's stored entry with a model_id, or None.

    Raises:
        ModelAlreadyExists: an inserted model_id is in the inventory.
        ModelNotFound: an entry to replace or to remove is not there.
        ConcurrentUpdate: an entry to replace or to remove is another by now.
    """
    overlay = _Overlay(get, find)
    events: list[PendingEvent] = []
    for change in changes:
        overlay.apply(change)
        if not isinstance(change, Seen):
            events.append(change.event)
    return Outcome(overlay.entries, tuple(events))


@attrs.frozen
class _Overlay:
    """What changes made so far, over what is stored."""

    get: Callable[[str], ModelEntry | None]
    find: Callable[[str], ModelEntry | None]
    entries: dict[str, ModelEntry | None] = attrs.field(factory=dict)
    ids: dict[str, str | None] = attrs.field(factory=dict)

    def current(self, entry_id: str) -> ModelEntry | None:
        return self.entries[entry_id] if entry_id in self.entries else self.get(entry_id)

    def called(self, model_id: str) -> ModelEntry | None:
        if model_id in self.ids:
            entry_id = self.ids[model_id]
        else:
            stored = self.find(model_id)
            entry_id = None if stored is None else stored.id
        return None if entry_id is None else self.current(entry_id)

    def apply(self, change: Change) -> None:
        match change:
            case Insert(entry):
                if self.called(entry.model_id) is not None:
                    raise ModelAlreadyExists(entry.model_id)
                self.entries[entry.id] = entry
                self.ids[entry.model_id] = entry.id
            case Replace(before, after):
                stored = still_stands(self.current(before.id), before)
                seen = later(stored.last_seen_at, after.last_seen_at)
                moved = seen != after.last_seen_at
                self.entries[before.id] = attrs.evolve(after, last_seen_at=seen) if moved else after
            case Remove(before):
                still_stands(self.current(before.id), before)
                self.entries[before.id] = None
                self.ids[before.model_id] = None
            case Seen(model_id, at):
                known = self.called(model_id)
                if known is not None and later(known.last_seen_at, at) != known.last_seen_at:
                    self.entries[known.id] = attrs.evolve(known, last_seen_at=at)
