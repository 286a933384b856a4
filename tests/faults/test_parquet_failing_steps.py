"""The file system fails, or the process ends, at any step: the old or the new state is left."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from torture.parquet_check import wrong
from torture.parquet_disk import Killed
from torture.parquet_power import FEW_FILES, few_files
from torture.parquet_steps import QuickFolder, QuickSteps

from model_registry.errors import StoreError
from model_registry.testing import Draft
from model_registry_parquet import ParquetStore

NO_GRACE = timedelta(0)
TENANT = "org_abc"


class Fault:
    """Fails once after so many steps; or there and at all that follow, as a process ends."""

    def __init__(self, *, ends: bool) -> None:
        self.ends = ends
        self.left: int | None = None

    def __call__(self, what: str) -> None:
        if self.left is None:
            return
        if self.left > 0:
            self.left -= 1
            return
        if self.ends:
            raise Killed
        self.left = None
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), what)


@pytest.fixture(autouse=True)
def files_are_merged_early():
    with few_files():
        yield


def nothing(store: ParquetStore) -> None:
    pass


def some(store: ParquetStore) -> None:
    store.commit(TENANT, [Draft().insert("first")])


def almost_due(store: ParquetStore) -> None:
    for number in range(FEW_FILES + 1):
        store.commit(TENANT, [Draft().insert(f"m{number}")])


ENDS = pytest.mark.parametrize("ends", [True, False], ids=["killed", "full-disk"])


@ENDS
@pytest.mark.parametrize("prepare", [nothing, some, almost_due])
def test_a_fault_at_any_step_of_a_commit_leaves_the_old_or_the_new_state(
    tmp_path: Path, prepare: Callable[[ParquetStore], object], ends: bool
) -> None:
    prepared = tmp_path / "prepared"
    prepare(ParquetStore(prepared, grace=NO_GRACE))
    step, done = 0, False
    while not done:
        folder = tmp_path / str(step)
        shutil.copytree(prepared, folder)
        done = commit_with_a_fault(folder, step, ends=ends)
        step += 1
    assert step > 12, "each operation failed once"


def commit_with_a_fault(folder: Path, step: int, *, ends: bool) -> bool:
    """Check all that must hold; tell whether the commit took fewer steps."""
    fault = Fault(ends=ends)
    store = ParquetStore(QuickSteps(folder, fault), grace=NO_GRACE)
    old = store.head(TENANT)
    fault.left = step
    acknowledged, refusal = False, None
    try:
        store.commit(TENANT, [Draft().insert("new", owner="risk")])
        acknowledged = True
    except StoreError as error:
        refusal = str(error)
    except Killed:
        pass
    assert refusal is None or re.fullmatch("The Parquet store .*No space left.*", refusal)
    done = bool(fault.left)
    fault.left = None

    again = ParquetStore(QuickFolder(folder), grace=NO_GRACE)
    for reader in (again, store):
        found = reader.find(TENANT, ["new"])
        assert reader.head(TENANT).revision == old.revision + len(found)
        assert found or not acknowledged
        assert not found or refusal is None
        assert not wrong(reader, TENANT)
    for writer, name in ((store, "after"), (again, "later")):
        writer.commit(TENANT, [Draft().insert(name)])
        assert not wrong(writer, TENANT)
    assert store.find(TENANT, ["after", "later"]).keys() == {"after", "later"}
    left = list((folder / "tenant-00000001").iterdir())
    assert len(left) <= 2 * FEW_FILES + 8, "what the fault left is swept by the next commits"
    return done


@ENDS
def test_a_fault_at_any_step_of_opening_leaves_a_folder_that_can_be_opened(
    tmp_path: Path, ends: bool
) -> None:
    for step in range(40):
        fault = Fault(ends=ends)
        fault.left = step
        folder = tmp_path / str(step)
        with suppress(Killed if ends else StoreError):
            ParquetStore(QuickSteps(folder, fault))
        again = ParquetStore(QuickFolder(folder))
        again.commit(TENANT, [Draft().insert("first")])
        assert not wrong(again, TENANT)
        if fault.left:
            break
    assert 5 < step < 39


@ENDS
@pytest.mark.parametrize("prepare", [nothing, some, almost_due])
def test_a_fault_at_any_step_of_a_reader_is_an_error_and_no_wrong_answer(
    tmp_path: Path, prepare: Callable[[ParquetStore], object], ends: bool
) -> None:
    prepare(ParquetStore(tmp_path / "r", grace=NO_GRACE))
    expected = ParquetStore(tmp_path / "r").head(TENANT)
    for step in range(40):
        fault = Fault(ends=ends)
        store = ParquetStore(QuickSteps(tmp_path / "r", fault))
        fault.left = step
        with suppress(Killed if ends else StoreError):
            assert not wrong(store, TENANT)
            assert store.head(TENANT) == expected
        if fault.left:
            break
        fault.left = None
        assert not wrong(store, TENANT)
        assert store.head(TENANT) == expected
    assert step < 39


def test_what_a_failed_sync_may_bring_back_is_whole(tmp_path: Path) -> None:
    """The name was linked but could not be synced: withdrawn, yet the disk may have it."""
    said: list[str] = []
    withdrawn: list[bytes] = []
    failing = False
    manifest = tmp_path / "r/tenant-00000001/manifest-000000000002.json"

    def before(what: str) -> None:
        nonlocal failing
        if failing and said[-1:] == ["link"]:
            withdrawn.append(manifest.read_bytes())
            failing = False
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        said.append(what)

    store = ParquetStore(QuickSteps(tmp_path / "r", before))
    store.commit(TENANT, [Draft().insert("first")])
    failing = True
    with pytest.raises(StoreError, match="Input/output error"):
        store.commit(TENANT, [Draft().insert("second")])
    assert not manifest.exists()
    assert store.head(TENANT).sequence == 1

    manifest.write_bytes(withdrawn[0])
    again = ParquetStore(tmp_path / "r")
    assert not wrong(again, TENANT)
    assert again.head(TENANT).sequence == 2
