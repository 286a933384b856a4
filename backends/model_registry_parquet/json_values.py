"""JSON files that are not a line for each object: arrays, objects over many lines or in one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, Final

import msgspec

from model_registry_parquet.json_lines import LONGEST_LINE, Unreadable, beginning, chunks

_LOOKED_AT: Final = 256 * 2**10
_PUNCTUATION: Final = b" \t\r\n,[]"
_TOKEN: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[{}]', re.DOTALL)
_QUOTE: Final = ord('"')
_TOO_LONG: Final = Unreadable(f"an object longer than {LONGEST_LINE:,} bytes", 1)
_CUT: Final = Unreadable("the file ends within an object", 1)
_STRAY: Final = Unreadable("not an object", 1)


def is_of_values(file: BinaryIO) -> bool:
    """
    Tell a file of JSON values from one of JSON Lines, by how it begins.

    That is an array of objects, an object whose brace has a line of its own, or an object after
    which another follows in its line. All else is JSON Lines: of these a line may be
    broken, the first too, and the next ones count all the same.
    """
    begin = beginning(file, _LOOKED_AT).lstrip()
    line, _, _ = begin.partition(b"\n")
    if line.strip() == b"{" or (line[:1] == b"[" and begin[1:].lstrip()[:1] == b"{"):
        return True
    found = next(_split(iter([line])), b"")
    rest = b"" if isinstance(found, Unreadable) else line[len(found) :].lstrip(b" \t,")
    if not rest.startswith(b"{") or isinstance(found, Unreadable):
        return False
    try:
        msgspec.json.decode(found, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True


def objects(file: BinaryIO) -> Iterator[bytes | Unreadable]:
    """
    Read the text of one object after another, wherever its lines end.

    What is neither an object nor between two is broken. Memory grows with neither
    file nor object.
    """
    return _split(chunks(file))


def _split(read: Iterator[bytes | Unreadable]) -> Iterator[bytes | Unreadable]:
    splitter = _Splitter()
    for chunk in read:
        if isinstance(chunk, Unreadable):
            yield chunk
            return
        yield from splitter.take(chunk)
    yield from splitter.rest()


class _Splitter:
    """Finds objects in text that comes in pieces, by its braces outside of texts in quotes."""

    def __init__(self) -> None:
        self._held = b""
        self._begin = 0  # of the object at hand, or of what is between two
        self._position = 0  # up to which it is known where braces are
        self._depth = 0
        self._too_long = False

    def take(self, chunk: bytes) -> Iterator[bytes | Unreadable]:
        self._held += chunk
        position = self._position
        for found in _TOKEN.finditer(self._held, position):
            token = found[0]
            if token[0] == _QUOTE and found.end() == len(self._held):
                self._position = found.start()  # it may go on in the next piece
                break
            if token == b"{":
                yield from self._opened(found.start())
            elif token == b"}":
                yield from self._closed(found.end())
        else:
            self._position = len(self._held)
        yield from self._forget()

    def rest(self) -> Iterator[bytes | Unreadable]:
        if self._depth:
            yield _CUT
        elif self._held.strip(_PUNCTUATION):
            yield _STRAY

    def _opened(self, at: int) -> Iterator[bytes | Unreadable]:
        if not self._depth:
            yield from self._between(at)
        self._depth += 1

    def _closed(self, at: int) -> Iterator[bytes | Unreadable]:
        self._depth = max(0, self._depth - 1)
        if not self._depth:
            yield _TOO_LONG if self._too_long else self._held[self._begin : at]
            self._begin, self._too_long = at, False

    def _between(self, at: int) -> Iterator[Unreadable]:
        if self._held[self._begin : at].strip(_PUNCTUATION):
            yield _STRAY
        self._begin = at

    def _forget(self) -> Iterator[Unreadable]:
        """Let go of what was given, and of what is too long to be given."""
        if not self._depth and self._position - self._begin > LONGEST_LINE:
            yield from self._between(self._position)
        elif len(self._held) - self._begin > LONGEST_LINE:
            self._too_long, self._begin = self._depth > 0, self._position
            self._held = self._held[: self._position] + _shortened(self._held[self._position :])
        self._held = self._held[self._begin :]
        self._position -= self._begin
        self._begin = 0


def _shortened(text: bytes) -> bytes:
    """Return the beginning of a text in quotes that ends as it does: escaping or not."""
    escapes = len(text) - len(text.rstrip(b"\\"))
    return text[:1] + b"\\" * (escapes % 2)
