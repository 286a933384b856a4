"""What is left after faults, held against what the store had acknowledged."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import attrs

from model_registry.domain.chain import Head, first_broken_link
from model_registry.domain.inventory import EVERYTHING
from model_registry.domain.replay import rebuild
from model_registry.ports import Store
from torture.sql_writing import GROUP, TENANTS


@attrs.frozen
class Judgement:
    """How many commits were acknowledged, and the sentences on what is lost and what is torn."""

    acknowledged: int
    refused: int
    lost: tuple[str, ...]
    torn: tuple[str, ...]


def half_seen(store: Store) -> list[str]:
    """Tell of each group of which a reader sees a part, while others write."""
    return [
        f"{tenant_id}: {number} of {GROUP} of group {group} are seen"
        for tenant_id in TENANTS
        for group, number in _groups(_listed(store, tenant_id)).items()
        if number != GROUP
    ]


def judge(store: Store, journals: Iterable[Path]) -> Judgement:
    """Compare a store that nobody writes any more with all journals."""
    lines = [line for journal in journals for line in _lines(journal)]
    lost: list[str] = []
    torn: list[str] = []
    for tenant_id in TENANTS:
        own = [line for line in lines if line["tenant"] == tenant_id]
        _judge_tenant(store, tenant_id, own, lost, torn)
    done = sum("done" in line for line in lines)
    return Judgement(done, sum("refused" in line for line in lines), tuple(lost), tuple(torn))


def _judge_tenant(
    store: Store, tenant_id: str, lines: list[dict[str, Any]], lost: list[str], torn: list[str]
) -> None:
    with store.history(tenant_id) as events:
        history = list(events)
    entries = {entry.id: entry for entry in _listed(store, tenant_id)}
    broken = first_broken_link(history)
    if broken is not None:
        torn.append(f"{tenant_id}: the chain breaks at {broken}")
        return
    head = store.head(tenant_id)
    last = (history[-1].sequence, history[-1].hash) if history else (0, Head().hash)
    if (head.sequence, head.hash) != last:
        torn.append(f"{tenant_id}: the head is {head}, the last event {last}")
    unseen = {key: attrs.evolve(entry, last_seen_at=None) for key, entry in entries.items()}
    if rebuild(history) != unseen:
        torn.append(f"{tenant_id}: the history does not explain the inventory")
    torn += [f"{tenant_id}: {fault}" for fault in store.stored_faults(tenant_id)]
    marks = Counter(event.actor for event in history)
    torn += [f"{tenant_id}: {n} events of commit {mark}" for mark, n in marks.items() if n != GROUP]
    torn += [
        f"{tenant_id}: {number} of group {group} are there"
        for group, number in _groups(entries.values()).items()
        if number != GROUP
    ]
    hashes = {event.sequence: event.hash for event in history}
    named = {entry.model_id: entry for entry in entries.values()}
    for line in lines:
        if "refused" in line and line["refused"] in marks and "not known" not in line["why"]:
            torn.append(f"{tenant_id}: commit {line['refused']} stands, but: {line['why']}")
        for sequence, hashed in line.get("links", ()):
            if hashes.get(sequence) != hashed:
                lost.append(f"{tenant_id}: event {sequence} of commit {line['done']}")
        for model_id in line.get("seen", ()):
            entry = named.get(model_id)
            at = datetime.fromisoformat(line["at"])
            if entry and (entry.last_seen_at is None or entry.last_seen_at < at):
                lost.append(f"{tenant_id}: the observation of {model_id} at {at}")


def _lines(journal: Path) -> list[dict[str, Any]]:
    """Read a journal; the last line may be cut off, and then it was told to nobody."""
    whole, _, _ = journal.read_text().rpartition("\n")
    return [json.loads(line) for line in whole.splitlines()]


def _listed(store: Store, tenant_id: str) -> list[Any]:
    with store.scan(tenant_id, EVERYTHING) as entries:
        return list(entries)


def _groups(entries: Iterable[Any]) -> Counter[str]:
    return Counter(entry.model_id.rpartition("/")[0] for entry in entries)
