"""The inventory as an XLSX workbook for people: it opens filtered, with real dates."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, Final

from model_registry.codec import entry_to_json
from model_registry.domain.entry import STATUS, ModelEntry
from model_registry.errors import Fault, ValidationError
from model_registry.spreadsheets.cell_texts import escaped
from model_registry.spreadsheets.openpyxl_extra import openpyxl
from model_registry.written import CSV_COLUMNS, PROFILE_COLUMNS, profile_cells

if TYPE_CHECKING:
    from model_registry.domain.risk_profile import RiskProfile

_WIDTHS: Final = {
    "id": 12,
    "model_id": 36,
    "provider": 14,
    "display_name": 30,
    "risk_tier": 10,
    "validation_status": 18,
    "owner": 28,
    "description": 50,
    "tags": 36,
}
_WIDTH_OF_A_TIME: Final = 24
_TIME: Final = 'yyyy-mm-dd hh:mm:ss" UTC"'
_DATE: Final = "yyyy-mm-dd"
_FIRST_DAY: Final = datetime(1900, 3, 1, tzinfo=UTC)  # a spreadsheet's days before are disputed
_LONGEST_CELL: Final = 32_767
_AT_ONCE: Final = 2**18

_NOTES: Final = f"""\
The sheet Inventory has one model in each row, as it stood when the file was made.
risk_tier: from tier_1, which can hurt most, to tier_4.
validation_status: {", ".join(STATUS.allowed)}.
tags: a JSON object of texts.
Times are UTC. last_seen_at is the latest request that discovery saw.
To bring changes back: model-registry import FILE --dry-run
Leave updated_at as it is: it tells whether a model has changed since the file was made.
"""


def workbook(
    entries: Iterable[ModelEntry], profile: Callable[[ModelEntry], RiskProfile] | None = None
) -> Iterator[bytes]:
    """
    Write entries as an XLSX workbook.

    One sheet with the columns of the CSV, its header frozen and with filters, and one
    that explains it. Texts are typed as texts, so that none is a formula; what XML
    cannot hold is escaped as ECMA-376 says. Rows go through a temporary file, so
    memory does not grow with the inventory.

    Args:
        entries: in the order in which they are to appear.
        profile: gives the risk profile that is written with each entry, in
            ``PROFILE_COLUMNS``; None for none.

    Yields:
        Chunks of the file.

    Raises:
        BackendNotInstalled: openpyxl is not there.
        ValidationError: an entry's text is longer than a cell can hold.
    """
    book = openpyxl().Workbook(write_only=True)
    inventory = book.create_sheet("Inventory")
    try:
        _write_inventory(inventory, entries, profile)
    except BaseException:
        inventory.close()
        inventory._writer.cleanup()  # else its temporary file stays as long as the process
        raise
    notes = book.create_sheet("Notes")
    notes.column_dimensions["A"].width = 110
    for line in _NOTES.splitlines():
        notes.append([line])
    with TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        while chunk := file.read(_AT_ONCE):
            yield chunk


def _write_inventory(
    sheet: Any,
    entries: Iterable[ModelEntry],
    profile: Callable[[ModelEntry], RiskProfile] | None,
) -> None:
    package = openpyxl()
    columns = CSV_COLUMNS if profile is None else CSV_COLUMNS + PROFILE_COLUMNS
    letters = [package.utils.get_column_letter(place) for place in range(1, len(columns) + 1)]
    sheet.freeze_panes = "C2"  # the header, and which model it is
    for letter, name in zip(letters, columns, strict=True):
        sheet.column_dimensions[letter].width = _WIDTHS.get(name, _WIDTH_OF_A_TIME)
    header = [package.cell.WriteOnlyCell(sheet, name) for name in columns]
    for cell in header:
        cell.font = package.styles.Font(bold=True)
    sheet.append(header)
    rows = 1
    for entry in entries:
        cells = []
        for value in _values(entry, None if profile is None else profile(entry)):
            cell = package.cell.WriteOnlyCell(sheet)
            if isinstance(value, datetime):
                cell.value = value.replace(tzinfo=None)
                cell.number_format = _TIME
            elif isinstance(value, date):
                cell.value = value
                cell.number_format = _DATE
            elif value:
                cell.value = value
                cell.data_type = "s"  # or else =1+1 is a formula, and #N/A an error
            cells.append(cell)
        sheet.append(cells)
        rows += 1
    sheet.auto_filter.ref = f"A1:{letters[-1]}{rows}"


def _values(entry: ModelEntry, profile: RiskProfile | None) -> Iterator[str | date | None]:
    """
    Yield what an entry's cells hold: times, dates, and texts as the XML can hold them.

    Raises:
        ValidationError: a text is too long for a cell.
    """
    shown = entry_to_json(entry)
    shown["tags"] = json.dumps(shown["tags"], ensure_ascii=False)
    for name in CSV_COLUMNS:
        at = getattr(entry, name)
        known = isinstance(at, datetime) and at >= _FIRST_DAY
        yield at if known else _text(entry, name, shown[name])
    if profile is None:
        return
    for column, cell in zip(PROFILE_COLUMNS, profile_cells(profile), strict=True):
        day = getattr(profile, column.removeprefix("risk_profile_"))
        known = isinstance(day, date) and day >= _FIRST_DAY.date()
        yield day if known else _text(entry, column, cell)


def _text(entry: ModelEntry, name: str, text: str | None) -> str | None:
    text = text and escaped(text)
    if text and len(text) > _LONGEST_CELL:
        message = (
            f"of {entry.model_id!r} take {len(text):,} characters, and a cell of a workbook "
            f"holds {_LONGEST_CELL:,}: export CSV or JSON"
        )
        raise ValidationError([Fault(name, message)])
    return text
