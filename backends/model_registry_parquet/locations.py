"""URLs of files and folders: three slashes for a relative path, four for one from the root."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, unquote

import attrs

_URL: Final = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?:/(?P<path>[^?]*)|[^?]*)(?:\?(?P<query>.*))?"
)


@attrs.frozen
class Location:
    """
    What a URL names.

    Attributes:
        scheme: in lower case; empty for a plain path.
        path: of a file or folder, or a pattern; empty if the URL names none.
        options: the parameters after the question mark; an empty one is kept.
    """

    scheme: str
    path: str
    options: Mapping[str, str] = attrs.field(factory=dict)


def read_url(url: str) -> Location:
    """
    Read a URL, the convention being that of ``sqlite:///`` URLs.

    What is percent-encoded is decoded, so that a path may hold any character.
    """
    found = _URL.fullmatch(url)
    if found is None:
        return Location("", "")
    options = dict(parse_qsl(found["query"] or "", keep_blank_values=True))
    return Location(found["scheme"].lower(), unquote(found["path"] or ""), options)
