"""Request logs in Parquet files."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from model_registry.domain.request_log import MAX_MODELS, NATIVE, LogScan, Period, Progress, Shape
from model_registry.ports import RequestLog
from model_registry_parquet.known import Known
from model_registry_parquet.log_files import Done, LogFile, Paths, locate
from model_registry_parquet.parquet_rows import ParquetRows
from model_registry_parquet.readings import Reading
from model_registry_parquet.row_groups import RowGroups, readable

_MOST_THREADS: Final = 8
_BYTES_A_THREAD: Final = 2**22


class ParquetRequestLog(RequestLog):
    """
    Parquet files, flat or in hive-partitioned folders.

    Only the needed columns are read, and of them only the row groups that may
    matter, judged by their statistics; ``rows_read`` counts the others too. What
    a folder's name says of a field (``tenant_id=acme/``) holds for all rows
    below. Files may differ in which columns they have, and of which type. A file
    that is damaged is an error, since an inventory must not shrink because of
    one. The files are looked for anew at each scan. A large log is read by as
    many threads as there are processors, eight at most.

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
        files = locate(self._paths)
        size = sum(file.size for file in files)
        groups = RowGroups(files, self._shape, tenant_id, period)

        reading = Reading(self._shape, tenant_id, period, self._max_models)

        def tell() -> None:
            if progress is not None:
                progress(groups.size, size)

        known = Known(reading)
        helpers = min(_processors(), _MOST_THREADS, 1 + size // _BYTES_A_THREAD) - 1
        with ThreadPoolExecutor(max(1, helpers)) as threads:
            others = [threads.submit(_read, groups, known) for _ in range(helpers)]
            _read(groups, known, tell)
            for other in others:
                other.result()
        tell()
        reading.rows = groups.rows
        return reading.result()


def read_file(file: LogFile, reading: Reading, done: Done) -> None:
    """
    Add one file to a scan.

    Raises:
        RequestLogError: it is damaged.
        TooManyModels: more distinct models than are allowed.
    """
    groups = RowGroups([file], reading.shape, reading.tenant_id, reading.period)
    _read(groups, Known(reading), lambda: done.within(file, groups.size))
    reading.rows += groups.rows


def _read(groups: RowGroups, known: Known, tell: Callable[[], None] = lambda: None) -> None:
    """Add the row groups that nobody else takes; ``tell`` is called after each."""
    rows = ParquetRows(known)
    try:
        for group in groups:
            with readable(group.file):
                rows.add(group)
            tell()
        rows.finish()
    except BaseException:
        groups.stop()
        raise


def _processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
