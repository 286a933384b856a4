"""Request logs in files of text: JSON Lines, other JSON, and CSV; plain or gzip."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

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
from model_registry.errors import RequestLogError
from model_registry.ports import RequestLog
from model_registry_parquet.faults import in_a_line
from model_registry_parquet.json_numbered import Needed
from model_registry_parquet.log_files import Done, LogFile, Paths, locate
from model_registry_parquet.readings import Reading
from model_registry_parquet.text_files import form_of, names_in, rows_added


class JsonLinesRequestLog(RequestLog):
    """
    JSON Lines files, with one object a line, and files of other JSON and CSV.

    Only the fields that are needed are taken out of a line. A line that cannot
    be understood is counted and reported with its file and number; blank lines
    are none. The files are looked for anew at each scan. CSV is what is named so
    (``.csv``, ``.csv.gz``); JSON that begins as an array of objects, or with an
    object that is not a line, is read object by object.

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
        if self._shape.is_only_others(tenant_id):
            return LogScan(sightings=())
        files = locate(self._paths)
        done = Done(files, progress)
        reading = Reading(self._shape, tenant_id, period, self._max_models)
        for file in files:
            if file.may_concern(self._shape.tenant, tenant_id):
                read_lines(file, reading, done)
            done.with_all_of(file)
        return reading.result()

    def explain(
        self, tenant_id: str, period: Period, progress: Progress | None = None
    ) -> LogExplanation:
        files = locate(self._paths)
        done = Done(files, progress)
        explaining = Explaining(RowReader(self._shape, tenant_id, period))
        for file in files:
            with file.opened() as opened, _readable(file):
                explaining.names = explaining.names or names_in(file, opened, self._shape)
                form = form_of(file, opened)
                rows = _Explained(f"{file.path}, {form}", explaining)
                for _ in rows_added(file, opened, form, self._shape, rows, whole=True):
                    done.within(file, opened.tell())
            done.with_all_of(file)
        return explaining.told()


def read_lines(file: LogFile, reading: Reading, done: Done) -> None:
    """
    Add one file to a scan.

    Raises:
        RequestLogError: it cannot be read, or is Parquet.
        TooManyModels: more distinct models than are allowed.
    """
    if file.is_parquet():
        raise RequestLogError(f"{file.path} is Parquet, among files of JSON Lines")
    tenant_id = None if reading.shape.tenant is None else reading.tenant_id
    with file.opened() as opened, _readable(file):
        form = form_of(file, opened)
        rows = _InFile(f"{file.path}, {form}", reading)
        for _ in rows_added(file, opened, form, reading.shape, rows, tenant_id=tenant_id):
            done.within(file, opened.tell())
    reading.rows += rows.rows


class _InFile:
    """Adds the rows of one file to a scan."""

    def __init__(self, place: str, reading: Reading) -> None:
        self.rows = 0
        self._reading = reading
        self._place = place

    def broken(self, number: int, reason: object) -> None:
        self._reading.broken(f"{self._place} {number}", reason)

    def add(self, rows: Iterable[tuple[int, Any]], needed: Needed) -> None:
        self._reading.add(rows, needed, self._place)


class _Explained:
    """Explains the rows of one file."""

    def __init__(self, place: str, explaining: Explaining) -> None:
        self.rows = 0
        self._explaining = explaining
        self._place = place

    def broken(self, number: int, reason: object) -> None:
        self._explaining.broken(f"{self._place} {number}", reason)

    def add(self, rows: Iterable[tuple[int, Any]], _: Needed) -> None:
        for number, row in rows:
            self._explaining.add(row, f"{self._place} {number}")


@contextmanager
def _readable(file: LogFile) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RequestLogError(
            f"The request log {file.path} cannot be read: {in_a_line(error)}"
        ) from error
