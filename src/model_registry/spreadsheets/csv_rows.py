"""Rows of a CSV: as this library exports it, and as spreadsheet programs save it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import TextIOBase
from pathlib import Path
from typing import Final

from model_registry.spreadsheets.tables import MOST_BYTES, Table, laid_out, unusable
from model_registry.written import unguarded

_DELIMITERS: Final = (",", ";", "\t")
_LONGEST_CELL: Final = 1_000_000


def csv_table(path: Path, *, guard: bool) -> Table:
    """
    Read a CSV in UTF-8, with or without a byte order mark, parted by comma, semicolon or TAB.

    Args:
        path: of the file; it stays open until the rows are read or dropped.
        guard: whether apostrophes before what a spreadsheet would run are the
            export's own (``unguarded``), or part of the values.

    Raises:
        ValidationError: it is too large, or no such CSV; later rows are met later.
        OSError: it cannot be read.
    """
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise unusable(f"has {size:,} bytes; at most {MOST_BYTES:,} are read")
    return laid_out(_grid(path, guard=guard))


def _grid(path: Path, *, guard: bool) -> Iterator[tuple[int, tuple[object, ...]]]:
    # Our own tags may take 80,000 characters; Python's limit is for the whole process.
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))
    with path.open(encoding="utf-8-sig", newline="") as file:
        number = 0
        try:
            reader = csv.reader(file, delimiter=_delimiter(file), strict=True)
            for number, row in enumerate(reader, start=1):
                cells = (unguarded(cell) if guard else cell for cell in row)
                yield number, tuple(cell or None for cell in cells)
        except csv.Error as error:
            raise unusable(f"is no CSV after row {number}: {error}") from error
        except UnicodeDecodeError as error:
            message = f"is not UTF-8 after row {number}; save it as CSV UTF-8"
            raise unusable(message) from error


def _delimiter(file: TextIOBase) -> str:
    """Return what parts most columns in the first line; a line ``sep=;`` says it itself."""
    first = file.readline(_LONGEST_CELL)
    told = first.rstrip("\r\n")
    if told.lower().startswith("sep=") and len(told) == len("sep=;"):
        return told[-1]
    file.seek(0)
    return max(_DELIMITERS, key=lambda one: len(next(csv.reader([first], delimiter=one), ())))
