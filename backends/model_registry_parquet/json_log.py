"""Request logs in JSON Lines files, plain or gzip."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from model_registry.domain.request_log import (
    MAX_MODELS,
    NATIVE,
    LogScan,
    Period,
    Progress,
    Shape,
)
from model_registry.errors import RequestLogError
from model_registry.ports import RequestLog
from model_registry_parquet.faults import in_a_line
from model_registry_parquet.json_lines import Unreadable, blocks
from model_registry_parquet.json_rows import JsonRows
from model_registry_parquet.log_files import Done, LogFile, Paths, locate
from model_registry_parquet.readings import Reading


class JsonLinesRequestLog(RequestLog):
    """
    JSON Lines files: one object a line.

    Only the fields that are needed are taken out of a line. A line that cannot
    be understood is counted and reported with its file and number; blank lines
    are none. The files are looked for anew at each scan.

    Args:
        paths: a file, a folder or a pattern (``logs/*.jsonl.gz``), or several.
        shape: how the objects name what is needed.
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
        done = Done(files, progress)
        reading = Reading(self._shape, tenant_id, period, self._max_models)
        for file in files:
            if file.is_parquet():
                raise RequestLogError(f"{file.path} is Parquet, among files of JSON Lines")
            if file.may_concern(self._shape.tenant, tenant_id):
                _read(file, reading, done)
            done.with_all_of(file)
        return reading.result()


def _read(file: LogFile, reading: Reading, done: Done) -> None:
    rows = JsonRows(reading.shape, file.partitions)
    place = f"{file.path}, line"
    line = 1
    with file.opened() as opened:
        try:
            for block in blocks(opened):
                if isinstance(block, Unreadable):
                    reading.rows += block.lines
                    reading.broken(f"{place} {line}", block.reason)
                    line += block.lines
                else:
                    line += _read_block(block, rows, reading, place, line)
                done.within(file, opened.tell())
        except OSError as error:
            raise RequestLogError(
                f"The request log {file.path} cannot be read: {in_a_line(error)}"
            ) from error


def _read_block(block: bytes, rows: JsonRows, reading: Reading, place: str, first: int) -> int:
    """Read lines and return how many there were."""
    block = block.removesuffix(b"\n")
    count = block.count(b"\n") + 1
    decoded = rows.lines(block, count)
    if decoded is not None:
        reading.rows += count
        reading.add(enumerate(decoded, first), rows.needed, place)
        return count
    numbered = enumerate(block.split(b"\n"), first)
    reading.add(_one_by_one(numbered, rows, reading, place), rows.needed, place)
    return count


def _one_by_one(
    numbered: Iterable[tuple[int, bytes]], rows: JsonRows, reading: Reading, place: str
) -> Iterator[tuple[int, Any]]:
    """Decode lines singly, so that what is broken is told in the order of the lines."""
    for number, line in numbered:
        if not line or line.isspace():
            continue
        reading.rows += 1
        try:
            yield number, rows.line(line)
        except ValueError as error:
            reading.broken(f"{place} {number}", error)
