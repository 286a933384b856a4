"""Request logs in Parquet files."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import Any, Final

from model_registry.domain.log_explanation import Explaining, LogExplanation
from model_registry.domain.request_log import (
    MAX_MODELS,
    NATIVE,
    LogScan,
    Period,
    Progress,
    RowReader,
    Shape,
)
from model_registry.domain.shape import Needed
from model_registry.ports import RequestLog
from model_registry_parquet.log_files import Done, LogFile, Paths, locate
from model_registry_parquet.parquet_objects import parquet_names, parquet_objects
from model_registry_parquet.parquet_rows import ParquetRows
from model_registry_parquet.readings import Reading
from model_registry_parquet.row_group import Batch, RowGroup, readable
from model_registry_parquet.row_groups import RowGroups

_MOST_THREADS: Final = 8
_ROWS_AT_ONCE: Final = 2**18
_MOST_AT_ONCE: Final = 8


class ParquetRequestLog(RequestLog):
    """
    Parquet files, flat or in hive-partitioned folders.

    Only the needed columns are read, and of them only the row groups that may
    matter, judged by their statistics; ``rows_read`` counts the others too. What
    a folder's name says of a field (``tenant_id=acme/``) holds for all rows
    below. Files may differ in which columns they have, and of which type. A file
    that is damaged is an error, since an inventory must not shrink because of
    one. The files are looked for anew at each scan. Times are read only where they
    may make a difference: not if statistics say that they lie between others at
    which the same models were seen. There are as many threads as processors,
    eight at most.

    Args:
        paths: a file, a folder or a pattern (``logs/*.parquet``), or several.
        shape: how the columns are named; dots lead into structs.
        max_models: how many distinct models a scan may hold.
    """

    def __init__(
        self, paths: Paths, shape: Shape = NATIVE, *, max_models: int = MAX_MODELS
    ) -> None:
        self._paths = paths
        self._shape = shape
        self._max_models = max_models

    def scan(self, tenant_id: str, period: Period, progress: Progress | None = None) -> LogScan:
        if self._shape.is_only_others(tenant_id):
            return LogScan(sightings=())
        files = locate(self._paths)
        size = sum(file.size for file in files)
        reading = Reading(self._shape, tenant_id, period, self._max_models)

        def tell(done: int) -> None:
            if progress is not None:
                progress(done, size)

        if self._shape.is_plain:
            _read(files, reading, tell)
            return reading.result()
        done = Done(files, progress)
        for file in files:
            read_file(file, reading, done)
            done.with_all_of(file)
        return reading.result()

    def explain(
        self, tenant_id: str, period: Period, progress: Progress | None = None
    ) -> LogExplanation:
        files = locate(self._paths)
        done = Done(files, progress)
        explaining = Explaining(RowReader(self._shape, tenant_id, period))
        for file in files:
            with readable(file), file.opened() as opened:
                explaining.names = explaining.names or parquet_names(opened)
                for number, row in parquet_objects(file, opened, self._shape):
                    explaining.add(row, f"{file.path}, row {number}")
            done.with_all_of(file)
        return explaining.told()


def read_file(file: LogFile, reading: Reading, done: Done) -> None:
    """
    Add one file to a scan.

    Raises:
        RequestLogError: it is damaged.
        TooManyModels: more distinct models than are allowed.
    """
    if reading.shape.is_plain:
        _read([file], reading, lambda size: done.within(file, size))
        return
    needed = Needed(reading.shape).take_request
    with readable(file), file.opened() as opened:
        rows = parquet_objects(file, opened, reading.shape)
        while some := list(islice(rows, _ROWS_AT_ONCE)):
            reading.rows += len(some)
            reading.add(_objects(some, file, reading), needed, f"{file.path}, row")


def _read(files: list[LogFile], reading: Reading, tell: Callable[[int], None]) -> None:
    """
    Add files to a reading.

    Other threads read, as much at once as there are processors and a bit more.
    This one finds what they shall read, and adds what they have read.
    """
    groups = RowGroups(files, reading.shape, reading.tenant_id, reading.period)
    adding = ParquetRows(reading)
    some = _several(groups)
    threads = min(_processors(), _MOST_THREADS)
    ahead: deque[tuple[Future[Any], Callable[[Any], None]]] = deque()
    done = 0
    with ThreadPoolExecutor(threads) as readers:

        def read_on(parts: Iterator[list[Batch]]) -> None:
            ahead.append((readers.submit(next, parts, None), partial(add, parts)))

        def add(parts: Iterator[list[Batch]], read: list[Batch] | None) -> None:
            nonlocal done
            if read is None:
                return
            read_on(parts)
            found = [rows for batch in read if (rows := batch.own()) is not None]
            timely = [rows for rows in found if not adding.count(rows)]
            times = [(readers.submit(rows.times), partial(adding.add, rows)) for rows in timely]
            ahead.extendleft(reversed(times))  # for they may spare a look at later ones
            done = max(done, *(batch.group.done for batch in read))

        while True:
            for next_ones in islice(some, max(0, threads + 1 - len(ahead))):
                read_on(_batches(next_ones))
            if not ahead:
                break
            result, use = ahead.popleft()
            use(result.result())
            tell(done)
    adding.finish()
    reading.rows += groups.rows
    tell(groups.size)


def _objects(
    rows: list[tuple[int, Any]], file: LogFile, reading: Reading
) -> Iterator[tuple[int, Any]]:
    for number, row in rows:
        if isinstance(row, dict):
            yield number, row
        else:
            reading.broken(f"{file.path}, row {number}", "not an object")


def _several(groups: Iterable[RowGroup]) -> Iterator[list[RowGroup]]:
    """Give row groups, small ones several at once, since each errand of a thread costs."""
    some: list[RowGroup] = []
    rows = 0
    for group in groups:
        if not group.small:
            yield [group]
            continue
        some.append(group)
        rows += group.footer.num_rows
        if rows >= _ROWS_AT_ONCE or len(some) == _MOST_AT_ONCE:
            yield some
            some, rows = [], 0
    if some:
        yield some


def _batches(groups: list[RowGroup]) -> Iterator[list[Batch]]:
    """Read row groups: of one a batch after another, of several all at once."""
    if len(groups) == 1:
        for batch in groups[0].batches():
            yield [batch]
    else:
        yield [batch for group in groups for batch in group.batches()]


def _processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
