"""
Writers that may die at any moment: ``python -m torture.sql_writing URL``.

Each line of standard input (a journal's path, a name, a seed) forks one writer, and
its process id is the answer: forking takes milliseconds, starting Python a second.
A writer has threads, whose commits SQLite's store writes together where they meet. They
put into its journal what the store acknowledged, synced line by line, and commit only
in groups of ``GROUP`` entries that must appear together.
"""

from __future__ import annotations

import json
import logging
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from uuid import uuid4

import attrs

from model_registry.domain import changes
from model_registry.domain.changes import Change, Seen
from model_registry.domain.entry import Amendment, ModelEntry, Registration
from model_registry.domain.lifecycle import DEFAULT_LIFECYCLE
from model_registry.errors import StoreError
from model_registry.plugins import open_store
from model_registry.ports import Store

TENANTS = ("org_abc", "org_xyz")
GROUP = 3
_THREADS = 2
_LONGEST_LIFE = 120.0  # seconds: nobody is left behind when the parent dies
_PAUSE_AFTER_REFUSAL = 0.01


@attrs.frozen
class _Journal:
    file: int

    def note(self, **line: object) -> None:
        os.write(self.file, json.dumps(line).encode() + b"\n")
        os.fsync(self.file)


@attrs.frozen
class _Writer:
    """One thread: its groups are its own, the tenants are everybody's."""

    store: Store
    journal: _Journal
    name: str
    chance: random.Random
    groups: dict[str, tuple[str, list[ModelEntry]]] = attrs.field(factory=dict)

    def write(self, mark: str) -> None:
        kinds: list[Callable[[str], None]] = [self._register]
        if self.groups:
            kinds += [self._amend, self._remove, self._see]
        self.chance.choice(kinds)(mark)

    def _register(self, mark: str) -> None:
        tenant_id = self.chance.choice(TENANTS)
        inserts = [
            changes.register(
                Registration(model_id=f"{mark}/{part}", provider="acme", risk_tier="tier_1"),
                tenant_id=tenant_id,
                entry_id=str(uuid4()),
                actor=mark,
                at=_now(),
            )
            for part in range(GROUP)
        ]
        if self._commit(mark, tenant_id, inserts):
            self.groups[mark] = (tenant_id, [insert.entry for insert in inserts])

    def _amend(self, mark: str) -> None:
        group, tenant_id, entries = self._taken()
        amendment = Amendment(owner=mark, description="x" * self.chance.randrange(2_000))
        replaces = [
            changes.amend(entry, amendment, lifecycle=DEFAULT_LIFECYCLE, actor=mark, at=_now())
            for entry in entries
        ]
        if self._commit(mark, tenant_id, replaces):
            self.groups[group] = (tenant_id, [replace.after for replace in replaces])

    def _remove(self, mark: str) -> None:
        _, tenant_id, entries = self._taken()
        removes = [changes.remove(entry, actor=mark, at=_now()) for entry in entries]
        self._commit(mark, tenant_id, removes)

    def _see(self, mark: str) -> None:
        group, (tenant_id, entries) = self.chance.choice(list(self.groups.items()))
        at = _now()
        seen = [Seen(entry.model_id, at) for entry in entries]
        if self._commit(mark, tenant_id, seen):
            models = [entry.model_id for entry in entries]
            self.journal.note(seen=models, tenant=tenant_id, at=at.isoformat())
        else:
            del self.groups[group]

    def _taken(self) -> tuple[str, str, list[ModelEntry]]:
        """Take a group out: what became of it is unsure until the store says so."""
        group = self.chance.choice(list(self.groups))
        return group, *self.groups.pop(group)

    def _commit(self, mark: str, tenant_id: str, wanted: list[Change]) -> bool:
        try:
            sealed = self.store.commit(tenant_id, wanted)
        except StoreError as error:
            self.journal.note(refused=mark, tenant=tenant_id, why=str(error))
            time.sleep(_PAUSE_AFTER_REFUSAL)
            return False
        links = [[event.sequence, event.hash] for event in sealed]
        self.journal.note(done=mark, tenant=tenant_id, links=links)
        return True


def _now() -> datetime:
    return datetime.now(UTC)


def _live(url: str, journal: str, name: str, seed: str) -> None:
    logging.disable()  # drivers log each connection that is lost; the journal tells of it
    end = time.monotonic() + _LONGEST_LIFE
    file = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with open_store(url) as store, ThreadPoolExecutor(_THREADS) as threads:

        def write(thread: int) -> None:
            own = f"{name}.{thread}"
            writer = _Writer(store, _Journal(file), own, random.Random(f"{seed}.{thread}"))
            try:
                for number in count():
                    if time.monotonic() > end:
                        return
                    writer.write(f"{own}.{number}")
            except BaseException as error:  # the other threads would go on as if nothing were
                Path(journal).with_suffix(".died").write_text(repr(error))
                os._exit(1)

        list(threads.map(write, range(_THREADS)))


def _fork_writers(url: str) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead need nobody to bury them
    for line in sys.stdin:
        journal, name, seed = line.split()
        pid = os.fork()
        if pid == 0:
            try:
                _live(url, journal, name, seed)
            except BaseException as error:
                Path(journal).with_suffix(".died").write_text(repr(error))
                raise
            finally:
                os._exit(0)
        print(pid, flush=True)


if __name__ == "__main__":
    _fork_writers(sys.argv[1])
