"""One row group of a Parquet log, and the rows of a tenant in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

import attrs
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from model_registry.errors import RequestLogError
from model_registry_parquet.columns import Column, Mask, as_read, plain, repeated, where
from model_registry_parquet.faults import UNREADABLE, in_a_line
from model_registry_parquet.log_files import LogFile
from model_registry_parquet.pruning import Layout

_MOST_ROWS: Final = 2**20
_MOST_BYTES: Final = 4 * 2**20
_BYTES_A_READ: Final = 2**20


@contextmanager
def readable(file: LogFile) -> Iterator[None]:
    """
    Name the file where reading it fails.

    Raises:
        RequestLogError: instead of whatever a damaged file may raise.
    """
    try:
        yield
    except (OSError, *UNREADABLE) as error:
        raise RequestLogError(
            f"The request log {file.path} cannot be read: {in_a_line(error)}"
        ) from error


def source_of(file: LogFile) -> pa.NativeFile:
    """Open a file so that it is read without Python, and so by several threads at once."""
    path: Any = os.fsencode(file.path)  # which pyarrow takes, whatever its stubs say
    return pa.OSFile(path, "rb")


def parquet_of(
    source: pa.NativeFile,
    texts: list[str],
    metadata: pq.FileMetaData | None = None,
    buffer: int = 0,
) -> pq.ParquetFile:
    """
    Return a reader for one thread at once.

    Args:
        source: an open file.
        texts: the columns that shall come as dictionaries.
        metadata: what the file's end says, if that was read before.
        buffer: how many bytes are read at once; 0 for all of a column.

    Raises:
        KeyError: it has no such column.
        OSError: it cannot be read, or another error of ``faults.UNREADABLE``.
    """
    return pq.ParquetFile(
        source,
        metadata=metadata,
        read_dictionary=texts,
        buffer_size=buffer,
        pre_buffer=False,
    )


@attrs.frozen(eq=False)
class RowGroup:
    """
    One row group of a file.

    Attributes:
        file: where it is.
        layout: where the file keeps what is needed.
        source: the same, open; any number of threads may read from it.
        metadata: what the file's end says.
        reader: one that nobody else has, if there is one.
        number: which one in the file, from 0.
        first: the number of its first row in the file, from 1.
        part: its place in the log: which file, and which row group.
        done: how many bytes of the log are done when it is.
    """

    file: LogFile
    layout: Layout
    source: pa.NativeFile
    metadata: pq.FileMetaData
    reader: pq.ParquetFile | None
    number: int
    first: int
    part: tuple[int, int]
    done: int

    @property
    def footer(self) -> pq.RowGroupMetaData:
        """What the file's end says of it."""
        return self.metadata.row_group(self.number)

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """Between which times all of its rows are, None if that is not known."""
        return self.layout.span(self.footer)

    @property
    def small(self) -> bool:
        """Whether it is one batch."""
        size = self._size(self.layout.names)
        return size <= _MOST_BYTES and self.footer.num_rows <= _MOST_ROWS

    def batches(self) -> Iterator[Batch]:
        """
        Read it: of a small one all but the times, of a large one some rows after others.

        Raises:
            RequestLogError: the file is damaged.
        """
        with readable(self.file):
            count, paths = self.footer.num_rows, self.layout.paths
            if self.small:
                yield Batch(self, self.first, count, self.read(self.layout.names), whole=False)
                return
            most = min(_MOST_ROWS, count * _MOST_BYTES // self._size(paths))
            # What has no dictionary would get one, as large as the whole column.
            texts = [path for path in self.layout.texts if self._size([path]) < 2 * count]
            reader = parquet_of(self.source, texts, self.metadata, _BYTES_A_READ)
            first = self.first
            for batch in reader.iter_batches(
                max(1, most), row_groups=[self.number], columns=paths, use_threads=False
            ):
                yield Batch(self, first, batch.num_rows, batch, whole=True)
                first += batch.num_rows

    def _size(self, paths: list[str]) -> int:
        """Return how many bytes columns are once they are decompressed, not less than 1."""
        return max(1, self.layout.size(self.footer, paths))

    def read(self, paths: list[str]) -> pa.RecordBatch:
        """Read columns; those that the file does not have are left out."""
        reader = self.reader or parquet_of(self.source, self.layout.texts, self.metadata)
        table = reader.read_row_group(self.number, columns=paths, use_threads=False)
        batches = table.combine_chunks().to_batches()
        return batches[0] if batches else pa.record_batch({})


@attrs.frozen(eq=False)
class Batch:
    """
    Some rows of a row group.

    Attributes:
        group: whose.
        first: the number of the first row in the file, from 1.
        count: how many.
        columns: their columns.
        whole: whether their times are among those.
    """

    group: RowGroup
    first: int
    count: int
    columns: pa.RecordBatch
    whole: bool = attrs.field(kw_only=True)

    def column(self, path: str) -> Column | None:
        """Return a column, None if there is none; text may be a dictionary."""
        fixed = self.group.file.partitions
        if path in fixed:
            return repeated(fixed[path], self.count)
        if path == self.group.layout.time and not self.whole:
            return as_read(self.group.read([path]), path)
        return as_read(self.columns, path)

    def own(self) -> Rows | None:
        """Return the tenant's rows, None if there are none, which is not always seen."""
        layout, among = self.group.layout, None
        model = self.column(layout.model)
        if model is None:
            return None
        if layout.tenant is not None:
            tenant = self.column(layout.tenant)
            among = None if tenant is None else where(tenant, layout.tenant_id)
            if among is None:
                return None
            model = model.filter(among)
        return Rows(self, among, model)


@attrs.frozen(eq=False)
class Rows:
    """
    The tenant's rows in a batch, those without a model too.

    Attributes:
        batch: which.
        among: which of its rows they are, None if all.
        model: the models that they name; text may be a dictionary.
    """

    batch: Batch
    among: Mask | None
    model: Column

    def times(self) -> Column:
        """
        Return the times that they tell, nulls if they tell none.

        Raises:
            RequestLogError: the file is damaged.
        """
        group = self.batch.group
        with readable(group.file):
            column = self.batch.column(group.layout.time)
            if column is None:
                return pa.nulls(len(self.model))
            return plain(column if self.among is None else column.filter(self.among))

    def numbers(self) -> Column:
        """Return their numbers in the file, from 1."""
        first = self.batch.first
        if self.among is None:
            return pa.array(range(first, first + self.batch.count), pa.int64())
        return pc.add(pc.indices_nonzero(self.among).cast(pa.int64()), first)
