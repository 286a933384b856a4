"""From blocks of lines, or objects, to numbered rows, for whoever adds them up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import compress, groupby
from operator import eq
from typing import Any, Protocol

from model_registry_parquet.json_lines import Unreadable
from model_registry_parquet.json_rows import JsonRows

Needed = Callable[[Any], tuple[Any, Any, Any]]
"""Takes model, tenant and time out of a row."""


class Sum(Protocol):
    """What rows are added to."""

    rows: int

    def broken(self, number: int, reason: object, /) -> None:
        """Count a line that cannot be understood."""

    def add(self, rows: Iterable[tuple[int, Any]], needed: Needed, /) -> None:
        """Add rows, each with its line's number."""


class NumberedLines:
    """
    Decodes the lines of a file, or its objects, one after another.

    Args:
        rows: decodes.
        into: what the rows are added to.
        tenant_id: whose rows are added; None for everybody's.

    Attributes:
        last: the number of the last line, or object, so far.
    """

    def __init__(self, rows: JsonRows, into: Sum, tenant_id: str | None = None) -> None:
        self.last = 0
        self._is_own = None if tenant_id is None or rows.whole else partial(eq, tenant_id)
        self._rows = rows
        self._sum = into

    def add(self, block: bytes | Unreadable) -> None:
        """Take whole lines without the last one's end, or what stands for some."""
        if isinstance(block, Unreadable):
            self._unreadable(block)
            return
        count = block.count(b"\n") + 1
        decoded = self._rows.lines(block, count)
        numbered: Iterator[tuple[int, Any]]
        if decoded is None:
            numbered = self._one_by_one(block.split(b"\n"))
        elif self._rows.whole:
            numbered = self._unrolled(enumerate(decoded, self.last + 1))
        else:
            self._sum.rows += count
            numbered = enumerate(decoded, self.last + 1)
            if self._is_own is not None:
                owners = map(self._rows.tenant, decoded)
                numbered = compress(numbered, map(self._is_own, owners))
        self._sum.add(numbered, self._rows.needed)
        self.last += count

    def add_objects(self, texts: Sequence[bytes | Unreadable]) -> None:
        """Take objects, each with its own text, and what stands for some."""
        for broken, some in groupby(texts, lambda text: isinstance(text, Unreadable)):
            found: list[Any] = list(some)
            if broken:
                for unreadable in found:
                    self._unreadable(unreadable)
            else:
                self._sum.add(self._one_by_one(found), self._rows.needed)
                self.last += len(found)

    def _unreadable(self, part: Unreadable) -> None:
        self._sum.rows += part.lines
        self._sum.broken(self.last + 1, part.reason)
        self.last += part.lines

    def _one_by_one(self, texts: Iterable[bytes]) -> Iterator[tuple[int, Any]]:
        """Decode texts singly, so that what is broken is told in their order."""
        for number, text in enumerate(texts, self.last + 1):
            if not text or text.isspace():
                continue
            try:
                row = self._rows.line(text)
            except ValueError as error:
                self._sum.rows += 1
                self._sum.broken(number, error)
            else:
                yield from self._unrolled([(number, row)])

    def _unrolled(self, decoded: Iterable[tuple[int, Any]]) -> Iterator[tuple[int, Any]]:
        """Take the rows out of what was decoded, one most often, each with its line's number."""
        for number, found in decoded:
            for row in self._rows.rows_of(found):
                self._sum.rows += 1
                if self._rows.whole and not isinstance(row, dict):
                    self._sum.broken(number, "not an object")
                else:
                    yield number, row
