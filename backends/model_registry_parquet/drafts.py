"""A version of a log file while it is being summed up, before anybody sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from model_registry_parquet.shares import Part
from model_registry_parquet.stamps import Stamp
from model_registry_parquet.summaries import Kept, Name, Summaries

_MOST_WAITING: Final = 32 * 2**20


class Draft:
    """
    A version of a file that is being summed up.

    Its parts are written when it is published, all at once; or, if they are
    large, some before, where nobody sees them.

    Args:
        summaries: where it shall be kept.
        name: of the file.
        old: the version before, None if there was none.
        kept: those of its first parts that are the new one's too.
        now: nanoseconds since 1970.
    """

    def __init__(
        self, summaries: Summaries, name: Name, old: Kept | None, kept: Sequence[Part], now: int
    ) -> None:
        self._summaries = summaries
        self._name = name
        self._old = old
        self._parts_kept = self._next = len(kept)
        self._now = now
        self._file: int | None = None
        self._waiting: list[Part] = []
        self._size = 0

    def add(self, part: Part) -> None:
        """Add the part that follows."""
        self._waiting.append(part)
        self._size += sum(len(share.requests) for share in part.shares.values())
        if self._size > _MOST_WAITING:
            with self._summaries.transaction("BEGIN IMMEDIATE"):
                self._write()

    def publish(self, stamp: Stamp, *, settled: bool) -> None:
        """Keep it, in the place of the version before."""
        with self._summaries.transaction("BEGIN IMMEDIATE"):
            file = self._write()
            new = Kept(file, stamp, settled=settled, fit=True)
            self._summaries.publish(self._name, file, self._old, self._parts_kept, new)

    def unfit(self, stamp: Stamp, *, settled: bool) -> None:
        """Keep only that it is not fit to be summed up."""
        self.drop()
        with self._summaries.transaction("BEGIN IMMEDIATE"):
            file = self._write()
            new = Kept(file, stamp, settled=settled, fit=False)
            self._summaries.publish(self._name, file, self._old, 0, new)

    def drop(self) -> None:
        """Keep nothing of it."""
        self._waiting = []
        if self._file is not None:
            self._summaries.drop(self._file)
            self._file = None

    def _write(self) -> int:
        if self._file is None:
            self._file = self._summaries.drafted(self._name, self._now)
        for part in self._waiting:
            self._summaries.insert(self._file, self._next, part)
            self._next += 1
        self._waiting, self._size = [], 0
        return self._file
