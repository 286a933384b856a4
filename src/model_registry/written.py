"""An entry as the texts that go out: the API's JSON document, and its line of the CSV export."""

from __future__ import annotations

import csv
import json
import re
from enum import StrEnum
from typing import Any, Final

from model_registry.codec import entry_to_json
from model_registry.domain.entry import ENTRY_FIELDS, ModelEntry

CSV_COLUMNS: Final = tuple(name for name in ENTRY_FIELDS if name != "tenant_id")
"""The contract's twelve columns, in its order."""

_FREE_TEXT: Final = ("model_id", "provider", "display_name", "owner", "description")
# OWASP's list, with full-width and small forms; some programs trim what cannot be seen. A text
# whose own apostrophes stand there gets one more, so that a reader knows which one is the guard's.
_GUARDED: Final = re.compile(
    r"'*(?:[\t\r\n]|[\x01-\x20\s\u200B-\u200D\u2060\uFEFF]*"
    r"[-=+@\uFF1D\uFF0B\uFF0D\uFF20\uFE66\uFE62\uFE63\uFE6B])"
)

_compact: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_spaced: Final = json.JSONEncoder(ensure_ascii=False).encode


class Form(StrEnum):
    """Which text an entry is written as."""

    DOCUMENT = "document"
    CSV = "csv"


def written(entry: ModelEntry, form: Form) -> str:
    """Return an entry's text in a form."""
    return entry_document(entry) if form is Form.DOCUMENT else csv_line(entry)


def entry_document(entry: ModelEntry) -> str:
    """Return an entry as the JSON text that the API answers with (contract, GET /models/{id})."""
    return _compact(entry_to_json(entry))


def document_and_line(entry: ModelEntry) -> tuple[str, str]:
    """Return an entry's two texts, sooner than one after the other."""
    shown = entry_to_json(entry)
    return _compact(shown), _line(shown, guard=True)


def csv_line(entry: ModelEntry, *, guard: bool = True) -> str:
    """
    Return an entry's line of an RFC 4180 CSV, with its CRLF.

    Args:
        entry: whose line.
        guard: put an apostrophe before free text that a spreadsheet would run
            as a formula (OWASP, CSV injection); ``unguarded`` takes it back.
    """
    return _line(entry_to_json(entry), guard=guard)


def unguarded(text: str) -> str:
    """Return what a cell of a guarded CSV held before the guard: exactly that, for any text."""
    return text[1:] if text.startswith("'") and _GUARDED.match(text) else text


def _line(row: dict[str, Any], *, guard: bool) -> str:
    row["tags"] = _spaced(row["tags"]) if row["tags"] else "{}"
    if guard:
        for name in _FREE_TEXT:
            text = row[name]
            if text and _GUARDED.match(text):
                row[name] = "'" + text
    line = _OneLine()
    csv.writer(line, lineterminator="\r\n").writerow([row[name] for name in CSV_COLUMNS])
    return line.text


class _OneLine:
    """Where ``csv`` writes one line to."""

    text = ""

    def write(self, text: str) -> None:
        self.text += text
