"""
Requests being counted by the threads that make them, without a lock.

A count is written by one thread alone and read by whoever takes: it only grows, and
what is taken is what it grew by. So nothing is lost or taken twice, and that needs
nothing but that a reference is stored and read whole, with a global lock or without.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum
from typing import Final
from weakref import ref

import attrs

_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
_LATEST: Final = datetime.max.replace(tzinfo=UTC)


class Lost(Enum):
    """Why a request is not counted for its model."""

    UNUSABLE = "unusable"
    DROPPED = "dropped"


Pair = tuple[str, str]
"""A tenant's id and a model's."""

Key = Pair | Lost
"""What is counted."""


class Count:
    """
    How often one thread saw something, and when.

    Attributes:
        key: what is counted.
        owner: the counts that it is among; once they are gone, it grows no more.
        requests: how many, ever.
        first: the earliest of them.
        last: the latest of them.
        taken: how many of them were taken; belongs to whoever takes.
    """

    __slots__ = ("first", "key", "last", "owner", "requests", "taken")

    def __init__(self, key: Key, owner: Counts) -> None:
        self.key = key
        self.owner = ref(owner)
        self.requests = 0
        self.first = _LATEST
        self.last = _EARLIEST
        self.taken = 0

    def add(self, requests: int, at: datetime) -> None:
        """
        Count requests; only on the thread that the count belongs to.

        The times go first: whoever reads a number finds the times of all of it.

        Raises:
            TypeError: no aware time, or no number; nothing was counted.
        """
        if at > self.last:  # noqa: PLR1730  # max and min take as long as all of this does
            self.last = at
        if at < self.first:  # noqa: PLR1730  # likewise
            self.first = at
        self.requests += requests


class Counts(dict[Key, Count]):
    """
    The counts of one thread, which nobody else looks into.

    Args:
        missed: makes the count of what is not among them.
        turn: of the tally, when they were begun.
    """

    __slots__ = ("__weakref__", "_missed", "turn")

    def __init__(self, missed: Callable[[Counts, Key], Count], turn: int) -> None:
        super().__init__()
        self._missed = missed
        self.turn = turn

    def __missing__(self, key: Key) -> Count:
        return self._missed(self, key)


@attrs.frozen
class Taken:
    """What a count grew by since it was last taken."""

    key: Key
    requests: int
    first: datetime
    last: datetime


class Tally:
    """
    The counts of all threads, from which one thread at a time takes what is new.

    Args:
        most: how many counts are held; one for each thread and what it counts.

    Attributes:
        turn: how often it was taken from.
        kept: how many places are taken up elsewhere, by what was taken and is kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._made: deque[Count] = deque()
        self._held: list[Count] = []
        self.turn = 0
        self.kept = 0

    @property
    def is_full(self) -> bool:
        """Whether there is no place for another count; threads may pass it by one each."""
        return len(self._made) + len(self._held) + self.kept >= self._most

    def new(self, key: Key, owner: Counts) -> Count:
        """Return a new count of what the owner has none of, or the one that was made meanwhile."""
        made = Count(key, owner)
        # Collecting garbage may run code that counts, in the middle of this.
        count = owner.setdefault(key, made)
        if count is made:
            self._made.append(count)
        return count

    def take(self) -> list[Taken]:
        """Take what all counts grew by; those that can grow no more are let go."""
        held, made = self._held, self._made
        while made:
            held.append(made.popleft())
        grows: list[Count] = []
        taken: list[Taken] = []
        for count in held:
            # Asked before the number is read, and that before the times are.
            final = count.owner() is None
            requests = count.requests
            grown, count.taken = requests - count.taken, requests
            if not final:
                grows.append(count)
            if grown > 0:
                taken.append(Taken(count.key, grown, count.first, count.last))
        self._held = grows
        self.turn += 1
        return taken
