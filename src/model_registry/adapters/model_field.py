"""Finds the field ``model`` of a JSON object that comes in pieces, and keeps nothing else."""

from __future__ import annotations

import json
import re
from typing import Final

_TEXT: Final = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_IN_OBJECT: Final = re.compile(rb'["{}\[\],:]')
_DEEPER: Final = re.compile(rb'["{}\[\]]')

_LONGEST: Final = 8_192
"""Bytes of a text that are kept: 512 characters, each written as two escapes, and more."""

_MOST_MARKS: Final = 50_000
"""Quotes, brackets and the like that are looked at, so that no body takes long."""


class ModelField:
    """
    Reads a JSON object piece by piece for the value of its own field ``model``.

    Takes no time to speak of where texts are long, and gives up where there are more
    than some ten thousand marks. What is no JSON has no value here, or one that
    whoever reads the JSON after us never sees.

    Attributes:
        value: the text that was found last, as JSON has it where a field comes twice.
    """

    def __init__(self) -> None:
        self.value: str | None = None
        self._depth = 0
        self._in_text = False
        self._escaped = False
        self._text: bytearray | None = None
        self._key: str | None = None
        self._last: str | None = None
        self._left = _MOST_MARKS

    def feed(self, piece: bytes) -> None:
        """Read on."""
        at = 0
        while at < len(piece) and self._left > 0:
            at = self._in(piece, at) if self._in_text else self._between(piece, at)

    def _in(self, piece: bytes, at: int) -> int:
        """Read on in a text, from a place in a piece; return the place that comes next."""
        begin = at
        if self._escaped:
            self._escaped = False
            at += 1
        stop = _TEXT.match(piece, at).end()  # type: ignore[union-attr]  # matches nothing, too
        if self._text is not None:
            self._text += piece[begin : min(stop, begin + _LONGEST + 1)]
            if len(self._text) > _LONGEST:
                self._text = None
        if stop < len(piece):
            if piece[stop : stop + 1] == b'"':
                self._in_text = False
                self._last = self._text_read()
            else:  # a backslash that ends the piece
                self._escaped = True
                if self._text is not None:
                    self._text += b"\\"
        return stop + 1

    def _between(self, piece: bytes, at: int) -> int:
        """Read on between texts, likewise."""
        found = (_IN_OBJECT if self._depth == 1 else _DEEPER).search(piece, at)
        if found is None:
            return len(piece)
        self._left -= 1
        mark = found[0]
        if self._left == 0 or (self._depth == 0 and mark != b"{"):
            self._give_up()
        elif mark == b'"':
            self._in_text = True
            self._text = bytearray() if self._depth == 1 else None
        elif mark in b"{[":
            self._depth += 1
        elif mark in b"}]":
            if self._depth == 1:
                self._end_field()
                self._left = 0
            self._depth -= 1
        elif mark == b":":
            self._key, self._last = self._last, None
        else:
            self._end_field()
        return found.end()

    def _give_up(self) -> None:
        self.value = None
        self._left = 0

    def _end_field(self) -> None:
        if self._key == "model":
            self.value = self._last
        self._key = self._last = None

    def _text_read(self) -> str | None:
        if self._text is None:
            return None
        try:
            text: str = json.loads(b'"' + self._text + b'"')
        except ValueError:
            return None
        return text
