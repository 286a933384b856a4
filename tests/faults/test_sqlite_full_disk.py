"""SQLite: the disk takes no more, at any place of a commit; nothing of it stays, and it goes on."""

from __future__ import annotations

import subprocess
import sys

STEPS = 48

WRITING = """
import resource, sys
from pathlib import Path
from model_registry.errors import StoreError
from model_registry.plugins import open_store
from model_registry.testing import Draft
from model_registry.testing.fakes import listed, told

path, steps = Path(sys.argv[1]), int(sys.argv[2])
draft = Draft()
refused = 0

def allow(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

with open_store(f"sqlite:///{path}") as store:
    store.commit("org_abc", [draft.insert("first")])
    for step in range(steps):
        before = (listed(store), told(store), store.head("org_abc"))
        inserts = [draft.insert(f"{step}-{n}", description="x" * 3_000) for n in range(3)]
        written = Path(f"{path}-wal").stat().st_size
        allow(written + 2_048 * step)
        try:
            store.commit("org_abc", inserts)
        except StoreError as error:
            assert "The store could not be written: the disk" in str(error), error
            refused += 1
            assert (listed(store), told(store), store.head("org_abc")) == before
        allow(resource.RLIM_INFINITY)
        store.commit("org_abc", [draft.insert(f"{step}-afterwards")])
    assert store.head("org_abc").sequence == len(told(store)) == 1 + steps + 3 * (steps - refused)
print(refused)
"""


def test_a_commit_that_the_disk_refuses_anywhere_leaves_nothing(tmp_path):
    """Files may grow to a limit that ends the commit's write-ahead log a little later each time."""
    said = subprocess.run(
        [sys.executable, "-c", WRITING, str(tmp_path / "registry.db"), str(STEPS)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert not said.returncode, said.stderr[-2_000:]
    assert 10 < int(said.stdout) < STEPS, said.stdout
