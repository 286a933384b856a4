"""The row groups of a Parquet log: which may matter, and what is read of one."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, Final

import attrs
import pyarrow as pa
import pyarrow.parquet as pq

from model_registry.domain.request_log import Period, Shape
from model_registry.errors import RequestLogError
from model_registry_parquet.faults import UNREADABLE, in_a_line
from model_registry_parquet.log_files import LogFile
from model_registry_parquet.pruning import Layout

_ROWS_A_BATCH: Final = 131_072
_BYTES_A_BATCH: Final = 16 * 2**20
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


@attrs.frozen(eq=False)
class RowGroup:
    """
    One row group of a file.

    Attributes:
        file: where it is.
        layout: where the file keeps what is needed.
        footer: what the end of the file says of all its row groups.
        number: which one in the file, from 0.
        first: the number of its first row in the file, from 0.
        part: its place in the whole scan; later ones have greater numbers.
        opened: the file, if nobody else reads from it.
    """

    file: LogFile
    layout: Layout
    footer: pq.FileMetaData
    number: int
    first: int
    part: int
    opened: pq.ParquetFile | None

    def batches(self) -> Iterator[tuple[int, pa.RecordBatch]]:
        """
        Read the needed columns, in batches of bounded size; text comes as dictionaries.

        Yields:
            Some rows, and the number of the first of them in the file, from 0.
        """
        group = self.footer.row_group(self.number)
        rows = group.num_rows * _BYTES_A_BATCH // max(1, self.layout.size(group))
        batches = (self.opened or _open(self.file, self.layout.texts, self.footer)).iter_batches(
            max(1, min(rows, _ROWS_A_BATCH)),
            row_groups=[self.number],
            columns=self.layout.paths,
            use_threads=False,
        )
        first = self.first
        for batch in batches:
            yield first, batch
            first += batch.num_rows


def _open(file: LogFile, texts: list[str], footer: pq.FileMetaData | None = None) -> pq.ParquetFile:
    """Open a file so that it is read without Python, and so by several threads at once."""
    path: Any = os.fsencode(file.path)  # which pyarrow takes, whatever its stubs say
    return pq.ParquetFile(
        pa.OSFile(path, "rb"),
        metadata=footer,
        read_dictionary=texts,
        buffer_size=_BYTES_A_READ,
        pre_buffer=False,
    )


class RowGroups:
    """
    Hands out the row groups that may matter, in their order, to any number of threads.

    Args:
        files: where they are.
        shape: how the rows name what is needed.
        tenant_id: whose rows.
        period: which time.

    Attributes:
        rows: how many rows the files have so far, those in other row groups too.
        size: how many bytes of the files have been handed out or passed over.
    """

    def __init__(
        self, files: Iterable[LogFile], shape: Shape, tenant_id: str, period: Period
    ) -> None:
        self.rows = self.size = 0
        self._files = files
        self._shape = shape
        self._tenant_id = tenant_id
        self._period = period
        self._layout: Layout | None = None
        self._lock = Lock()
        self._groups = self._found()

    def __iter__(self) -> Iterator[RowGroup]:
        """Give what nobody else has taken."""
        while True:
            with self._lock:
                group = next(self._groups, None)
            if group is None:
                return
            yield group

    def stop(self) -> None:
        """Hand out no more."""
        with self._lock:
            self._groups.close()

    def _found(self) -> Generator[RowGroup, None, None]:
        part = before = 0
        for file in self._files:
            if file.may_concern(self._shape.tenant, self._tenant_id):
                with readable(file):
                    for group in self._of(file, part):
                        self.size = before + file.size * group.first // max(
                            1, group.footer.num_rows
                        )
                        yield group
                        part += 1
            before += file.size
            self.size = before

    def _of(self, file: LogFile, part: int) -> Iterator[RowGroup]:
        opened: pq.ParquetFile | None
        opened, layout = self._opened(file)
        footer = opened.metadata
        self.rows += footer.num_rows
        first = 0
        for number in range(footer.num_row_groups):
            group = footer.row_group(number)
            if layout.may_hold(group):
                yield RowGroup(file, layout, footer, number, first, part, opened)
                part, opened = part + 1, None
            first += group.num_rows

    def _opened(self, file: LogFile) -> tuple[pq.ParquetFile, Layout]:
        """Open a file, in the hope that its layout is the one of the file before."""
        layout = self._layout
        try:
            opened = _open(file, [] if layout is None else layout.texts)
        except KeyError:  # there is no such column
            opened = _open(file, [])
        footer = opened.metadata
        if layout is None or not layout.fits(footer.schema, file.partitions):
            layout = self._layout = Layout(
                footer.schema, self._shape, file.partitions, self._tenant_id, self._period
            )
            opened = _open(file, layout.texts, footer)
        return opened, layout
