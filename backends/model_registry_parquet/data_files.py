"""Parquet files of a tenant's folder: written once, read in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import file_digest
from typing import Any, BinaryIO, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from model_registry.domain.changes import ChangeEvent
from model_registry.errors import DamagedData
from model_registry_parquet.faults import undamaged
from model_registry_parquet.files import Folder
from model_registry_parquet.manifest import DataFile
from model_registry_parquet.rows import (
    ENTRIES,
    EVENTS,
    EntryRow,
    entries_table,
    events_table,
    read_entries,
    read_events,
)

_ROWS_A_GROUP: Final = 8_192
_ROWS_A_BATCH: Final = 1_024


def write_entries(folder: Folder, name: str, rows: Sequence[EntryRow]) -> DataFile:
    """Write rows of entries to a new file."""
    newest = max(row.revision for row in rows)
    return write_tables(folder, name, ENTRIES, [entries_table(rows)], newest)


def write_events(folder: Folder, name: str, events: Sequence[ChangeEvent], at: int) -> DataFile:
    """Write events to a new file; ``at`` is the revision that they belong to."""
    return write_tables(folder, name, EVENTS, [events_table(events)], at)


def write_tables(
    folder: Folder, name: str, schema: pa.Schema, tables: Iterable[pa.Table], revision: int
) -> DataFile:
    """Write tables to a new file, each as it comes; ``revision`` is the last one in them."""
    rows = 0
    with (
        folder.writing(name) as file,
        pq.ParquetWriter(file, schema, compression="snappy", write_page_checksum=True) as writer,
    ):
        for table in tables:
            writer.write_table(table, _ROWS_A_GROUP)
            rows += table.num_rows
    return DataFile(name, rows, revision, checksum(folder, name))


def checksum(folder: Folder, name: str) -> str:
    """Return the SHA-256 of a file's bytes, hexadecimal."""
    with folder.open(name) as opened:
        return file_digest(opened, "sha256").hexdigest()  # type: ignore[arg-type]  # typeshed's BinaryIO lacks readinto


def read_entries_file(folder: Folder, file: DataFile) -> Iterator[EntryRow]:
    """
    Read rows of entries, in order.

    Raises:
        FileNotFoundError: the file has been merged into another since.
        DamagedData: it is damaged.
    """
    with folder.open(file.name) as opened, undamaged(folder.path / file.name):
        for batch in _parquet(opened).iter_batches(_ROWS_A_BATCH, use_threads=False):
            yield from read_entries(batch)


def read_events_file(
    folder: Folder, file: DataFile, entry_id: str | None, skip: int
) -> Iterator[ChangeEvent]:
    """
    Read events, in order and in memory that does not grow with the file.

    Args:
        folder: where it is.
        file: which one.
        entry_id: only this entry's, or None for all.
        skip: rows to pass over; row groups among them are not touched.

    Raises:
        FileNotFoundError: the file has been merged into another since.
        DamagedData: it is damaged.
    """
    with folder.open(file.name) as opened, undamaged(folder.path / file.name):
        parquet = _parquet(opened)
        for group in range(parquet.num_row_groups):
            rows = parquet.metadata.row_group(group).num_rows
            if skip >= rows:
                skip -= rows
                continue
            if entry_id is None or _has(parquet, group, entry_id):
                for batch in parquet.iter_batches(
                    _ROWS_A_BATCH, row_groups=[group], use_threads=False
                ):
                    kept = batch.slice(skip)
                    skip = max(0, skip - batch.num_rows)
                    if entry_id is not None:
                        kept = kept.filter(_is(kept.column("entry_id"), entry_id))
                    yield from read_events(kept)
            skip = 0


def count_events_file(folder: Folder, file: DataFile, entry_id: str) -> int:
    """Count an entry's events in a file; raises what ``read_events_file`` does."""
    with folder.open(file.name) as opened, undamaged(folder.path / file.name):
        batches = _parquet(opened).iter_batches(
            _ROWS_A_GROUP, columns=["entry_id"], use_threads=False
        )
        return sum(_count(batch.column(0), entry_id) for batch in batches)


def file_faults(folder: Folder, file: DataFile) -> Iterator[str]:
    """
    Tell in which ways a file is not the one that was written, a line for each.

    Raises:
        FileNotFoundError: it has been merged into another since, or is lost.
    """
    path = folder.path / file.name
    if file.sha256 and file.sha256 != checksum(folder, file.name):
        yield f"{path} is not as it was written"
    try:
        with folder.open(file.name) as opened, undamaged(path):
            rows = _parquet(opened).metadata.num_rows
    except DamagedData as error:
        yield str(error)
    else:
        if rows != file.rows:
            yield f"{path} has {rows} rows instead of {file.rows}"


def read_table(folder: Folder, file: DataFile, schema: pa.Schema) -> Iterator[pa.Table]:
    """Read a file as it lies, a part after another; raises what ``read_events_file`` does."""
    with folder.open(file.name) as opened, undamaged(folder.path / file.name):
        for batch in _parquet(opened).iter_batches(_ROWS_A_GROUP, use_threads=False):
            yield pa.Table.from_batches([batch]).select(schema.names).cast(schema)


def _parquet(opened: BinaryIO) -> pq.ParquetFile:
    return pq.ParquetFile(opened, page_checksum_verification=True)


def _is(column: pa.Array[Any], entry_id: str) -> pa.BooleanArray:
    return pc.equal(column, pa.scalar(entry_id))


def _count(column: pa.Array[Any], entry_id: str) -> int:
    return int(_is(column, entry_id).true_count)


def _has(parquet: pq.ParquetFile, group: int, entry_id: str) -> bool:
    ids = parquet.read_row_group(group, columns=["entry_id"], use_threads=False).column(0)
    return any(_count(chunk, entry_id) for chunk in ids.chunks)
