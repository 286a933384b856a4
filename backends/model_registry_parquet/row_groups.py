"""The row groups of a Parquet log: which may matter, and what is read of one."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, Final, TypeVar

import attrs
import pyarrow as pa
import pyarrow.parquet as pq

from model_registry.domain.request_log import Period, Shape
from model_registry.errors import RequestLogError
from model_registry_parquet.columns import Column, as_read, repeated
from model_registry_parquet.faults import UNREADABLE, in_a_line
from model_registry_parquet.log_files import LogFile
from model_registry_parquet.pruning import Layout

T = TypeVar("T")
U = TypeVar("U")

_MOST_ROWS: Final = 2**20
_MOST_BYTES: Final = 32 * 2**20
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
        opened: the file, for one thread.
        number: which one in the file, from 0.
        first: the number of its first row in the file, from 1.
        part: its place in the log: which file, and which row group.
    """

    file: LogFile
    layout: Layout
    opened: pq.ParquetFile
    number: int
    first: int
    part: tuple[int, int]

    @property
    def footer(self) -> pq.RowGroupMetaData:
        """What the file's end says of it."""
        return self.opened.metadata.row_group(self.number)

    def rows(self) -> Iterator[Rows]:
        """Give its rows: all at once, or if they are too many for that, so many at once."""
        count = self.footer.num_rows
        most = count * _MOST_BYTES // max(1, self.layout.size(self.footer))
        if count <= min(most, _MOST_ROWS):
            yield Rows(self, self.first, count, None)
            return
        first = self.first
        for batch in self.opened.iter_batches(
            max(1, min(most, _MOST_ROWS)),
            row_groups=[self.number],
            columns=self.layout.paths,
            use_threads=False,
        ):
            yield Rows(self, first, batch.num_rows, batch)
            first += batch.num_rows


@attrs.frozen(eq=False)
class Rows:
    """
    Some rows of a row group.

    Attributes:
        group: whose.
        first: the number of the first one in the file, from 1.
        count: how many.
        batch: the needed columns; None if they are read when they are asked for.
    """

    group: RowGroup
    first: int
    count: int
    batch: pa.RecordBatch | None

    def column(self, path: str) -> Column | None:
        """Return a column, None if there is none; text may be a dictionary."""
        fixed = self.group.file.partitions
        if path in fixed:
            return repeated(fixed[path], self.count)
        if self.batch is not None:
            return as_read(self.batch, path)
        group = self.group
        table = group.opened.read_row_group(group.number, columns=[path], use_threads=False)
        if not table.num_columns:
            return None
        return as_read(table.combine_chunks().to_batches()[0], path)


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
    Hands out the row groups that may matter to any number of threads, from both ends of the log.

    Logs are mostly in the order of time. Who has seen a model both before and
    after the times of a row group need not look at its times.

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
        self._files = deque(enumerate(files))
        self._shape = shape
        self._tenant_id = tenant_id
        self._period = period
        self._layout: Layout | None = None
        self._lock = Lock()
        self._groups = _from_both_ends(deque(enumerate(files)), self._in)

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

    def _in(self, place_and_file: tuple[int, LogFile]) -> Iterator[RowGroup]:
        place, file = place_and_file
        size = file.size
        if file.may_concern(self._shape.tenant, self._tenant_id):
            with readable(file):
                opened, layout = self._opened(file)
                footer = opened.metadata
                self.rows += footer.num_rows
                found = _that_may_matter(footer, layout)
                share = size // max(1, len(found))
                again = False
                for number, first in _from_both_ends(found, lambda group: iter([group])):
                    if again:  # what is handed out is one thread's own
                        opened = _open(file, layout.texts, footer)
                    yield RowGroup(file, layout, opened, number, first, (place, number))
                    again = True
                    self.size += share
                    size -= share
        self.size += size

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


def _that_may_matter(footer: pq.FileMetaData, layout: Layout) -> deque[tuple[int, int]]:
    """Return the numbers of row groups, each with the number of its first row in the file."""
    found: deque[tuple[int, int]] = deque()
    first = 1
    for number in range(footer.num_row_groups):
        group = footer.row_group(number)
        if group.num_rows and layout.may_hold(group):
            found.append((number, first))
        first += group.num_rows
    return found


def _from_both_ends(items: deque[T], each: Callable[[T], Iterator[U]]) -> Generator[U, None, None]:
    """Give what there is in the items, in turn from the first on and from the last back."""

    def side(take: Callable[[], T]) -> Iterator[U]:
        while items:
            yield from each(take())

    sides = deque([side(items.popleft), side(items.pop)])
    while sides:
        try:
            given = next(sides[0])
        except StopIteration:
            sides.popleft()
        else:
            yield given
            sides.rotate(1)
