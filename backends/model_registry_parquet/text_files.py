"""Files of text that are request logs: JSON Lines, other JSON, and CSV; plain or gzip."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import islice
from typing import BinaryIO, Final, TypeVar

import msgspec

from model_registry.domain.row_fields import Row
from model_registry.domain.shape import Needed, Shape
from model_registry_parquet.csv_rows import csv_names, csv_rows, is_csv
from model_registry_parquet.json_lines import Unreadable, blocks
from model_registry_parquet.json_numbered import NumberedLines, Sum
from model_registry_parquet.json_rows import JsonObjects, json_rows
from model_registry_parquet.json_values import is_of_values, objects
from model_registry_parquet.log_files import LogFile

T = TypeVar("T")

_AT_ONCE: Final = 1_000


class TextForm(StrEnum):
    """What the rows of a file are, and what people call one of them."""

    JSON_LINES = "line"
    JSON_VALUES = "object"
    CSV = "row"


def form_of(file: LogFile, opened: BinaryIO) -> TextForm:
    """
    Tell what a file is: CSV by its name, JSON by how it begins.

    Raises:
        OSError: it cannot be read.
    """
    if is_csv(file):
        return TextForm.CSV
    return TextForm.JSON_VALUES if is_of_values(opened) else TextForm.JSON_LINES


def place_in(file: LogFile) -> str:
    """
    Return what, before its number, tells where a row of a file is.

    Raises:
        RequestLogError: the file cannot be opened.
        OSError: it cannot be read.
    """
    with file.opened() as opened:
        return f"{file.path}, {form_of(file, opened)}"


def names_in(file: LogFile, opened: BinaryIO, shape: Shape) -> list[str]:
    """
    Return the names of the fields of a file's first row; none where it cannot be told.

    Raises:
        OSError: it cannot be read.
    """
    form = form_of(file, opened)
    if form is TextForm.CSV:
        return csv_names(opened)
    texts = objects(opened) if form is TextForm.JSON_VALUES else blocks(opened)
    first = next(texts, b"")
    try:
        text = b"" if isinstance(first, Unreadable) else first
        document = msgspec.json.decode(text if form is TextForm.JSON_VALUES else _line(text))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return []
    row = next(shape.rows_of(document), None)
    return list(row) if isinstance(row, dict) else []


def _line(block: bytes) -> bytes:
    return next((line for line in block.split(b"\n", 100) if line.strip()), b"")


def rows_added(
    file: LogFile,
    opened: BinaryIO,
    form: TextForm,
    shape: Shape,
    into: Sum,
    *,
    tenant_id: str | None = None,
    whole: bool = False,
) -> Iterator[int]:
    """
    Add the rows of a file, some after others, and yield the number of the last one so far.

    Args:
        file: which.
        opened: the same.
        form: what it is.
        shape: how its rows name what is needed.
        into: what they are added to.
        tenant_id: whose rows will do, if not everybody's are needed.
        whole: whether the rows shall be dicts of fields, whatever the shape.

    Raises:
        OSError: it cannot be read.
    """
    if form is TextForm.CSV:
        yield from _csv_added(file, opened, shape, into)
        return
    rows = (JsonObjects if whole else json_rows)(shape, file.partitions)
    lines = NumberedLines(rows, into, tenant_id)
    if form is TextForm.JSON_LINES:
        for block in blocks(opened):
            lines.add(block)
            yield lines.last
        return
    for some in _some(objects(opened)):
        lines.add_objects(some)
        yield lines.last


def _csv_added(file: LogFile, opened: BinaryIO, shape: Shape, into: Sum) -> Iterator[int]:
    needed = Needed(shape).take_request
    names = [name for name in shape.names if name not in file.partitions]
    last = 1
    for some in _some(csv_rows(opened, names)):
        into.add(_understood(file, shape, some, into), needed)
        last = some[-1][0]
        yield last


def _understood(
    file: LogFile, shape: Shape, rows: Iterable[tuple[int, Row | Unreadable]], into: Sum
) -> Iterator[tuple[int, Row]]:
    for number, found in rows:
        if isinstance(found, Unreadable):
            into.rows += found.lines
            into.broken(number, found.reason)
            continue
        for row in shape.rows_of({**found, **file.partitions}):
            into.rows += 1
            yield number, row


def _some(items: Iterator[T]) -> Iterator[list[T]]:
    return iter(lambda: list(islice(items, _AT_ONCE)), [])
