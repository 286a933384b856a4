"""What the columns of somebody's file mean: the entry's fields, under whatever names."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import attrs

from model_registry.domain.entry import ENTRY_FIELDS
from model_registry.domain.importing import ImportRow
from model_registry.errors import NOT_GIVEN, Fault, ValidationError
from model_registry.spreadsheets.tables import Table, Unreadable

_TAG: Final = "tags."
_TIMES: Final = frozenset({"last_seen_at", "created_at", "updated_at"})
_KEYS: Final = ("columns", "ignore", "values")


@attrs.frozen(kw_only=True)
class Columns:
    """
    How a file's columns are read. A column that is called like a field is that field.

    Attributes:
        names: the field that a column means: one of an entry's, or ``tags.KEY`` for
            a column that holds one tag.
        ignored: columns that mean nothing; ``*`` stands for any characters.
        values: for a field, what a file calls a value: ``{"risk_tier": {"High": "tier_1"}}``.

    Raises:
        ValidationError: a field that no entry has.
    """

    names: Mapping[str, str] = attrs.field(factory=dict)
    ignored: AbstractSet[str] = frozenset()
    values: Mapping[str, Mapping[str, str]] = attrs.field(factory=dict)

    def __attrs_post_init__(self) -> None:
        known = f"known are {', '.join(ENTRY_FIELDS)} and tags.KEY"
        faults = [
            Fault("map", f"{column!r} would be {field!r}, which is no field of an entry; {known}")
            for column, field in self.names.items()
            if not _is_field(field)
        ]
        faults.extend(
            Fault("mapping", f"has values of {field!r}, which is no field of an entry; {known}")
            for field in self.values
            if not _is_field(field)
        )
        if faults:
            raise ValidationError(faults)

    def read(self, table: Table) -> Iterator[ImportRow]:
        """
        Stream a table's rows as what they say of entries.

        Raises:
            ValidationError: columns that mean nothing, or one field twice; mapped
                columns that are not there; no model_id.
        """
        fields = self._fields(table.header)
        return (self._row(number, cells, fields) for number, cells in table.rows)

    def _fields(self, header: Iterable[str]) -> dict[str, str]:
        named = {column: self.names.get(column, column) for column in header}
        if not named:
            return {}  # a JSON file of no rows has no columns
        fields = {c: f for c, f in named.items() if c in self.names or not self._ignores(c)}
        unknown = [column for column, field in fields.items() if not _is_field(field)]
        absent = [column for column in self.names if column not in named]
        faults: list[Fault] = []
        if unknown:
            listed = ", ".join(map(repr, unknown))
            message = f"has columns that mean no field: {listed}; map them, or ignore them"
            faults.append(Fault("file", message))
        if absent:
            lacking, there = ", ".join(map(repr, absent)), ", ".join(map(repr, named))
            faults.append(Fault("file", f"has no column {lacking}; there are {there}"))
        for field in dict.fromkeys(fields.values()):
            several = [column for column, meant in fields.items() if meant == field]
            if len(several) > 1:
                listed = ", ".join(map(repr, several))
                faults.append(Fault("file", f"has several columns that mean {field}: {listed}"))
        singles = [column for column, field in fields.items() if field.startswith(_TAG)]
        if singles and "tags" in fields.values():
            message = f"has all tags in one column, and one tag in {singles[0]!r} too"
            faults.append(Fault("file", message))
        if not faults and "model_id" not in fields.values():
            there = ", ".join(map(repr, named)) or "none"
            faults.append(Fault("file", f"has no column that means model_id; there are {there}"))
        if faults:
            raise ValidationError(faults)
        return fields

    def _ignores(self, column: str) -> bool:
        return column in self.ignored or any(fnmatchcase(column, one) for one in self.ignored)

    def _row(
        self, number: int, cells: Mapping[str, object], fields: Mapping[str, str]
    ) -> ImportRow:
        said: dict[str, object] = {}
        tags: dict[str, str | None] = {}
        faults: list[Fault] = []
        for column, cell in cells.items():
            field = fields.get(column)
            if field is None:
                if not column and isinstance(cell, Unreadable):
                    faults.append(Fault("row", cell.message))
                continue
            value = _value(field, self._called(field, cell))
            if isinstance(value, Unreadable):
                given = NOT_GIVEN if isinstance(cell, Unreadable) else cell
                faults.append(Fault(field, value.message, given))
            elif not field.startswith(_TAG):
                said[field] = value
            elif value is None or isinstance(value, str):
                tags[field.removeprefix(_TAG)] = value
            else:
                faults.append(Fault(field, "must be a string", value))
        return ImportRow(number, said, tags, faults)

    def _called(self, field: str, cell: object) -> object:
        table = self.values.get(field)
        if not table or isinstance(cell, Unreadable):
            return cell
        whole = isinstance(cell, float) and cell.is_integer()
        name = "" if cell is None else str(int(cell) if whole else cell)  # type: ignore[call-overload]  # whole means a float
        return table.get(name, cell)


def _is_field(name: str) -> bool:
    return name in ENTRY_FIELDS or (name.startswith(_TAG) and len(name) > len(_TAG))


def _value(field: str, cell: object) -> object:
    """Return a cell's value as the field's rule takes it, or why it cannot be known."""
    if isinstance(cell, bool | int | float):
        return Unreadable("is a number, which may have lost zeros or digits: write it as text")
    if isinstance(cell, datetime):
        if field in _TIMES:
            return cell if cell.tzinfo else cell.replace(tzinfo=UTC)
        return Unreadable("is a date, and nobody knows what was typed: write it as text")
    if field == "tags" and isinstance(cell, str):
        return _tags(cell)
    if field in _TIMES and isinstance(cell, str):
        return cell.replace(" UTC", "Z")  # as our workbook shows it, and a program saves it
    return cell


def _tags(text: str) -> object:
    try:
        tags: object = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return Unreadable('must be a JSON object of strings, such as {"unit": "retail"}')
    return tags


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key that is given twice")
    return made


def read_columns(path: Path) -> Columns:
    """
    Read a mapping file: TOML with ``[columns]``, ``[values.FIELD]`` and ``ignore``.

    Raises:
        ValidationError: it is not TOML, or says something else.
        OSError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            said = tomllib.load(file)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValidationError([Fault("mapping", f"is not TOML: {error}")]) from error
    faults = [
        Fault("mapping", f"has the unknown key {key!r}; known are {', '.join(_KEYS)}")
        for key in said
        if key not in _KEYS
    ]
    names, ignored, values = said.get("columns", {}), said.get("ignore", []), said.get("values", {})
    if not _is_table(names):
        faults.append(Fault("mapping", "columns must be a table of texts"))
    if not (isinstance(ignored, list) and all(isinstance(name, str) for name in ignored)):
        faults.append(Fault("mapping", "ignore must be a list of texts"))
    if not (isinstance(values, dict) and all(map(_is_table, values.values()))):
        faults.append(Fault("mapping", "values must hold a table of texts for each field"))
    if faults:
        raise ValidationError(faults)
    return Columns(names=names, ignored=set(ignored), values=values)


def _is_table(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())
