"""
Rows of an XLSX workbook, which anybody may have made.

openpyxl reads it row by row. What it does not look at is looked at here: how much the
archive unpacks to, declarations of entities, and cells that hold no value of their own.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile, ZipFile

from model_registry.errors import ValidationError
from model_registry.spreadsheets.cell_texts import unescaped
from model_registry.spreadsheets.openpyxl_extra import openpyxl
from model_registry.spreadsheets.tables import MOST_BYTES, Table, Unreadable, laid_out, unusable

_MOST_COLUMNS: Final = 1_000
_LAST_ROW: Final = 1_048_576  # what a spreadsheet program can hold
_AT_ONCE: Final = 2**20
_STRINGS: Final = "sharedstrings.xml"
_DTD: Final = re.compile(rb"<!DOCTYPE")
_MERGED: Final = re.compile(rb"<(\w+:)?mergeCell\s")
_ESCAPED: Final = re.compile(rb"_x005[Ff]_")
_LONGEST_SOUGHT: Final = 64


def xlsx_table(path: Path, sheet: str | None = None) -> Table:
    """
    Read a sheet of a workbook. Hidden rows and columns are read as any others.

    Times come as a spreadsheet keeps them, to the millisecond and without a zone.

    Args:
        path: of the workbook; it stays open until the rows are read or dropped.
        sheet: name of the sheet; the first by default.

    Raises:
        BackendNotInstalled: openpyxl is not there.
        ValidationError: no workbook, no such sheet, merged cells, or too much of it;
            later rows are met later.
        OSError: it cannot be read.
    """
    return laid_out(_grid(path, sheet))


def _grid(path: Path, name: str | None) -> Iterator[tuple[int, tuple[object, ...]]]:
    package = openpyxl()
    number = 0
    try:
        with path.open("rb") as file, ZipFile(file) as archive, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of what it does not keep: nothing is kept
            _look_before(archive)
            book = package.load_workbook(file, read_only=True, keep_links=False)
            sheet = _named(book, name)
            _look_for_what_is_not_told(archive, sheet)
            sheet.reset_dimensions()  # what a file says of its own size need not be so
            for number, row in enumerate(sheet.iter_rows(), start=1):
                if number > _LAST_ROW:
                    raise unusable(f"has more than {_LAST_ROW:,} rows")
                if len(row) > _MOST_COLUMNS:
                    raise unusable(f"has more than {_MOST_COLUMNS:,} columns in row {number:,}")
                yield number, tuple(map(_value, row))
    except (OSError, ValidationError, GeneratorExit):
        raise
    except BadZipFile as error:
        raise unusable("is no XLSX workbook") from error
    except Exception as error:
        # openpyxl raises whatever a damaged part makes Python raise.
        where = f" after row {number:,}" if number else ""
        raise unusable(f"is a damaged XLSX workbook{where}: {error}") from error


def _look_before(archive: ZipFile) -> None:
    """Refuse what could grow in memory, before anything is parsed."""
    parts = archive.infolist()
    size = sum(part.file_size for part in parts)  # no part can give more than it declares
    if size > MOST_BYTES:
        raise unusable(f"unpacks to {size:,} bytes; at most {MOST_BYTES:,} are read")
    for part in parts:
        if part.filename.endswith((".xml", ".rels")) and _holds(archive, part.filename, _DTD):
            raise unusable("declares a DTD, which no workbook may (ECMA-376 part 2)")


def _named(book: Any, name: str | None) -> Any:
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    if not sheets:
        raise unusable("has no sheet of cells")
    if name is None:
        return next(iter(sheets.values()))
    if name not in sheets:
        raise unusable(f"has no sheet {name!r}; there are {', '.join(map(repr, sheets))}")
    return sheets[name]


def _look_for_what_is_not_told(archive: ZipFile, sheet: Any) -> None:
    """Refuse what openpyxl passes over in silence when it streams."""
    if _holds(archive, sheet._worksheet_path, _MERGED):
        raise unusable("has merged cells, of which only the first holds a value: unmerge them")
    strings = [name for name in archive.namelist() if name.lower().endswith(_STRINGS)]
    if any(_holds(archive, name, _ESCAPED) for name in strings):
        # It drops these, after which _x000D_ is a text of its own and a CR alike.
        raise unusable("has texts such as _x000D_, which cannot be told from what they stand for")


def _holds(archive: ZipFile, part: str, sought: re.Pattern[bytes]) -> bool:
    before = b""
    with archive.open(part) as file:
        while block := file.read(_AT_ONCE):
            if sought.search(before + block):
                return True
            before = block[-_LONGEST_SOUGHT:]
    return False


def _value(cell: Any) -> object:
    match cell.data_type:
        case "f":
            return Unreadable("holds a formula, which is not computed: put its value there")
        case "e":
            return Unreadable(f"holds the error {cell.value}")
        case _ if isinstance(cell.value, str):
            return unescaped(cell.value) or None
        case _ if cell.value is None or isinstance(cell.value, bool | int | float | datetime):
            return cell.value
        case _:
            return Unreadable("holds a date or a time, and nobody knows what was typed")
