"""What one part of a log file says, for each tenant in it: enough to answer for any period."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Self

import attrs
import msgspec
import pyarrow as pa
import pyarrow.compute as pc

MOST_EXAMPLES: Final = 5
"""How many broken rows are told one by one."""

_CODEC: Final = "zstd"
_BYTES_A_ROW: Final = 12
_TIMES: Final = 8

Figures = tuple[int, int, int]
"""How many requests, and the first and the last of them, in microseconds since 1970."""


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


@attrs.frozen
class Share:
    """
    One tenant's requests in one part of a file.

    Attributes:
        first: time of the earliest, in microseconds since 1970; later than
            ``last`` if there are none.
        last: time of the latest.
        broken: those of the tenant's rows that cannot be understood.
        totals: figures of each model, packed.
        requests: time and model of each request, packed; empty where they were
            not asked for.
    """

    first: int = 0
    last: int = -1
    broken: Broken = Broken()
    totals: bytes = b""
    requests: bytes = b""

    @classmethod
    def of(
        cls, models: Mapping[int, tuple[str, Figures]], times: Any, codes: Any, broken: Broken
    ) -> Self:
        """
        Pack requests.

        Args:
            models: name and figures of each model, by its code.
            times: of the requests, 64 bits each.
            codes: of their models, 32 bits each.
            broken: rows that are no requests.
        """
        packed = pa.compress(b"".join((times, codes)), codec=_CODEC, asbytes=True)
        return cls(
            min(figures[1] for _, figures in models.values()),
            max(figures[2] for _, figures in models.values()),
            broken,
            _PACKED.encode(models),
            packed,
        )

    def within(self, first: int, last: int) -> bool:
        """Tell whether all requests are between two times, ends included."""
        return first <= self.first and self.last <= last

    def outside(self, first: int, last: int) -> bool:
        """Tell whether no request is between two times, ends included."""
        return self.last < first or last < self.first or self.last < self.first

    def between(self, first: int, last: int) -> dict[str, Figures]:
        """Return the figures of each model that was asked between two times, ends included."""
        if self.outside(first, last):
            return {}
        models = _TOTALS.decode(self.totals)
        if self.within(first, last):
            return dict(models.values())
        count = sum(figures[0] for _, figures in models.values())
        packed = pa.decompress(self.requests, count * _BYTES_A_ROW, codec=_CODEC)
        times = pa.Array.from_buffers(pa.int64(), count, [None, packed.slice(0, count * _TIMES)])
        codes = pa.Array.from_buffers(pa.int32(), count, [None, packed.slice(count * _TIMES)])
        wanted = pc.and_(pc.greater_equal(times, first), pc.less_equal(times, last))
        told = figures_by({"code": codes.filter(wanted)}, times.filter(wanted))
        return {models[code][0]: figures for (code,), figures in told.items()}


_PACKED: Final = msgspec.msgpack.Encoder()
_TOTALS: Final = msgspec.msgpack.Decoder(dict[int, tuple[str, Figures]])


@attrs.frozen(kw_only=True)
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

    Attributes:
        rows: how many rows were looked at.
        broken: those of them that cannot be understood.
        figures: of each model.
    """

    def __init__(self, tenant: str, first: int, last: int) -> None:
        self.rows = 0
        self.broken = Broken()
        self.figures: dict[str, Figures] = {}
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
        add_figures(self.figures, share.between(self._first, self._last))


def add_figures(known: dict[str, Figures], more: Mapping[str, Figures]) -> None:
    """Add figures of models to those that are known."""
    for model, told in more.items():
        before = known.get(model)
        if before is None:
            known[model] = told
        else:
            first, last = min(before[1], told[1]), max(before[2], told[2])
            known[model] = before[0] + told[0], first, last


def figures_by(codes: Mapping[str, Any], times: Any) -> dict[tuple[int, ...], Figures]:
    """Return the figures of each combination of codes."""
    groups = pa.table({**codes, "time": times}).group_by(list(codes), use_threads=False)
    told = groups.aggregate([("time", "count"), ("time", "min"), ("time", "max")])
    keys = zip(*(told.column(name).to_pylist() for name in codes), strict=True)
    names = ("time_count", "time_min", "time_max")
    figures = zip(*(told.column(name).to_pylist() for name in names), strict=True)
    return dict(zip(keys, figures, strict=True))
