"""CSV files with a line of names first: the few fields that a scan needs, and no more."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from itertools import count, filterfalse
from typing import Any, BinaryIO, Final, Literal

import pyarrow as pa
from pyarrow import csv

from model_registry_parquet.faults import in_a_line
from model_registry_parquet.json_lines import LONGEST_LINE, Unreadable, chunks
from model_registry_parquet.log_files import LogFile

_BLOCK: Final = LONGEST_LINE
_FIRST: Final = 2
"""The number of the first row: people count the names as row 1."""


def is_csv(file: LogFile) -> bool:
    """Tell CSV by the file's name: nothing within it tells it from other text."""
    return file.path.lower().removesuffix(".gz").endswith(".csv")


def csv_names(file: BinaryIO) -> list[str]:
    """Return the names in the first line; none if there is no such line."""
    try:
        return list(_opened(_Unpacked(file), None, set()).schema.names)
    except (pa.ArrowException, OSError):
        return []


def csv_rows(
    file: BinaryIO, names: Sequence[str]
) -> Iterator[tuple[int, dict[str, str] | Unreadable]]:
    """
    Read rows, each with its number, in memory that grows with neither file nor row.

    A row is a dict of those of the fields that the file has; a row of more or fewer
    fields than there are names, and one that is not UTF-8, is broken.
    """
    there = csv_names(file)
    wanted = [name for name in names if name in there]
    unpacked = _Unpacked(file)
    skipped: set[int] = set()
    told = 0
    numbers = filterfalse(skipped.__contains__, count(_FIRST))
    number = _FIRST - 1
    try:
        for batch in _opened(unpacked, wanted, skipped) if there else ():
            fields = [column.to_pylist() for column in batch.columns[: len(wanted)]]
            for raw in zip(*fields, strict=True) if fields else [()] * batch.num_rows:
                number = next(numbers)
                yield number, _row(wanted, raw)
            for broken in sorted(skipped)[told:]:
                yield broken, Unreadable(f"not {len(there)} fields", 1)
            told = len(skipped)
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        yield number + 1, Unreadable(in_a_line(error), 0)
    if unpacked.ended is not None:
        yield number + 1, unpacked.ended


def _row(names: Sequence[str], raw: Sequence[bytes]) -> dict[str, str] | Unreadable:
    try:
        return {name: value.decode() for name, value in zip(names, raw, strict=True)}
    except UnicodeDecodeError:
        return Unreadable("not UTF-8", 1)


def _opened(file: _Unpacked, wanted: list[str] | None, skipped: set[int]) -> csv.CSVStreamingReader:
    def skip(row: csv.InvalidRow) -> Literal["skip"]:
        skipped.add(row.number or 0)
        return "skip"

    source: Any = file  # of a file pyarrow asks no more than to be read, whatever its stubs say
    return csv.open_csv(
        source,
        read_options=csv.ReadOptions(use_threads=False, block_size=_BLOCK),
        parse_options=csv.ParseOptions(newlines_in_values=True, invalid_row_handler=skip),
        convert_options=csv.ConvertOptions(
            check_utf8=False,
            include_columns=wanted,
            column_types=dict.fromkeys(wanted or (), pa.binary()),
        ),
    )


class _Unpacked(io.RawIOBase):
    """
    A file as it is read by Arrow: unpacked.

    Attributes:
        ended: why it ended before its end.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.ended: Unreadable | None = None
        self._chunks = chunks(file)
        self._held = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Read some bytes, none at the end."""
        if not self._held:
            chunk = next(self._chunks, b"")
            if isinstance(chunk, Unreadable):
                self.ended, chunk = chunk, b""
            self._held = chunk
        size = len(self._held) if size < 0 else size
        given, self._held = self._held[:size], self._held[size:]
        return given
