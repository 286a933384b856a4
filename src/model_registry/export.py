"""The inventory as a file for people and GRC platforms: CSV and JSON, streamed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

from model_registry.domain.entry import ModelEntry
from model_registry.written import (
    CSV_COLUMNS,
    PROFILE_COLUMNS,
    Form,
    csv_line,
    entry_document,
    profiled_document,
    profiled_line,
)

if TYPE_CHECKING:
    from model_registry.domain.risk_profile import RiskProfile

_LINES_AT_ONCE: Final = 500


class ExportFormat(StrEnum):
    """How an export is written (contract, ``format``)."""

    CSV = "csv"
    JSON = "json"


FORMS: Final = {ExportFormat.CSV: Form.CSV, ExportFormat.JSON: Form.DOCUMENT}
"""Which text of an entry each format is made of."""


def export(
    entries: Iterable[ModelEntry],
    form: ExportFormat,
    *,
    guard: bool = True,
    profile: Callable[[ModelEntry], RiskProfile] | None = None,
) -> Iterator[bytes]:
    """
    Write entries as a file.

    Args:
        entries: in the order in which they are to appear.
        form: CSV (RFC 4180, UTF-8, CRLF, a header line) or JSON.
        guard: whether the CSV is made safe for spreadsheets; see ``csv_line``.
            Without it the values are exact, and dangerous to open in one.
        profile: gives the risk profile that is written with each entry, in
            ``PROFILE_COLUMNS`` or as ``risk_profile``; None for none.

    Yields:
        Chunks of some hundred entries.
    """
    columns = CSV_COLUMNS
    texts: Iterator[str]
    if profile is None:
        write = entry_document if form is ExportFormat.JSON else partial(csv_line, guard=guard)
        texts = map(write, entries)
    elif form is ExportFormat.JSON:
        texts = (profiled_document(entry, profile(entry)) for entry in entries)
    else:
        columns += PROFILE_COLUMNS
        texts = (profiled_line(entry, profile(entry), guard=guard) for entry in entries)
    return assembled(iter(lambda: tuple(islice(texts, _LINES_AT_ONCE)), ()), form, columns)


def assembled(
    blocks: Iterable[Sequence[str]], form: ExportFormat, columns: Sequence[str] = CSV_COLUMNS
) -> Iterator[bytes]:
    """
    Make a file of entries that are written already.

    Args:
        blocks: the entries' texts in the form that ``FORMS`` names, some at once.
        form: CSV or JSON.
        columns: of the CSV.

    Yields:
        A chunk for each block, and what belongs around them.
    """
    return _csv(blocks, columns) if form is ExportFormat.CSV else _json(blocks)


def _csv(blocks: Iterable[Sequence[str]], columns: Sequence[str]) -> Iterator[bytes]:
    before = ",".join(columns) + "\r\n"
    for block in blocks:
        yield (before + "".join(block)).encode()
        before = ""
    if before:
        yield before.encode()


def _json(blocks: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """
    Write the list's schema with every entry (contract, export, JSON).

    ``limit`` and ``total`` are the number of entries; they stand after the
    entries, because a stream knows them last.
    """
    number = 0
    before = '{"models": [\n'
    for block in blocks:
        yield (before + ",\n".join(block)).encode()
        before = ",\n"
        number += len(block)
    start = "" if number else before
    yield f'{start}\n], "total": {number}, "limit": {number}, "offset": 0}}\n'.encode()
