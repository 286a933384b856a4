"""Writers that are killed with SIGKILL at any moment, while a reader looks on."""

from __future__ import annotations

import json
import multiprocessing
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from multiprocessing.process import BaseProcess
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import attrs

from model_registry.domain.changes import Change, Seen
from model_registry.errors import RegistryError
from model_registry.testing import Draft
from model_registry_parquet import ParquetStore, merging
from torture.parquet_check import listed, member, told, wrong, wrong_history

TENANTS = ("org_abc", "org_xyz")
FEW_FILES = 4
_GRACES = (timedelta(0), timedelta(milliseconds=20))
_LONGEST_START = 60.0
# So that a start takes no time; pyarrow looks for pandas at its first table.
_PRELOADED = ["model_registry.testing", "model_registry_parquet", "pandas"]


@attrs.define
class Toll:
    """What a round of kills showed."""

    acknowledged: int = 0
    lost: list[str] = attrs.field(factory=list)
    torn: list[str] = attrs.field(factory=list)
    looks: int = 0

    def add(self, other: Toll) -> None:
        self.acknowledged += other.acknowledged
        self.looks += other.looks
        self.lost += other.lost
        self.torn += other.torn


def write(folder: Path, journal: Path, name: str, seed: int) -> None:
    """Commit until killed; each commit is noted in the journal once the store returned."""
    merging.MOST_FILES = FEW_FILES
    chance = random.Random(seed)
    mine: dict[str, list[Any]] = {tenant: [] for tenant in TENANTS}
    drafts = {tenant: Draft(tenant) for tenant in TENANTS}
    store = ParquetStore(folder, grace=chance.choice(_GRACES))
    with journal.open("ab", buffering=0) as acknowledged:
        for number in count():
            tenant = chance.choice(TENANTS)
            changes, seen = _decided(chance, drafts[tenant], mine[tenant], f"{name}-{number}")
            events = store.commit(tenant, changes)
            places = [(event.sequence, event.hash) for event in events]
            acknowledged.write(json.dumps([tenant, places, seen]).encode() + b"\n")


def _decided(
    chance: random.Random, draft: Draft, mine: list[Any], batch: str
) -> tuple[list[Change], tuple[str, str] | None]:
    """Decide a commit, taking its success for granted: nobody else touches these entries."""
    kind = chance.choice(("insert", "insert", "replace", "remove", "seen")) if mine else "insert"
    if kind == "insert":
        size = chance.randint(1, 4)
        inserts = [draft.insert(member(batch, number, size)) for number in range(size)]
        mine += [insert.entry for insert in inserts]
        return [*inserts], None
    at = chance.randrange(len(mine))
    if kind == "replace":
        replace = draft.replace(mine[at], owner=batch)
        mine[at] = replace.after
        return [replace], None
    if kind == "remove":
        return [draft.remove(mine.pop(at))], None
    seen = Seen(mine[at].model_id, draft.clock())
    return [seen], (mine[at].model_id, seen.at.isoformat())


def kill_round(folder: Path, journals: Path, seed: int, writers: int = 3) -> Toll:
    """
    Let writers loose on a folder, kill them one after another, and judge what is left.

    Args:
        folder: the store's, as an earlier round may have left it.
        journals: where the writers note what was acknowledged.
        seed: what chance repeats.
        writers: how many processes write at once.
    """
    chance = random.Random(seed)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    noted = [journals / f"{seed}-{number}.jsonl" for number in range(writers)]
    alive: list[BaseProcess] = [
        context.Process(target=write, args=(folder, journal, journal.stem, seed + number))
        for number, journal in enumerate(noted)
    ]
    toll = Toll()
    for process in alive:
        process.start()
    try:
        _await_first(noted, alive)
        chance.shuffle(alive)
        while alive:
            sleep(chance.uniform(0, 0.08))
            victim = alive.pop()
            victim.kill()
            victim.join()
            if victim.exitcode != -9:
                toll.torn.append(f"a writer ended with {victim.exitcode} before it was killed")
            with _refusals(toll):
                _look(folder, toll)
    finally:
        for process in alive:
            process.kill()
            process.join()
    with _refusals(toll):
        _judge(folder, noted, toll)
    return toll


@contextmanager
def _refusals(toll: Toll) -> Iterator[None]:
    """Count a store that cannot be read or written as torn."""
    try:
        yield
    except RegistryError as error:
        toll.torn.append(str(error))


def _await_first(journals: list[Path], alive: list[BaseProcess]) -> None:
    """Wait until each writer has had a commit acknowledged, so that kills hit writing."""
    until = monotonic() + _LONGEST_START
    while not all(journal.exists() and journal.stat().st_size for journal in journals):
        if monotonic() > until or any(process.exitcode is not None for process in alive):
            raise RuntimeError("a writer did not come to write")
        sleep(0.005)


def _look(folder: Path, toll: Toll) -> None:
    """Read as somebody else would, perhaps while others write."""
    with ParquetStore(folder) as store:
        for tenant in TENANTS:
            toll.torn += [
                f"{tenant}, in passing: {what}" for what in wrong_history(told(store, tenant))
            ]
            toll.looks += 1


def _acknowledged(journals: list[Path]) -> Iterator[tuple[str, list[list[Any]], Any]]:
    for journal in journals:
        for line in journal.read_bytes().splitlines(keepends=True):
            if line.endswith(b"\n"):
                yield json.loads(line)


def _judge(folder: Path, journals: list[Path], toll: Toll) -> None:
    """Open the folder as the next process does, compare, and write once more."""
    store = ParquetStore(folder, grace=timedelta(0))
    hashes = {tenant: {e.sequence: e.hash for e in told(store, tenant)} for tenant in TENANTS}
    entries = {tenant: {e.model_id: e for e in listed(store, tenant)} for tenant in TENANTS}
    for tenant, places, seen in _acknowledged(journals):
        toll.acknowledged += 1
        toll.lost += [
            f"{tenant}, event {sequence}"
            for sequence, hashed in places
            if hashes[tenant].get(sequence) != hashed
        ]
        known = entries[tenant].get(seen[0]) if seen else None
        at = known.last_seen_at if known else None
        if known and (at is None or at.isoformat() < seen[1]):
            toll.lost.append(f"{tenant}, {seen[0]} was seen at {seen[1]}")
    for tenant in TENANTS:
        toll.torn += [f"{tenant}: {what}" for what in wrong(store, tenant)]
        store.commit(tenant, [Draft(tenant).insert(f"after {journals[0].stem}")])
        toll.torn += [f"{tenant}, afterwards: {what}" for what in wrong(store, tenant)]
