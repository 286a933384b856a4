"""What one part of a log file says, for each tenant in it: enough to answer for any period."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Self

import attrs
import msgspec
import pyarrow as pa

MOST_EXAMPLES: Final = 5
"""How many broken rows are told one by one."""

_CODEC: Final = "zstd"
_BYTES: Final = 8

Total = tuple[str, int, int, int]
"""A model, how often it was asked, and when first and last, in microseconds since 1970."""

Totals = dict[str, list[int]]
"""The same of many models."""


@attrs.frozen
class Broken:
    """
    Rows that cannot be understood.

    Attributes:
        rows: how many.
        examples: number and reason of the first few, in the order of their numbers.
    """

    rows: int = 0
    examples: tuple[tuple[int, str], ...] = ()

    def and_also(self, number: int, reason: str) -> Broken:
        """Return these and one more, which comes after them."""
        more = len(self.examples) < MOST_EXAMPLES
        return Broken(self.rows + 1, (*self.examples, (number, reason)) if more else self.examples)

    def merged(self, other: Broken) -> Broken:
        """Return both, in the order of their numbers."""
        examples = sorted((*self.examples, *other.examples))[:MOST_EXAMPLES]
        return Broken(self.rows + other.rows, tuple(examples))


NONE: Final = Broken()


@attrs.frozen
class Share:
    """
    One tenant's requests in one part of a file.

    Attributes:
        first: time of the earliest, in microseconds since 1970; later than
            ``last`` if there are none.
        last: time of the latest.
        broken: those of the tenant's rows that cannot be understood.
        totals: of each model, packed.
        requests: when each request was, packed; empty where that was not asked for.
    """

    first: int = 0
    last: int = -1
    broken: Broken = NONE
    totals: bytes = b""
    requests: bytes = b""

    @classmethod
    def of(cls, totals: Sequence[Total], times: bytes, broken: Broken) -> Self:
        """
        Pack requests.

        Args:
            totals: of each model.
            times: of the requests, 64 bits each, by model in the order of the
                totals, and of each model in their order.
            broken: rows that are no requests.
        """
        return cls(
            min(first for _, _, first, _ in totals),
            max(last for _, _, _, last in totals),
            broken,
            _TOTALS.encode(totals),
            # The high bytes of times are alike: side by side they take next to no space.
            pa.compress(_planes(times), codec=_CODEC, asbytes=True),
        )

    def within(self, first: int, last: int) -> bool:
        """Tell whether all requests are between two times, ends included."""
        return first <= self.first and self.last <= last

    def outside(self, first: int, last: int) -> bool:
        """Tell whether no request is between two times, ends included."""
        return self.last < first or last < self.first or self.last < self.first

    def between(self, first: int, last: int) -> Iterable[Total]:
        """Return the totals of the models that were asked between two times, ends included."""
        if self.outside(first, last):
            return ()
        totals = _PACKED.decode(self.totals)
        return totals if self.within(first, last) else self._cut(totals, first, last)

    def _cut(self, totals: list[Total], first: int, last: int) -> Iterator[Total]:
        rows = sum(total[1] for total in totals)
        packed = pa.decompress(self.requests, rows * _BYTES, codec=_CODEC, asbytes=True)
        times = memoryview(_unplaned(packed, rows)).cast("q")
        begin = 0
        for model, requests, _, _ in totals:
            end = begin + requests
            start = bisect_left(times, first, begin, end)
            stop = bisect_right(times, last, begin, end)
            if start < stop:
                yield model, stop - start, times[start], times[stop - 1]
            begin = end


_TOTALS: Final = msgspec.msgpack.Encoder()
_PACKED: Final = msgspec.msgpack.Decoder(list[Total])


def _planes(times: bytes) -> bytes:
    return b"".join(times[place::_BYTES] for place in range(_BYTES))


def _unplaned(planes: bytes, rows: int) -> bytearray:
    times = bytearray(rows * _BYTES)
    for place in range(_BYTES):
        times[place::_BYTES] = planes[place * rows : (place + 1) * rows]
    return times


@attrs.frozen
class Part:
    """
    A piece of a log file: all of it, or as much as can be summed up at once.

    Attributes:
        last: the number of its last line, 0 where lines have none.
        rows: how many rows it has.
        broken: rows that cannot be understood, whoever's they are.
        shares: what it says of each tenant.
        end: where it ends, in bytes, if it will still be so when the file grows; else None.
        seal: a hash of how such a part ends.
    """

    last: int
    rows: int
    broken: Broken
    shares: Mapping[str, Share]
    end: int | None = None
    seal: bytes = b""


class Findings:
    """
    What parts say together of one tenant in one period.

    Args:
        tenant: whose requests.
        first: where the period begins, in microseconds since 1970.
        last: where it ends; both ends are included.
        totals: what is known of each model: requests, first and last.

    Attributes:
        rows: how many rows were looked at.
        broken: those of them that cannot be understood.
    """

    def __init__(self, tenant: str, first: int, last: int, totals: Totals) -> None:
        self.rows = 0
        self.broken = NONE
        self._totals = totals
        self._tenant = tenant
        self._first = first
        self._last = last

    def add(self, part: Part) -> None:
        """Add what a part says."""
        self.rows += part.rows
        share = part.shares.get(self._tenant)
        if part.broken.rows:
            self.broken = self.broken.merged(part.broken)
        if share is None:
            return
        if share.broken.rows:
            self.broken = self.broken.merged(share.broken)
        add_totals(self._totals, share.between(self._first, self._last))


def listed(totals: Totals) -> Iterator[Total]:
    """Return totals one after another."""
    for model, (requests, first, last) in totals.items():
        yield model, requests, first, last


def add_totals(known: Totals, more: Iterable[Total]) -> None:
    """Add totals to those that are known, by model."""
    for model, requests, first, last in more:
        total = known.get(model)
        if total is None:
            known[model] = [requests, first, last]
        else:
            total[0] += requests
            if first < total[1]:  # noqa: PLR1730  # calls would take longer than all the rest
                total[1] = first
            if last > total[2]:  # noqa: PLR1730  # see above
                total[2] = last
