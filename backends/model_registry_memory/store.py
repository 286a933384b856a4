"""A store of dicts under one lock; it lives as long as its process."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from threading import Lock

import attrs

from model_registry.domain.chain import Head, advanced, seal
from model_registry.domain.changes import (
    Change,
    ChangeEvent,
    Insert,
    PendingEvent,
    Remove,
    Replace,
    Seen,
    later,
    still_stands,
)
from model_registry.domain.entry import ModelEntry
from model_registry.domain.inventory import Filter, Page, in_order
from model_registry.errors import ModelAlreadyExists, StoreError
from model_registry.ports import Store


@attrs.frozen
class _Inventory:
    """One tenant's state; a commit makes another, so readers need no lock."""

    entries: dict[str, ModelEntry] = attrs.field(factory=dict)
    ids: dict[str, str] = attrs.field(factory=dict)
    events: tuple[ChangeEvent, ...] = ()
    head: Head = attrs.field(factory=Head)


class MemoryStore(Store):
    """Keeps everything in this process and nothing after it: for tests and trials."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._inventories: dict[str, _Inventory] = {}

    def commit(self, tenant_id: str, changes: Sequence[Change]) -> tuple[ChangeEvent, ...]:
        with self._lock:
            old = self._inventory(tenant_id)
            entries, ids = dict(old.entries), dict(old.ids)
            pending: list[PendingEvent] = []
            observed = False
            for change in changes:
                match change:
                    case Insert(entry, event):
                        if entry.model_id in ids:
                            raise ModelAlreadyExists(entry.model_id)
                        entries[entry.id] = entry
                        ids[entry.model_id] = entry.id
                        pending.append(event)
                    case Replace(before, after, event):
                        stored = still_stands(entries.get(before.id), before)
                        seen = later(stored.last_seen_at, after.last_seen_at)
                        entries[before.id] = attrs.evolve(after, last_seen_at=seen)
                        pending.append(event)
                    case Remove(before, event):
                        still_stands(entries.get(before.id), before)
                        del entries[before.id], ids[before.model_id]
                        pending.append(event)
                    case Seen(model_id, at):
                        observed = _observe(entries, ids.get(model_id), at) or observed
            if not pending and not observed:
                return ()
            sealed = seal(pending, tenant_id, old.head)
            self._inventories[tenant_id] = _Inventory(
                entries, ids, old.events + sealed, advanced(old.head, sealed)
            )
            return sealed

    def get(self, tenant_id: str, entry_id: str) -> ModelEntry | None:
        return self._inventory(tenant_id).entries.get(entry_id)

    def find(self, tenant_id: str, model_ids: Collection[str]) -> dict[str, ModelEntry]:
        state = self._inventory(tenant_id)
        known = (model_id for model_id in model_ids if model_id in state.ids)
        return {model_id: state.entries[state.ids[model_id]] for model_id in known}

    def page(self, tenant_id: str, where: Filter, limit: int, offset: int) -> Page:
        matches = self._matches(tenant_id, where)
        return Page(len(matches), tuple(matches[offset : offset + limit]))

    @contextmanager
    def scan(self, tenant_id: str, where: Filter) -> Iterator[Iterator[ModelEntry]]:
        yield iter(self._matches(tenant_id, where))

    @contextmanager
    def history(
        self,
        tenant_id: str,
        entry_id: str | None = None,
        after: int = 0,
        until: datetime | None = None,
    ) -> Iterator[Iterator[ChangeEvent]]:
        yield (
            event
            for event in self._inventory(tenant_id).events[after:]
            if entry_id in (None, event.entry_id) and (until is None or event.at <= until)
        )

    def count_events(self, tenant_id: str, entry_id: str | None = None) -> int:
        events = self._inventory(tenant_id).events
        return sum(entry_id in (None, event.entry_id) for event in events)

    def head(self, tenant_id: str) -> Head:
        return self._inventory(tenant_id).head

    def close(self) -> None:
        pass

    def _inventory(self, tenant_id: str) -> _Inventory:
        return self._inventories.get(tenant_id) or _Inventory()

    def _matches(self, tenant_id: str, where: Filter) -> list[ModelEntry]:
        return in_order(filter(where.matches, self._inventory(tenant_id).entries.values()))


def _observe(entries: dict[str, ModelEntry], entry_id: str | None, at: datetime) -> bool:
    if entry_id is None:
        return False
    entry = entries[entry_id]
    seen = later(entry.last_seen_at, at)
    entries[entry_id] = attrs.evolve(entry, last_seen_at=seen)
    return seen != entry.last_seen_at


def open_store(url: str) -> MemoryStore:
    """
    Open a new, empty store for ``memory://``.

    Raises:
        StoreError: the URL says more than that, which no memory could keep.
    """
    if url != "memory://":
        raise StoreError(f"An in-memory store has no name or place: write memory://, not {url}")
    return MemoryStore()
