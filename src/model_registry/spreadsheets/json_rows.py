"""Rows of a JSON file: the export's own form, or a bare list of objects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from model_registry.spreadsheets.tables import MOST_BYTES, Table, unusable


def json_table(path: Path) -> Table:
    """
    Read a list of objects, or the object whose ``models`` are that list.

    A row's number is its place in the list, from 1.

    Raises:
        ValidationError: it is too large, or no such JSON.
        OSError: it cannot be read.
    """
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise unusable(f"has {size:,} bytes; at most {MOST_BYTES:,} are read")
    try:
        given: object = json.loads(
            path.read_bytes().removeprefix(b"\xef\xbb\xbf"),
            object_pairs_hook=_once,
            parse_constant=_refuse,
        )
    except (ValueError, RecursionError) as error:
        raise unusable(f"is not JSON: {error}") from error
    models = given.get("models") if isinstance(given, dict) else given
    if not isinstance(models, list):
        raise unusable("must be a list of objects, or an object with such a list as models")
    rows: list[tuple[int, Mapping[str, object]]] = []
    for number, model in enumerate(models, start=1):
        if not isinstance(model, dict):
            raise unusable(f"must hold objects only; number {number} is none")
        rows.append((number, model))
    header = dict.fromkeys(name for _, model in rows for name in model)
    return Table(tuple(header), iter(rows))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("an object has a key twice")
    return made


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")
