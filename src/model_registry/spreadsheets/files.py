"""From a file's path to its rows, whatever it is written in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from model_registry.domain.importing import ImportRow
from model_registry.spreadsheets.columns import Columns
from model_registry.spreadsheets.csv_rows import csv_table
from model_registry.spreadsheets.json_rows import json_table
from model_registry.spreadsheets.tables import FileFormat, Table, unusable
from model_registry.spreadsheets.xlsx_rows import xlsx_table


def read_rows(
    path: Path | str,
    columns: Columns | None = None,
    *,
    form: FileFormat | None = None,
    sheet: str | None = None,
    guard: bool = True,
) -> Iterator[ImportRow]:
    """
    Stream a file's rows as what they say of entries, for ``TenantRegistry.import_rows``.

    Args:
        path: of the file.
        columns: what its columns mean, where they are not called like the fields.
        form: what it is written in; told from its name by default.
        sheet: of an XLSX, the name of the sheet; the first by default.
        guard: of a CSV, whether apostrophes before formulas are the export's own.

    Raises:
        BackendNotInstalled: an XLSX, and openpyxl is not there.
        ValidationError: the file or its columns cannot be understood; where a later
            part is damaged, when that is reached.
        OSError: it cannot be read.
    """
    file = Path(path)
    table = _table(file, form or _told(file), sheet, guard=guard)
    return (columns or Columns()).read(table)


def _told(file: Path) -> FileFormat:
    suffix = file.suffix.lower().removeprefix(".")
    if suffix not in tuple(FileFormat):
        known = ", ".join(f".{form.value}" for form in FileFormat)
        raise unusable(f"is called {file.name!r}, which tells no format; known are {known}")
    return FileFormat(suffix)


def _table(file: Path, form: FileFormat, sheet: str | None, *, guard: bool) -> Table:
    match form:
        case FileFormat.CSV:
            return csv_table(file, guard=guard)
        case FileFormat.JSON:
            return json_table(file)
        case FileFormat.XLSX:
            return xlsx_table(file, sheet)
