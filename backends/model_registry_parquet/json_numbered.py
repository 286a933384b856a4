"""From blocks of lines to numbered rows, for whoever adds them up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import compress
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
    Decodes the blocks of a file one after another.

    Args:
        rows: decodes.
        into: what the rows are added to.
        tenant_id: whose rows are added; None for everybody's.

    Attributes:
        last: the number of the last line so far.
    """

    def __init__(self, rows: JsonRows, into: Sum, tenant_id: str | None = None) -> None:
        self.last = 0
        self._is_own = None if tenant_id is None else partial(eq, tenant_id)
        self._rows = rows
        self._sum = into

    def add(self, block: bytes | Unreadable) -> None:
        """Take whole lines without the last one's end, or what stands for some."""
        if isinstance(block, Unreadable):
            self._sum.rows += block.lines
            self._sum.broken(self.last + 1, block.reason)
            self.last += block.lines
            return
        count = block.count(b"\n") + 1
        decoded = self._rows.lines(block, count)
        numbered: Iterator[tuple[int, Any]]
        if decoded is None:
            numbered = self._one_by_one(block)
        else:
            self._sum.rows += count
            numbered = enumerate(decoded, self.last + 1)
            if self._is_own is not None:
                owners = map(self._rows.tenant, decoded)
                numbered = compress(numbered, map(self._is_own, owners))
        self._sum.add(numbered, self._rows.needed)
        self.last += count

    def _one_by_one(self, block: bytes) -> Iterator[tuple[int, Any]]:
        """Decode lines singly, so that what is broken is told in the order of the lines."""
        for number, line in enumerate(block.split(b"\n"), self.last + 1):
            if not line or line.isspace():
                continue
            self._sum.rows += 1
            try:
                row = self._rows.line(line)
            except ValueError as error:
                self._sum.broken(number, error)
            else:
                yield number, row
