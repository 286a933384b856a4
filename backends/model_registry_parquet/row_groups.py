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
from model_registry_parquet.pruning import Pruning

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
        footer: what the end of the file says of all its row groups.
        number: which one in the file, from 0.
        first: the number of its first row in the file, from 0.
        part: its place in the whole scan; later ones have greater numbers.
    """

    file: LogFile
    footer: pq.FileMetaData
    number: int
    first: int
    part: int

    def batches(self, shape: Shape) -> Iterator[tuple[int, pa.RecordBatch]]:
        """
        Read the needed columns, in batches of bounded size; text as a dictionary if it is one.

        Yields:
            Some rows, and the number of the first of them in the file, from 0.
        """
        paths = [
            path
            for path in (shape.model, shape.tenant, shape.time)
            if path is not None and path not in self.file.partitions
        ]
        dictionaries, rows = self._sizes(paths)
        parquet = pq.ParquetFile(
            source(self.file),
            metadata=self.footer,
            read_dictionary=dictionaries,
            buffer_size=_BYTES_A_READ,
            pre_buffer=False,
        )
        first = self.first
        for batch in parquet.iter_batches(
            rows, row_groups=[self.number], columns=paths, use_threads=False
        ):
            yield first, batch
            first += batch.num_rows

    def _sizes(self, paths: list[str]) -> tuple[list[str], int]:
        """Return which columns are dictionaries, and how many rows make a batch."""
        group = self.footer.row_group(self.number)
        dictionaries, size = [], 1
        for column in map(group.column, range(group.num_columns)):
            path = column.path_in_schema
            if path in paths:
                size += column.total_uncompressed_size
                if column.physical_type == "BYTE_ARRAY" and column.has_dictionary_page:
                    dictionaries.append(path)
        return dictionaries, max(1, min(_ROWS_A_BATCH, group.num_rows * _BYTES_A_BATCH // size))


def source(file: LogFile) -> pa.NativeFile:
    """Open a file so that it is read without Python, and so by several threads at once."""
    path: Any = os.fsencode(file.path)  # which pyarrow takes, whatever its stubs say
    return pa.OSFile(path, "rb")


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
        self._lock = Lock()
        self._groups = self._found(files, shape, tenant_id, period)

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

    def _found(
        self, files: Iterable[LogFile], shape: Shape, tenant_id: str, period: Period
    ) -> Generator[RowGroup, None, None]:
        part = before = 0
        for file in files:
            if file.may_concern(shape.tenant, tenant_id):
                with readable(file):
                    footer = pq.read_metadata(source(file))
                    pruning = Pruning(footer, shape, file.partitions, tenant_id, period)
                    first, rows = 0, footer.num_rows
                    for number in range(footer.num_row_groups):
                        end = first + footer.row_group(number).num_rows
                        self.size = before + file.size * end // max(rows, 1)
                        if pruning.may_hold(number):
                            yield RowGroup(file, footer, number, first, part)
                            part += 1
                        first = end
                    self.rows += rows
            before += file.size
            self.size = before
