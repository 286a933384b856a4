"""An entry as the texts that go out: the API's JSON document, and its line of the CSV export."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from model_registry.codec import entry_to_json, profile_to_json
from model_registry.domain.entry import ENTRY_FIELDS, ModelEntry

if TYPE_CHECKING:
    from model_registry.domain.risk_profile import RiskProfile

CSV_COLUMNS: Final = tuple(name for name in ENTRY_FIELDS if name != "tenant_id")
"""The contract's twelve columns, in its order."""

PROFILE_COLUMNS: Final = tuple(
    f"risk_profile_{name}"
    for name in (
        "purpose",
        "restrictions",
        "tier_rationale",
        "validator",
        "last_validated_on",
        "next_validation_on",
        "validation_due_on",
        "findings",
        "evidence",
    )
)
"""The columns of a risk profile, which an export has after its own where they are asked for."""

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


def profiled_document(entry: ModelEntry, profile: RiskProfile) -> str:
    """Return an entry as ``entry_document`` does, with its ``risk_profile``."""
    shown = profile_to_json(profile)
    del shown["id"], shown["model_id"]
    return _compact({**entry_to_json(entry), "risk_profile": shown})


def profile_cells(profile: RiskProfile) -> list[str | None]:
    """Return what a risk profile's columns hold, in the order of ``PROFILE_COLUMNS``."""
    shown = profile_to_json(profile)
    values = (shown[column.removeprefix("risk_profile_")] for column in PROFILE_COLUMNS)
    return [
        (_spaced(value) if value else None) if isinstance(value, list | dict) else value
        for value in values
    ]


def profiled_line(entry: ModelEntry, profile: RiskProfile, *, guard: bool = True) -> str:
    """Return an entry's line as ``csv_line`` does, with the columns of its risk profile."""
    cells = profile_cells(profile)
    if guard:
        cells = ["'" + cell if cell and _GUARDED.match(cell) else cell for cell in cells]
    return _line(entry_to_json(entry), guard=guard, more=cells)


def _line(row: dict[str, Any], *, guard: bool, more: Iterable[str | None] = ()) -> str:
    row["tags"] = _spaced(row["tags"]) if row["tags"] else "{}"
    if guard:
        for name in _FREE_TEXT:
            text = row[name]
            if text and _GUARDED.match(text):
                row[name] = "'" + text
    line = _OneLine()
    cells = [row[name] for name in CSV_COLUMNS]
    csv.writer(line, lineterminator="\r\n").writerow([*cells, *more])
    return line.text


class _OneLine:
    """Where ``csv`` writes one line to."""

    text = ""

    def write(self, text: str) -> None:
        self.text += text
