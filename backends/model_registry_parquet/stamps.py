"""What tells whether a file is still the one that was read, without reading it."""

from __future__ import annotations

import os
from typing import Final, Self

import attrs

SETTLED: Final = 2 * 10**9
"""How old a change must be, in nanoseconds: the coarsest clock of a file system ticks so."""


@attrs.frozen
class Stamp:
    """
    Size, times and identity of a file.

    Attributes:
        size: in bytes.
        modified: when the content was changed, in nanoseconds since 1970.
        changed: when anything was, its name and times too. Nobody can set it back.
        inode: which file it is, whatever its name.
    """

    size: int
    modified: int
    changed: int
    inode: int

    @classmethod
    def of(cls, stat: os.stat_result) -> Self:
        """Return the stamp of a file."""
        return cls(stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)

    def settled(self, now: int) -> bool:
        """
        Tell whether the next change would give another stamp.

        A file that was changed a moment ago may be changed again within the same
        tick of the file system's clock.
        """
        return self.modified < now - SETTLED

    def grown_from(self, other: Stamp) -> bool:
        """Tell whether the file may be another one with something added."""
        return self.inode == other.inode and self.size > other.size
