"""
What led to an error, for a log: where, and which kinds; not what the errors say.

An error of a driver or of Python quotes the value that it stumbled over, which may
be a description, a tag or a password. Files, lines and the names of error classes
tell an operator where to look, and hold nothing that people wrote.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from pathlib import PurePath
from typing import Final

_FRAMES: Final = 12
"""How many places are told of each error, the innermost ones."""


def causes(error: BaseException) -> str:
    """Return an error and what it came from, newest first, on one line."""
    return "; from ".join(_told(link) for link in _chain(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or link.__context__


def _told(error: BaseException) -> str:
    kind = type(error)
    places = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    where = " > ".join(f"{PurePath(p.filename).name}:{p.lineno} {p.name}" for p in places)
    return f"{kind.__module__}.{kind.__qualname__} at {where or 'no place'}"
