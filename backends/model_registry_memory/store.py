"""A store of dicts under one lock; it lives as long as its process."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from threading import Lock

import attrs

from model_registry.domain.chain import Head, advanced, seal
from model_registry.domain.changes import Change, ChangeEvent
from model_registry.domain.entry import ModelEntry
from model_registry.domain.inventory import Filter, Page, in_order
from model_registry.domain.outcome import outcome_of
from model_registry.errors import StoreError
from model_registry.ports import Store


@attrs.frozen
class _Inventory:
    """One tenant's state; a commit makes another, so readers need no lock."""

    entries: dict[str, ModelEntry] = attrs.field(factory=dict)
    ids: dict[str, str] = attrs.field(factory=dict)
    events: tuple[ChangeEvent, ...] = ()
    head: Head = attrs.field(factory=Head)

    def find(self, model_id: str) -> ModelEntry | None:
        """Return the entry of a model_id, or None."""
        entry_id = self.ids.get(model_id)
        return None if entry_id is None else self.entries[entry_id]


class MemoryStore(Store):
    """Keeps everything in this process and nothing after it: for tests and trials."""

    embedded = True

    def __init__(self) -> None:
        self._lock = Lock()
        self._inventories: dict[str, _Inventory] = {}

    def commit(self, tenant_id: str, changes: Sequence[Change]) -> tuple[ChangeEvent, ...]:
        with self._lock:
            old = self._inventory(tenant_id)
            outcome = outcome_of(changes, old.entries.get, old.find)
            if not outcome:
                return ()
            entries, ids = dict(old.entries), dict(old.ids)
            for entry_id, entry in outcome.entries.items():
                if entry_id in entries:
                    del ids[entries.pop(entry_id).model_id]
                if entry is not None:
                    entries[entry_id] = entry
                    ids[entry.model_id] = entry_id
            sealed = seal(outcome.events, tenant_id, old.head)
            self._inventories[tenant_id] = _Inventory(
                entries, ids, old.events + sealed, advanced(old.head, sealed)
            )
            return sealed

    def get(self, tenant_id: str, entry_id: str) -> ModelEntry | None:
        return self._inventory(tenant_id).entries.get(entry_id)

    def find(self, tenant_id: str, model_ids: Collection[str]) -> dict[str, ModelEntry]:
        state = self._inventory(tenant_id)
        found = ((model_id, state.find(model_id)) for model_id in model_ids)
        return {model_id: entry for model_id, entry in found if entry is not None}

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

    def tenants(self) -> Sequence[str]:
        return sorted(self._inventories)

    def close(self) -> None:
        pass

    def _inventory(self, tenant_id: str) -> _Inventory:
        return self._inventories.get(tenant_id) or _Inventory()

    def _matches(self, tenant_id: str, where: Filter) -> list[ModelEntry]:
        return in_order(filter(where.matches, self._inventory(tenant_id).entries.values()))


def open_store(url: str) -> MemoryStore:
    """
    Open a new, empty store for ``memory://``.

    Raises:
        StoreError: the URL says more than that, which no memory could keep.
    """
    if url != "memory://":
        raise StoreError(f"An in-memory store has no name or place: write memory://, not {url}")
    return MemoryStore()
