"""The inventory as a file for people and GRC platforms: CSV and JSON, streamed."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Final

from model_registry.codec import entry_to_json
from model_registry.domain.entry import ENTRY_FIELDS, ModelEntry

CSV_COLUMNS: Final = tuple(name for name in ENTRY_FIELDS if name != "tenant_id")
"""The contract's twelve columns, in its order."""

_FREE_TEXT: Final = ("model_id", "provider", "display_name", "owner", "description")
# OWASP's list, with full-width and small forms; some programs trim what cannot be seen.
_FORMULA: Final = re.compile(
    r"[\t\r\n]|[\x01-\x20\s\u200B-\u200D\u2060\uFEFF]*"
    r"[-=+@\uFF1D\uFF0B\uFF0D\uFF20\uFE66\uFE62\uFE63\uFE6B]"
)
_ROWS_A_CHUNK: Final = 500


class ExportFormat(StrEnum):
    """How an export is written (contract, ``format``)."""

    CSV = "csv"
    JSON = "json"


def export(
    entries: Iterable[ModelEntry], form: ExportFormat, *, guard: bool = True
) -> Iterator[bytes]:
    """Write entries in either form; ``guard`` is for the CSV."""
    return export_csv(entries, guard=guard) if form is ExportFormat.CSV else export_json(entries)


def export_csv(entries: Iterable[ModelEntry], *, guard: bool = True) -> Iterator[bytes]:
    """
    Write entries as RFC 4180 CSV: UTF-8, CRLF, a header line.

    Args:
        entries: in the order in which they are to appear.
        guard: put an apostrophe before free text that a spreadsheet would run
            as a formula (OWASP, CSV injection). Without it the values are
            exact, and dangerous to open in a spreadsheet.

    Yields:
        Chunks of some hundred rows.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS)
    for number, entry in enumerate(entries, 1):
        row = entry_to_json(entry)
        row["tags"] = json.dumps(row["tags"], ensure_ascii=False)
        if guard:
            for name in _FREE_TEXT:
                text = row[name]
                if text and _FORMULA.match(text):
                    row[name] = "'" + text
        writer.writerow([row[name] for name in CSV_COLUMNS])
        if number % _ROWS_A_CHUNK == 0:
            yield _drained(buffer)
    yield _drained(buffer)


def export_json(entries: Iterable[ModelEntry]) -> Iterator[bytes]:
    """
    Write entries in the list's schema, all of them (contract, export, JSON).

    ``limit`` and ``total`` are the number of entries; they stand after the
    entries, because a stream knows them last.

    Yields:
        Chunks of some hundred entries, together one JSON object.
    """
    buffer = io.StringIO()
    buffer.write('{"models": [')
    number = 0
    for number, entry in enumerate(entries, 1):  # the count is used after the loop
        buffer.write("\n" if number == 1 else ",\n")
        buffer.write(json.dumps(entry_to_json(entry), ensure_ascii=False))
        if number % _ROWS_A_CHUNK == 0:
            yield _drained(buffer)
    buffer.write(f'\n], "total": {number}, "limit": {number}, "offset": 0}}\n')
    yield _drained(buffer)


def _drained(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()
