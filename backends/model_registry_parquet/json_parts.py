"""Files of text summed up, in parts that stay as they are while a file grows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import BinaryIO, Final

from model_registry.domain.request_log import Shape
from model_registry.errors import RequestLogError
from model_registry_parquet.json_lines import blocks_between, is_gzip, next_line
from model_registry_parquet.json_numbered import NumberedLines
from model_registry_parquet.json_rows import json_rows
from model_registry_parquet.log_files import LogFile
from model_registry_parquet.shares import Part
from model_registry_parquet.summing import MOST_WAITING, Summing
from model_registry_parquet.text_files import TextForm, form_of, rows_added

PART: Final = 16 * 2**20
"""How many bytes a part has, up to the end of a line; the last one has what is left."""

_SEALED: Final = 65_536


def read_parts(
    file: LogFile, opened: BinaryIO, shape: Shape, kept: Sequence[Part]
) -> Iterator[Part]:
    """
    Sum a file up, from where its kept parts end.

    Raises:
        RequestLogError: it is Parquet.
        CannotSumUp: it is not fit to be summed up.
        OSError: it cannot be read.
    """
    if file.is_parquet():
        raise RequestLogError(f"{file.path} is Parquet, among files of JSON Lines")
    summing = Summing(shape)
    form = form_of(file, opened)
    if is_gzip(opened) or form is not TextForm.JSON_LINES:
        last = 0
        for last in rows_added(file, opened, form, shape, summing):
            if summing.waiting >= MOST_WAITING:
                yield summing.part(last)
        yield summing.part(last)
        return
    lines = NumberedLines(json_rows(shape, file.partitions), summing)
    end: int | None = 0
    if kept:
        end, lines.last = kept[-1].end, kept[-1].last
    while end is not None:
        start, end = end, next_line(opened, end + PART)
        for block in blocks_between(opened, start, end):
            lines.add(block)
        seal = b"" if end is None else _seal(opened, end)
        yield summing.part(lines.last, end, seal)


def still_there(opened: BinaryIO, parts: Iterable[Part]) -> bool:
    """Tell whether a file that has grown still begins with parts that were read of it."""
    return all(part.end is not None and _seal(opened, part.end) == part.seal for part in parts)


def _seal(opened: BinaryIO, end: int) -> bytes:
    start = max(0, end - _SEALED)
    opened.seek(start)
    return blake2b(opened.read(end - start), digest_size=16).digest()
