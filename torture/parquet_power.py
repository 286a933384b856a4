"""The power fails at any moment: what the disk then holds is a whole state, and none too old."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs

from model_registry.domain.chain import Head
from model_registry.domain.changes import Change, Seen
from model_registry.domain.entry import ModelEntry
from model_registry.errors import RegistryError
from model_registry.testing import Draft
from model_registry_parquet import ParquetStore, merging
from torture.parquet_check import listed, member, wrong
from torture.parquet_disk import (
    WORST,
    Disk,
    Killed,
    Life,
    Remains,
    RememberingFolder,
    Survives,
    Tree,
    after_power_loss,
    chosen_by,
    lay_out,
)
from torture.parquet_steps import QuickFolder

TENANTS = ("org_abc", "org_xyz")
FEW_FILES = 2
NO_GRACE = timedelta(0)

_Seen = tuple[Head, list[ModelEntry]]


@attrs.define
class Recording:
    """
    What was done to a store, and which states it went through.

    Attributes:
        top: the folder that the store's own was made in.
        tenants: who is in it.
        disk: every step.
        states: of each tenant and revision, what a reader saw.
        begun: after how many steps the commit of a tenant's revision began.
        acknowledged: after how many steps it returned.
    """

    top: Path
    tenants: tuple[str, ...] = TENANTS
    disk: Disk = attrs.field(factory=Disk)
    states: dict[tuple[str, int], _Seen] = attrs.field(factory=dict)
    begun: dict[tuple[str, int], int] = attrs.field(factory=dict)
    acknowledged: dict[tuple[str, int], int] = attrs.field(factory=dict)

    def live(self, life: Life, commits: Sequence[tuple[str, Sequence[Change]]]) -> None:
        """Be a process: open the store and make commits, until done or killed."""
        self._note(0)
        try:
            folder = RememberingFolder(self.top / "r", self.disk, life)
            store = ParquetStore(folder, grace=NO_GRACE)
            for tenant, changes in commits:
                begun = len(self.disk.steps)
                try:
                    store.commit(tenant, changes)
                finally:
                    self._note(begun)
                revision = self._now(tenant)[0].revision
                self.acknowledged.setdefault((tenant, revision), len(self.disk.steps))
        except Killed:
            pass

    def _note(self, begun: int) -> None:
        for tenant in self.tenants:
            state = self._now(tenant)
            self.states.setdefault((tenant, state[0].revision), state)
            self.begun.setdefault((tenant, state[0].revision), begun)

    def _now(self, tenant: str) -> _Seen:
        if not (self.top / "r" / "registry.json").exists():
            return Head(), []
        store = ParquetStore(self.top / "r")
        return store.head(tenant), listed(store, tenant)

    def disks(self, moment: int, choices: Sequence[tuple[Survives, Remains]]) -> Iterator[Tree]:
        """Give the disks that may be left, each once."""
        given: list[Tree] = []
        for survives, remains in choices:
            tree = after_power_loss(self.disk.steps, moment, self.top, survives, remains)
            if tree not in given:
                given.append(tree)
                yield tree

    def harm(self, tree: Tree, moment: int, target: Path) -> list[str]:
        """Start again from a disk, and tell what must not be."""
        target.mkdir()
        lay_out(tree, target)
        try:
            return self._harm(moment, target)
        except RegistryError as error:
            return [f"refused: {error}"]
        finally:
            shutil.rmtree(target)

    def _harm(self, moment: int, target: Path) -> list[str]:
        faults: list[str] = []
        store = ParquetStore(QuickFolder(target / "r"), grace=NO_GRACE)
        for tenant in self.tenants:
            head, entries = store.head(tenant), listed(store, tenant)
            least = max(
                (
                    revision
                    for (whose, revision), at in self.acknowledged.items()
                    if whose == tenant and at <= moment
                ),
                default=0,
            )
            if head.revision < least:
                faults.append(f"{tenant}: revision {least} was acknowledged, {head} is left")
            began = self.begun.get((tenant, head.revision))
            state = self.states.get((tenant, head.revision))
            if began is None or began > moment or state != (head, entries):
                faults.append(f"{tenant}: never was in the state {head}")
            store.commit(tenant, [Draft(tenant).insert("afterwards")])
            faults += [f"{tenant}, afterwards: {what}" for what in wrong(store, tenant)]
        return faults


@contextmanager
def few_files() -> Iterator[None]:
    """Have files merged, and what is superseded swept, within a few commits."""
    before = merging.MOST_FILES
    merging.MOST_FILES = FEW_FILES  # type: ignore[misc]  # the constant of a program, not of a test
    try:
        yield
    finally:
        merging.MOST_FILES = before  # type: ignore[misc]  # as above


def some_commits(
    chance: random.Random, count: int, batch: str = "b", tenants: Sequence[str] = TENANTS
) -> list[tuple[str, list[Change]]]:
    """Decide commits of every kind, each upon what the ones before left."""
    drafts = {tenant: Draft(tenant) for tenant in tenants}
    there: dict[str, list[Any]] = {tenant: [] for tenant in tenants}
    commits: list[tuple[str, list[Change]]] = []
    for number in range(count):
        tenant = chance.choice(tenants)
        draft, mine = drafts[tenant], there[tenant]
        kind = chance.choice(("insert", "replace", "remove", "seen")) if mine else "insert"
        changes: list[Change]
        if kind == "insert":
            size = chance.randint(1, 3)
            inserts = [draft.insert(member(f"{batch}-{number}", n, size)) for n in range(size)]
            mine += [insert.entry for insert in inserts]
            changes = [*inserts]
        elif kind == "replace":
            replace = draft.replace(mine[-1], owner=f"team {number}")
            mine[-1] = replace.after
            changes = [replace]
        elif kind == "remove":
            changes = [draft.remove(mine.pop())]
        else:
            changes = [Seen(mine[-1].model_id, draft.clock())]
        commits.append((tenant, changes))
    return commits


def power_losses(
    recording: Recording, scratch: Path, moments: Sequence[int], chance: random.Random, draws: int
) -> tuple[int, list[str]]:
    """
    Let the power fail at moments, in the worst ways and in some that chance draws.

    Returns:
        How many disks were tried, and what must not be.
    """
    tried, faults = 0, []
    for moment in moments:
        ways = (*WORST, *(chosen_by(chance) for _ in range(draws)))
        for number, tree in enumerate(recording.disks(moment, ways)):
            found = recording.harm(tree, moment, scratch / f"{moment}-{number}")
            faults += [f"after step {moment}: {what}" for what in found]
            tried += 1
    return tried, faults
