"""Which files a request log consists of, and what the names of their folders say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from glob import glob, has_magic
from os import scandir
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import unquote

import attrs

from model_registry.domain.request_log import Progress
from model_registry.errors import RequestLogError
from model_registry_parquet.faults import in_a_line

PARQUET_MAGIC: Final = b"PAR1"

_NULL_PARTITION: Final = "__HIVE_DEFAULT_PARTITION__"

Paths = str | Path | Sequence[str | Path]
"""A file, a folder or a pattern, or several."""


@attrs.frozen
class LogFile:
    """
    One file of a log.

    Attributes:
        path: where it is; text, since there may be many.
        size: in bytes.
        partitions: the fields that its folders name (``tenant_id=acme/``), None
            for the null partition. They hold for every row.
    """

    path: str
    size: int
    partitions: Mapping[str, str | None] = attrs.field(factory=dict)

    def may_concern(self, field: str | None, tenant_id: str) -> bool:
        """Tell whether its folders leave open that a tenant's rows are in it."""
        return field is None or self.partitions.get(field, tenant_id) == tenant_id

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """
        Open it for reading.

        Raises:
            RequestLogError: it cannot be.
        """
        path = Path(self.path)
        try:
            file = path.open("rb")
        except OSError as error:
            raise _unreadable(self.path, error) from error
        with file:
            yield file

    def is_parquet(self) -> bool:
        """
        Tell Parquet from all else, by how the file begins.

        Raises:
            RequestLogError: it cannot be read.
        """
        with self.opened() as file:
            return file.read(len(PARQUET_MAGIC)) == PARQUET_MAGIC


def locate(paths: Paths) -> list[LogFile]:
    """
    Return the files that paths name, in the order of their paths, each once.

    Of a folder, everything in it at any depth but what begins with ``.`` or
    ``_``, as Hive and Spark have it.

    Raises:
        RequestLogError: no file matches, or a folder cannot be read.
    """
    found: dict[str, LogFile] = {}
    for path in [paths] if isinstance(paths, str | Path) else paths:
        try:
            files = list(_files(str(path)))
        except OSError as error:
            raise _unreadable(path, error) from error
        if not files:
            raise RequestLogError(f"No file of a request log matches {str(path)!r}")
        found.update({file.path: file for file in files})
    return [found[path] for path in sorted(found)]


def _files(path: str) -> Iterator[LogFile]:
    here = Path(path)
    if here.exists() or not has_magic(path):
        base, tops = (here, [here]) if here.is_dir() else (here.parent, [here])
    else:
        base, tops = _fixed_part(here), [Path(top) for top in glob(path, recursive=True)]  # noqa: PTH207  # Path.glob takes no path from the root
    for top in tops:
        if top.is_dir():
            yield from _within(str(top), _partitions(top.relative_to(base).parts))
        elif top.is_file():
            folders = top.relative_to(base).parts[:-1]
            yield LogFile(str(top), top.stat().st_size, _partitions(folders))


def _within(folder: str, partitions: Mapping[str, str | None]) -> Iterator[LogFile]:
    """Give the files in a folder; a folder of many costs one look at each."""
    with scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith((".", "_")):
                continue
            if entry.is_dir():
                yield from _within(entry.path, {**partitions, **_partitions([entry.name])})
            elif entry.is_file():
                yield LogFile(entry.path, entry.stat().st_size, partitions)


def _fixed_part(pattern: Path) -> Path:
    fixed = Path(pattern.anchor)
    for part in pattern.parts[len(fixed.parts) :]:
        if has_magic(part):
            break
        fixed /= part
    return fixed


def _partitions(folders: Iterable[str]) -> dict[str, str | None]:
    pairs = [folder.split("=", 1) for folder in folders if "=" in folder]
    return {
        unquote(name): None if value == _NULL_PARTITION else unquote(value) for name, value in pairs
    }


def _unreadable(path: object, error: OSError) -> RequestLogError:
    return RequestLogError(f"The request log {path} cannot be read: {in_a_line(error)}")


class Done:
    """
    How far a scan of files is, in bytes.

    Args:
        files: all that will be read.
        progress: whom to tell, if anybody.
    """

    def __init__(self, files: Iterable[LogFile], progress: Progress | None) -> None:
        self._progress = progress
        self._total = sum(file.size for file in files)
        self._before = 0

    def within(self, file: LogFile, position: int) -> None:
        """Tell how far the file at hand is read."""
        if self._progress is not None:
            self._progress(min(self._before + min(position, file.size), self._total), self._total)

    def with_all_of(self, file: LogFile) -> None:
        """Tell that a file is done."""
        self.within(file, file.size)
        self._before += file.size
