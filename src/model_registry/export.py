"""The inventory as a file for people and GRC platforms: CSV and JSON, streamed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from functools import partial
from itertools import islice
from typing import Final

from model_registry.domain.entry import ModelEntry
from model_registry.written import CSV_COLUMNS, Form, csv_line, entry_document

_LINES_AT_ONCE: Final = 500


class ExportFormat(StrEnum):
    """How an export is written (contract, ``format``)."""

    CSV = "csv"
    JSON = "json"


FORMS: Final = {ExportFormat.CSV: Form.CSV, ExportFormat.JSON: Form.DOCUMENT}
"""Which text of an entry each format is made of."""


def export(
    entries: Iterable[ModelEntry], form: ExportFormat, *, guard: bool = True
) -> Iterator[bytes]:
    """
    Write entries as a file.

    Args:
        entries: in the order in which they are to appear.
        form: CSV (RFC 4180, UTF-8, CRLF, a header line) or JSON.
        guard: whether the CSV is made safe for spreadsheets; see ``csv_line``.
            Without it the values are exact, and dangerous to open in one.

    Yields:
        Chunks of some hundred entries.
    """
    write = entry_document if form is ExportFormat.JSON else partial(csv_line, guard=guard)
    texts = map(write, entries)
    return assembled(iter(lambda: tuple(islice(texts, _LINES_AT_ONCE)), ()), form)


def assembled(blocks: Iterable[Sequence[str]], form: ExportFormat) -> Iterator[bytes]:
    """
    Make a file of entries that are written already.

    Args:
        blocks: the entries' texts in the form that ``FORMS`` names, some at once.
        form: CSV or JSON.

    Yields:
        A chunk for each block, and what belongs around them.
    """
    return _csv(blocks) if form is ExportFormat.CSV else _json(blocks)


def _csv(blocks: Iterable[Sequence[str]]) -> Iterator[bytes]:
    before = ",".join(CSV_COLUMNS) + "\r\n"
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
