"""What must hold of a Parquet store at any moment, whatever happened to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import attrs

from model_registry.domain.chain import Head, first_broken_link
from model_registry.domain.changes import Action, ChangeEvent
from model_registry.domain.entry import ModelEntry
from model_registry.domain.inventory import EVERYTHING
from model_registry.domain.replay import rebuild
from model_registry_parquet import ParquetStore


def listed(store: ParquetStore, tenant_id: str) -> list[ModelEntry]:
    with store.scan(tenant_id, EVERYTHING) as entries:
        return list(entries)


def told(store: ParquetStore, tenant_id: str) -> list[ChangeEvent]:
    with store.history(tenant_id) as events:
        return list(events)


def member(batch: str, number: int, size: int) -> str:
    """Return a model_id that says which commit registered it, and how many more did."""
    return f"{batch}/{number}/{size}"


def torn_batches(events: Iterable[ChangeEvent]) -> list[str]:
    """Return the commits of which a part is there and a part is not."""
    found: Counter[str] = Counter()
    sizes: dict[str, int] = {}
    for event in events:
        if event.action is Action.REGISTERED and event.model_id.count("/") == 2:
            batch, _, size = event.model_id.split("/")
            found[batch] += 1
            sizes[batch] = int(size)
    return [batch for batch, size in sizes.items() if found[batch] != size]


def wrong_history(events: list[ChangeEvent]) -> list[str]:
    """Tell what no run of whole commits leaves; right while others write, too."""
    broken = first_broken_link(events)
    faults = [] if broken is None else [f"event {broken} is not in its chain"]
    return faults + [f"a part of commit {batch}" for batch in torn_batches(events)]


def wrong(store: ParquetStore, tenant_id: str) -> list[str]:
    """Tell what no run of whole commits leaves; nobody must be writing."""
    events, entries = told(store, tenant_id), listed(store, tenant_id)
    faults = wrong_history(events)
    head, last = store.head(tenant_id), events[-1] if events else None
    expected = (len(events), last.hash if last else Head().hash)
    if (head.sequence, head.hash) != expected:
        faults.append(f"the head {head} is not that of {len(events)} events")
    unobserved = [attrs.evolve(entry, last_seen_at=None) for entry in entries]
    if {entry.id: entry for entry in unobserved} != {
        entry.id: attrs.evolve(entry, last_seen_at=None) for entry in rebuild(events).values()
    }:
        faults.append("the inventory is not what the history tells")
    if len({entry.model_id for entry in entries}) != len(entries):
        faults.append("two entries have one model_id")
    return faults
