"""From the parameters of a log's URL, and a file where they name one, to the log's shape."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from model_registry.domain.log_shapes import LOG_SHAPES
from model_registry.domain.shape import NATIVE, TIME_UNITS, Shape
from model_registry.errors import RequestLogError

PARAMETERS: Final = ("shape", "all_rows_are", "time", "model", "tenant", "time_unit")
"""The parameters of a log's URL that say something of its shape."""

_LARGEST_FILE: Final = 2**20


def shape_from(given: Mapping[str, str], base: Shape = NATIVE) -> Shape:
    """
    Return the shape that parameters describe.

    Args:
        given: ``shape`` names a well-known one or a TOML file, instead of ``base``;
            ``time``, ``model``, ``tenant`` and ``time_unit`` set parts of it, and an
            empty ``tenant`` says that every row is whoever's asks;
            ``all_rows_are`` says whose all rows are, whatever is in them.
        base: what is not said is as here.

    Raises:
        RequestLogError: there is no such shape, the file cannot be understood, or the
            rows have no tenant and nobody said whose they are.
    """
    for parameter in PARAMETERS:
        if parameter != "tenant" and given.get(parameter, "-").strip() == "":
            raise RequestLogError(f"The parameter {parameter!r} of a request log names nothing")
    name = given.get("shape")
    parts: dict[str, Any] = {k: given[k] for k in ("time", "model", "time_unit") if k in given}
    if "all_rows_are" in given:
        parts |= {"tenant": None, "all_rows_are": given["all_rows_are"]}
    elif "tenant" in given:
        parts |= {"tenant": given["tenant"] or None, "all_rows_are": None}
    unit = parts.get("time_unit", "s")
    if unit not in TIME_UNITS:
        raise RequestLogError(f"time_unit must be s, ms, us or ns, not {unit!r}")
    try:
        shape = attrs.evolve(base if name is None else _named(name), **parts)
    except ValueError as error:
        raise RequestLogError(f"The fields of a request log cannot be named so: {error}") from error
    unsaid = shape.tenant is None and shape.all_rows_are is None and "tenant" not in given
    if name is not None and unsaid:
        raise RequestLogError(
            f"The shape {name!r} has no field that tells whose a row is. Say whose all of them "
            "are with --all-rows-are TENANT (in a URL, all_rows_are=TENANT), or which field "
            "tells with tenant=FIELD in the log's URL"
        )
    return shape


def _named(name: str) -> Shape:
    known = LOG_SHAPES.get(name)
    if known is not None:
        return known
    if not name.endswith(".toml") and "/" not in name:
        raise RequestLogError(
            f"There is no shape {name!r}; there are {', '.join(LOG_SHAPES)}, and any TOML file"
        )
    try:
        with Path(name).open("rb") as file:
            text = file.read(_LARGEST_FILE).decode()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise RequestLogError(f"The shape file {name} cannot be read: {reason}") from error
    try:
        return shape_of_toml(text)
    except ValueError as error:
        raise RequestLogError(f"The shape file {name} cannot be understood: {error}") from error


def shape_of_toml(text: str) -> Shape:
    """
    Return the shape that a TOML document describes.

    Its keys are the attributes of ``Shape``, a list of texts being alternatives in
    their order, and ``like``, which names a well-known shape that it is like but for
    what is said here. Without that, ``time`` and ``model`` must be said, and a log
    of which no ``tenant`` is said has none.

    Raises:
        ValueError: it cannot be understood; the message tells everything that is wrong.
    """
    said = tomllib.loads(text)
    like = said.pop("like", None)
    faults: list[str] = []
    base = Shape(tenant=None) if like is None else LOG_SHAPES.get(str(like))
    if base is None:
        faults.append(f"like is one of {', '.join(LOG_SHAPES)}, not {like!r}")
    elif like is None:
        faults += [f"{name} is missing" for name in ("time", "model") if name not in said]
    parts: dict[str, Any] = {}
    for name, value in said.items():
        reader = _READERS.get(name)
        if reader is None:
            faults.append(f"{name} is unknown; there are like, {', '.join(_READERS)}")
            continue
        try:
            parts[name] = reader(value)
        except ValueError as error:
            faults.append(f"{name} {error}")
    if "tenant" in parts and "all_rows_are" in parts:
        faults.append("tenant and all_rows_are exclude each other")
    elif "all_rows_are" in parts:
        parts["tenant"] = None
    if faults or base is None:
        raise ValueError("; ".join(faults))
    return attrs.evolve(base, **parts)


def _path(value: object) -> str:
    paths = value if isinstance(value, list) else [value]
    if not paths or not all(isinstance(path, str) and path.strip(" |") for path in paths):
        raise ValueError("names a field, or several in a list")
    return " | ".join(map(str, paths))


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("is a text that is not empty")
    return value


def _unit(value: object) -> str:
    if not isinstance(value, str) or value not in TIME_UNITS:
        raise ValueError(f"is one of {', '.join(TIME_UNITS)}")
    return value


def _conditions(value: object) -> dict[str, list[str]]:
    if not isinstance(value, dict):
        raise ValueError("is a table of fields, each with a text or a list of texts")
    read: dict[str, list[str]] = {}
    for field, given in value.items():
        texts = given if isinstance(given, list) else [given]
        if not field.strip(" |") or not texts or not all(isinstance(t, str) for t in texts):
            raise ValueError(f"has in {field!r} no text and no list of texts")
        read[field] = texts
    return read


_READERS: Final[dict[str, Callable[[object], Any]]] = {
    "time": _path,
    "model": _path,
    "tenant": _path,
    "time_unit": _unit,
    "rows": _text,
    "where": _conditions,
    "unless": _conditions,
    "all_rows_are": _text,
}
