"""The row groups of a Parquet log that may matter to a scan."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from model_registry.domain.request_log import Period, Shape
from model_registry_parquet.log_files import LogFile
from model_registry_parquet.pruning import Layout
from model_registry_parquet.row_group import RowGroup, parquet_of, readable, source_of

T = TypeVar("T")
U = TypeVar("U")


class RowGroups:
    """
    Finds the row groups that may matter, in turn at both ends of the log.

    Logs are mostly in the order of time. Who has seen a model both before and
    after the times of a row group need not look at its times.

    Args:
        files: where they are.
        shape: how the rows name what is needed.
        tenant_id: whose rows.
        period: which time.

    Attributes:
        rows: how many rows the files have so far, those in other row groups too.
        size: how many bytes of the files are found or passed over so far.
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

    def __iter__(self) -> Iterator[RowGroup]:
        """
        Find them, once.

        Raises:
            RequestLogError: a file is damaged.
        """
        return _from_both_ends(self._files, self._in)

    def _in(self, place_and_file: tuple[int, LogFile]) -> Iterator[RowGroup]:
        place, file = place_and_file
        size = file.size
        if file.may_concern(self._shape.tenant, self._tenant_id):
            with readable(file):
                source = source_of(file)
                reader: pq.ParquetFile | None
                reader, layout = self._reader(source, file.partitions)
                footer = reader.metadata
                self.rows += footer.num_rows
                found = _that_may_matter(footer, layout)
                share = size // max(1, len(found))
                for number, first in _from_both_ends(found, lambda group: iter([group])):
                    self.size += share
                    size -= share
                    part = place, number
                    yield RowGroup(
                        file, layout, source, footer, reader, number, first, part, self.size
                    )
                    reader = None
        self.size += size

    def _reader(
        self, source: pa.NativeFile, fixed: Collection[str]
    ) -> tuple[pq.ParquetFile, Layout]:
        """Begin to read a file, in the hope that its layout is the one of the file before."""
        layout = self._layout
        try:
            reader = parquet_of(source, [] if layout is None else layout.texts)
        except KeyError:  # there is no such column
            reader = parquet_of(source, [])
        schema = reader.metadata.schema
        if layout is None or not layout.fits(schema, fixed):
            layout = Layout(schema, self._shape, fixed, self._tenant_id, self._period)
            reader = parquet_of(source, layout.texts, reader.metadata)
            self._layout = layout
        return reader, layout


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


def _from_both_ends(items: deque[T], each: Callable[[T], Iterator[U]]) -> Iterator[U]:
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
