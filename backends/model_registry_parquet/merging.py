"""Merging small files into larger ones, so that neither their number nor the work grows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import attrs
import pyarrow as pa

from model_registry_parquet.data_files import read_table, write_tables
from model_registry_parquet.files import Folder
from model_registry_parquet.manifest import DataFile, Manifest
from model_registry_parquet.rows import ENTRIES, EVENTS

MOST_FILES: Final = 40
"""How many files of one kind there may be before some are merged."""

BIG: Final = 65_536
"""A file of so many events is not merged again."""

_SPARE: Final = 1_000


def merged(
    folder: Folder, manifest: Manifest, entries: int, new_name: Callable[[str], str]
) -> Manifest:
    """
    Return a manifest of the same state in fewer files, where that is due.

    Args:
        folder: where the files are.
        manifest: what is in force.
        entries: how many entries the inventory has; more than twice as many
            rows, and something to spare, are due to be cleared out.
        new_name: gives a name for a new file of a kind.
    """
    rows = [file.rows for file in manifest.entries]
    start = 0 if sum(rows) > 2 * entries + _SPARE else first_to_merge(rows)
    kept, files = manifest.entries[:start], manifest.entries[start:]
    if files:
        file = _merge_entries(folder, new_name("entries"), files, whole=start == 0)
        manifest = attrs.evolve(manifest, entries=kept if file is None else (*kept, file))

    done = max((i for i, file in enumerate(manifest.events, 1) if file.rows >= BIG), default=0)
    start = done + first_to_merge([file.rows for file in manifest.events[done:]])
    kept, files = manifest.events[:start], manifest.events[start:]
    if files:
        file = _merge_events(folder, new_name("events"), files)
        manifest = attrs.evolve(manifest, events=(*kept, file))
    return manifest


def first_to_merge(rows: Sequence[int]) -> int:
    """
    Say from which file on the files are to be merged into one.

    Nothing is due until there are more than ``MOST_FILES``. Then a file is merged
    with all after it if those have as many rows together: a row is written again
    about once for each doubling of the whole.

    Args:
        rows: of each file, oldest first.

    Returns:
        The index of the first one; ``len(rows)`` if nothing is due.
    """
    if len(rows) > MOST_FILES:
        after = sum(rows)
        for index, own in enumerate(rows):
            after -= own
            if own <= after:
                return index
    return len(rows)


def _merge_entries(
    folder: Folder, name: str, files: Sequence[DataFile], *, whole: bool
) -> DataFile | None:
    """
    Keep the last row of each entry; of an ended one only where older rows are left elsewhere.

    In memory that grows with the inventory; None if no row is left.
    """
    parts = [table for file in files for table in read_table(folder, file, ENTRIES)]
    table = pa.concat_tables(parts)
    last = {entry_id: row for row, entry_id in enumerate(_values(table, "id"))}
    removed = _values(table, "removed")
    rows = [row for row in last.values() if not (whole and removed[row])]
    if not rows:
        return None
    kept = table.take(pa.array(sorted(rows)))
    return write_tables(folder, name, ENTRIES, [kept], files[-1].revision)


def _values(table: pa.Table, name: str) -> list[Any]:
    values: list[Any] = table.column(name).to_pylist()
    return values


def _merge_events(folder: Folder, name: str, files: Sequence[DataFile]) -> DataFile:
    return write_tables(folder, name, EVENTS, _parts(folder, files), files[-1].revision)


def _parts(folder: Folder, files: Sequence[DataFile]) -> Iterator[pa.Table]:
    for file in files:
        yield from read_table(folder, file, EVENTS)
