"""Where in a row of a log a value is: the language of paths, and what they lead to."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import pairwise
from typing import Any, Final, TypeAlias

Row: TypeAlias = Mapping[Any, Any]
Finder = Callable[[Row], Any]
Step = Callable[[Any], Any]

_MARKED: Final = re.compile(r"(?:[^.\[\]{}]+(?:\[[^\]]+\]|\{\})*(?:\.|$))+")
_STEP: Final = re.compile(r"\[(?P<key>[^\]]+)\]|(?P<text>\{\})|\.?(?P<name>[^.\[\]{}]+)")


def alternatives(path: str) -> tuple[str, ...]:
    """
    Return the paths of which the first that leads to something counts.

    Raises:
        ValueError: one of several is blank.
    """
    if "|" not in path:
        return (path,)
    found = tuple(part.strip() for part in path.split("|"))
    if not all(found):
        raise ValueError(f"{path!r} has an alternative that names no field")
    return found


def is_plain(path: str) -> bool:
    """Tell whether a path is one name, or one of dotted names, and no more."""
    return "|" not in path and not is_marked(path)


def is_marked(path: str) -> bool:
    """Tell whether a path leads through what belongs to a key, or through JSON in a text."""
    return ("[" in path or "{" in path) and _MARKED.fullmatch(path) is not None


def top_names(path: str) -> tuple[str, ...]:
    """Return the names of the fields of a row that a path, with alternatives, may begin at."""
    names: dict[str, None] = {}
    for one in alternatives(path):
        names[one] = None
        names[re.split(r"[.\[{]", one, maxsplit=1)[0] if is_marked(one) else one.split(".")[0]] = (
            None
        )
    return tuple(names)


def is_there(value: object) -> bool:
    """Tell whether there is a value: null and the empty text are none."""
    return value is not None and value != ""


def finder(path: str) -> Finder:
    """
    Return what finds the value of a path in a row: None if there is none.

    ``a.b`` leads into objects, unless a field has that very name. ``a[key]`` leads to
    what belongs to a key: in a list of ``{"key", "value"}`` as OpenTelemetry writes
    attributes, in an object, or in a text of names and values between slashes, as the
    ids of Azure's resources are (``/subscriptions/…``; in any case, and the value
    comes in lower case, since Azure's ids have none). ``a{}`` leads into a text that
    holds JSON, or into what is there if it is no text. ``a | b`` is the first of both
    that is there and not empty.

    Raises:
        ValueError: an alternative is blank.
    """
    finders = [_one(part) for part in alternatives(path)]
    return finders[0] if len(finders) == 1 else partial(_first, tuple(finders))


def unrolled(document: Row, path: Sequence[str]) -> Iterator[Any]:
    """
    Yield the rows that lie in lists within a document, each with what it lies in around it.

    A field that a row lacks is that of the object around it. A document without
    the list is a row itself.

    Args:
        document: one object of a log.
        path: the names of the lists, from outside in.
    """
    inner = document.get(path[0]) if path else None
    if inner is None:
        yield document
        return
    around = {name: value for name, value in document.items() if name != path[0]}
    for item in inner if isinstance(inner, list) else [inner]:
        if isinstance(item, Mapping):
            yield from unrolled({**around, **item}, path[1:])
        else:
            yield item


def _first(finders: Sequence[Finder], row: Row) -> Any:
    for find in finders:
        value = find(row)
        if is_there(value):
            return value
    return None


@lru_cache(maxsize=1_024)
def _one(path: str) -> Finder:
    if is_marked(path):
        return partial(_along, path, tuple(_steps(path)))
    if "." in path:
        return partial(_nested, path, tuple(path.split(".")))
    return lambda row: row.get(path)


def _nested(path: str, names: Sequence[str], row: Row) -> Any:
    if path in row:
        return row[path]
    value: Any = row
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _along(path: str, steps: Sequence[Step], row: Row) -> Any:
    if path in row:
        return row[path]
    value: Any = row
    for step in steps:
        if value is None:
            return None
        value = step(value)
    return value


def _steps(path: str) -> Iterator[Step]:
    for found in _STEP.finditer(path):
        if found["name"] is not None:
            yield partial(_field, found["name"])
        elif found["key"] is not None:
            yield partial(_of_key, found["key"])
        else:
            yield _parsed


def _field(name: str, value: Any) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None


def _of_key(key: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return value.get(key)
    if isinstance(value, str):
        return _segment_after(key.lower(), value)
    for pair in value if isinstance(value, list) else ():
        if isinstance(pair, Mapping) and pair.get("key") == key:
            return _bare(pair.get("value"))
    return None


def _bare(value: Any) -> Any:
    """Return the value in OTLP's wrapping, ``{"stringValue": "gpt-4o"}``."""
    return next(iter(value.values()), None) if isinstance(value, Mapping) else value


def _segment_after(key: str, text: str) -> str | None:
    parts = text.lower().split("/")
    return next((after for name, after in pairwise(parts) if name == key), None)


def _parsed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None
