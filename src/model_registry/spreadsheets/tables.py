"""A file of rows before anybody knows what its columns mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final

import attrs

from model_registry.errors import Fault, ValidationError

MOST_BYTES: Final = 256 * 2**20
"""Bytes that a file may hold, unpacked: beyond 200,000 rows of an inventory."""


class FileFormat(StrEnum):
    """What a file of rows is written in."""

    CSV = "csv"
    JSON = "json"
    XLSX = "xlsx"


@attrs.frozen
class Unreadable:
    """A cell that holds no value, and why; a fault only where its column means something."""

    message: str


@attrs.frozen
class Table:
    """
    The columns and the rows of a file.

    Attributes:
        header: the columns' names, in the file's order.
        rows: each row's number in the file, and its cells by column: None where
            a cell is empty; a column that a row lacks is absent. Streamed.
    """

    header: tuple[str, ...]
    rows: Iterator[tuple[int, Mapping[str, object]]]


def unusable(message: str) -> ValidationError:
    """Return the error that tells why a file as a whole cannot be read."""
    return ValidationError([Fault("file", message)])


def laid_out(
    cells: Iterator[tuple[int, tuple[object, ...]]],
) -> Table:
    """
    Return the table of a grid whose first row that is not blank names the columns.

    Raises:
        ValidationError: there is no such row, or two columns have one name.
    """
    named = next((row for _, row in cells if any(cell is not None for cell in row)), None)
    if named is None:
        raise unusable("has no rows, not even one that names the columns")
    names = [_name(cell, place) for place, cell in enumerate(named, start=1)]
    while names and not names[-1]:
        names.pop()
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise unusable(f"has several columns of one name: {', '.join(twice)}")
    return Table(tuple(filter(None, names)), _rows(tuple(names), cells))


def _name(cell: object, place: int) -> str:
    if cell is None:
        return ""
    if not isinstance(cell, str):
        raise unusable(f"names column {place} with something that is not text")
    return cell.strip()


def _rows(
    names: tuple[str, ...], cells: Iterator[tuple[int, tuple[object, ...]]]
) -> Iterator[tuple[int, Mapping[str, object]]]:
    for number, row in cells:
        if all(cell is None for cell in row):
            continue
        said = {name: cell for name, cell in zip(names, row, strict=False) if name}
        said |= {name: None for name in names[len(row) :] if name}
        stray = [
            place
            for place, cell in enumerate(row, start=1)
            if cell is not None and (place > len(names) or not names[place - 1])
        ]
        if stray:
            said[""] = Unreadable(f"column {stray[0]} has a value and no name")
        yield number, said
