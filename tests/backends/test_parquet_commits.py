"""A commit to Parquet files is whole or not there: under crashes, faults, races and readers."""

from __future__ import annotations

import errno
import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from model_registry.domain.chain import Head, first_broken_link
from model_registry.domain.changes import ChangeEvent
from model_registry.domain.entry import ModelEntry
from model_registry.domain.inventory import EVERYTHING
from model_registry.domain.replay import rebuild
from model_registry.errors import OutcomeUnknown, StoreError
from model_registry.testing import Draft
from model_registry_parquet import ParquetStore
from model_registry_parquet.files import Folder
from model_registry_parquet.merging import MOST_FILES, first_to_merge

NO_GRACE = timedelta(0)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def listed(store: ParquetStore, tenant_id: str = "org_abc") -> list[ModelEntry]:
    with store.scan(tenant_id, EVERYTHING) as entries:
        return list(entries)


def told(store: ParquetStore, tenant_id: str = "org_abc") -> list[ChangeEvent]:
    with store.history(tenant_id) as events:
        return list(events)


def sound(store: ParquetStore, tenant_id: str = "org_abc") -> list[ChangeEvent]:
    """Return the history, having seen that chain, head and inventory agree with it."""
    events = told(store, tenant_id)
    assert first_broken_link(events) is None
    head = store.head(tenant_id)
    assert head.sequence == len(events)
    assert head.hash == (events[-1].hash if events else Head().hash)
    assert rebuild(events).keys() == {entry.id for entry in listed(store, tenant_id)}
    return events


def test_two_writers_without_a_lock_never_both_win(tmp_path: Path) -> None:
    class Unlocked(Folder):
        @contextmanager
        def locked(self) -> Iterator[None]:
            yield

    other = ParquetStore(tmp_path / "r")
    other.commit("org_abc", [Draft().insert("first")])

    class Overtaken(Unlocked):
        def prepare(self, draft: str, content: bytes) -> None:
            super().prepare(draft, content)
            if b"sequence" in content:
                other.commit("org_abc", [Draft().insert("overtaking")])

    store = ParquetStore(Overtaken(tmp_path / "r"))
    with pytest.raises(StoreError, match="did not hold the lock"):
        store.commit("org_abc", [Draft().insert("overtaken")])
    assert [event.model_id for event in sound(store)] == ["first", "overtaking"]


def write_many(folder: Path, worker: int, commits: int) -> None:
    with ParquetStore(folder, grace=NO_GRACE) as store:
        for number in range(commits):
            tenant = f"tenant-{number % 2}"
            store.commit(tenant, [Draft(tenant).insert(f"{worker}-{number}")])


def test_processes_that_write_one_folder_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [
        context.Process(target=write_many, args=(tmp_path / "r", worker, 40)) for worker in range(3)
    ]
    (tmp_path / "r").mkdir()
    for worker in workers:
        worker.start()
    with ParquetStore(tmp_path / "r", grace=NO_GRACE) as store:
        while any(worker.is_alive() for worker in workers):
            page = store.page("tenant-0", EVERYTHING, 200, 0)
            assert page.total == len(page.entries)
            assert first_broken_link(told(store, "tenant-0")) is None
        for worker in workers:
            worker.join()
            assert worker.exitcode == 0
        for tenant in ("tenant-0", "tenant-1"):
            assert len(sound(store, tenant)) == 60
            assert store.head(tenant).revision == 60


def test_a_scan_and_a_history_outlast_the_files_that_they_began_with(tmp_path: Path) -> None:
    store = ParquetStore(tmp_path / "r", grace=NO_GRACE)
    draft = Draft()
    for number in range(MOST_FILES):
        store.commit("org_abc", [draft.insert(f"m{number}")])
    before, head = told(store), store.head("org_abc")
    named = set(names(tmp_path / "r/tenant-00000001"))

    with (
        store.scan("org_abc", EVERYTHING) as entries,
        store.history("org_abc") as events,
        ParquetStore(tmp_path / "r", grace=NO_GRACE) as other,
    ):
        heard = [next(events)]
        for number in range(2 * MOST_FILES):
            other.commit("org_abc", [draft.insert(f"later{number}")])
        assert not named & set(names(tmp_path / "r/tenant-00000001")) - {"lock"}
        assert len(list(entries)) == MOST_FILES
        assert heard + list(events) == before
    assert store.head("org_abc").revision == head.revision + 2 * MOST_FILES
    sound(store)


def test_garbage_stays_for_its_grace_time(tmp_path: Path) -> None:
    folder = tmp_path / "r/tenant-00000001"
    leftover = "entries-000000000002-00000000.parquet"
    store = ParquetStore(tmp_path / "r", grace=timedelta(hours=1))
    for number in range(3):
        store.commit("org_abc", [Draft().insert(f"m{number}")])
    (folder / leftover).write_bytes(b"half a file of a writer that was killed")
    store.commit("org_abc", [Draft().insert("m3")])
    assert len([name for name in names(folder) if name.startswith("manifest")]) == 4
    assert leftover in names(folder)

    for name in names(folder):
        os.utime(folder / name, (0, 0))
    with ParquetStore(tmp_path / "r", grace=timedelta(hours=1)) as later:
        later.commit("org_abc", [Draft().insert("m4")])
        sound(later)
    manifests = sorted(name for name in names(folder) if name.startswith("manifest"))
    assert manifests == [f"manifest-00000000000{number}.json" for number in (4, 5)]
    assert leftover not in names(folder)


def test_an_entry_that_comes_and_goes_in_one_commit_leaves_its_history(tmp_path: Path) -> None:
    draft = Draft()
    insert = draft.insert("gpt-4o")
    with ParquetStore(tmp_path / "r") as store:
        store.commit("org_abc", [insert, draft.remove(insert.entry)])
    with ParquetStore(tmp_path / "r") as store:
        assert [event.action for event in sound(store)] == ["registered", "deleted"]


def test_small_commits_leave_few_files(tmp_path: Path) -> None:
    store = ParquetStore(tmp_path / "r", grace=NO_GRACE)
    draft = Draft()
    insert = draft.insert("first")
    store.commit("org_abc", [insert])
    entry = insert.entry
    for number in range(3 * MOST_FILES):
        change = draft.replace(entry, owner=f"team-{number}")
        store.commit("org_abc", [change])
        entry = change.after
    assert len(names(tmp_path / "r/tenant-00000001")) <= 2 * (MOST_FILES + 2) + 2
    assert listed(ParquetStore(tmp_path / "r")) == [entry]
    assert len(sound(store)) == 3 * MOST_FILES + 1


def test_the_merge_rule_bounds_files_and_work() -> None:
    files: list[int] = []
    written = 0
    for number in range(5_000):
        start = first_to_merge(files)
        if start < len(files):
            written += sum(files[start:])
            files[start:] = [sum(files[start:])]
        files.append(300 if number % 100 == 0 else 1)
        assert len(files) <= MOST_FILES + 1
    assert written <= sum(files) * sum(files).bit_length()


def damage_footer(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-20])


def damage_page(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[40] ^= 0xFF
    file.write_bytes(content)


def empty(file: Path) -> None:
    file.write_bytes(b"")


@pytest.mark.parametrize("damage", [damage_footer, damage_page, empty, Path.unlink])
@pytest.mark.parametrize("kind", ["entries", "events", "manifest"])
def test_a_damaged_file_is_an_error_in_one_line_and_the_store_recovers(
    tmp_path: Path, kind: str, damage: Callable[[Path], None]
) -> None:
    with ParquetStore(tmp_path / "r") as store:
        store.commit("org_abc", [Draft().insert("m")])
    (file,) = (tmp_path / "r/tenant-00000001").glob(f"{kind}-*")
    content = file.read_bytes()
    damage(file)
    if kind == "manifest" and not file.exists():
        return  # then there is no state that could be missed: as before the first commit

    store = ParquetStore(tmp_path / "r")
    with pytest.raises(StoreError) as caught:
        sound(store)
    assert "\n" not in str(caught.value)
    assert str(file.parent) in str(caught.value)
    assert caught.value.__cause__ is not None

    file.write_bytes(content)
    assert len(sound(store)) == 1


def test_a_manifest_of_another_tenant_is_refused(tmp_path: Path) -> None:
    with ParquetStore(tmp_path / "r") as store:
        for tenant in ("org_abc", "org_xyz"):
            store.commit(tenant, [Draft(tenant).insert("m")])
    mine, other = (tmp_path / "r" / name for name in ("tenant-00000001", "tenant-00000002"))
    shutil.rmtree(mine)
    shutil.copytree(other, mine)
    with pytest.raises(StoreError, match="belongs elsewhere"):
        ParquetStore(tmp_path / "r").head("org_abc")


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = ParquetStore(tmp_path / "r")
    store.close()
    store.close()
    for use in (
        lambda: store.head("org_abc"),
        lambda: store.commit("org_abc", [Draft().insert("m")]),
        lambda: store.count_events("org_abc", "x"),
        lambda: store.find("org_abc", []),
    ):
        with pytest.raises(StoreError, match="is closed"):
            use()


def test_a_commit_whose_last_sync_fails_is_in_doubt_and_says_so(tmp_path: Path) -> None:
    linked: list[str] = []

    class Unsynced(Folder):
        def link(self, name: str, existing: str) -> None:
            super().link(name, existing)
            linked.append(name)

        def sync_names(self) -> None:
            if len(linked) == 1:
                linked.append("and not synced, this once")
                raise OSError(errno.EIO, "Input/output error")
            super().sync_names()

    store = ParquetStore(tmp_path / "r")
    kept = store.commit("org_abc", [Draft().insert("kept")])
    doubtful = ParquetStore(Unsynced(tmp_path / "r"))
    with pytest.raises(OutcomeUnknown, match="a power loss now may bring it back: Input/output"):
        doubtful.commit("org_abc", [Draft().insert("doubtful")])
    assert told(store) == told(doubtful) == list(kept)
    doubtful.commit("org_abc", [Draft().insert("doubtful")])
    assert [event.model_id for event in told(store)] == ["kept", "doubtful"]
