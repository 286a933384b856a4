"""Why a scan counted what it counted: for every row of a log, and for every field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

import attrs

from model_registry.domain.request_log import LogScan, Reason, RowReader, Sighting
from model_registry.domain.row_fields import Finder, alternatives, finder, is_there
from model_registry.domain.shape import Shape

MOST_EXAMPLES: Final = 5
_MOST_VALUES: Final = 3
_LONGEST_VALUE: Final = 60
_MOST_NAMES: Final = 40


@attrs.frozen
class FieldFound:
    """
    How often one field that a shape names is in a log.

    Attributes:
        purpose: what it tells: ``model``, ``tenant``, ``time``, ``where``, ``unless``.
        path: how the shape names it.
        rows: in how many rows it is there and not empty.
        values: a few of the values, cut; none where they were not looked at.
    """

    purpose: str
    path: str
    rows: int
    values: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class LogExplanation:
    """
    What became of the rows of a log.

    Attributes:
        rows_read: how many there are, None where that is not known.
        rows_counted: how many are the tenant's AI requests in the period.
        not_counted: how many are not, by the reason; None where that is not known.
        rows_broken: how many could not be understood.
        examples: where the first few of those are, and what is wrong with them.
        fields: those that the shape names; empty where they were not looked at.
        names: what the first row has; empty where that was not looked at.
    """

    rows_read: int | None
    rows_counted: int
    not_counted: Mapping[Reason, int] | None
    rows_broken: int
    examples: tuple[str, ...] = ()
    fields: tuple[FieldFound, ...] = ()
    names: tuple[str, ...] = ()


def explained_by(scan: LogScan) -> LogExplanation:
    """Return what a scan's result says by itself: not why rows did not count."""
    return LogExplanation(
        rows_read=scan.rows_read,
        rows_counted=sum(sighting.requests for sighting in scan.sightings),
        not_counted=None,
        rows_broken=scan.rows_broken,
        examples=scan.examples,
    )


def fields_named(shape: Shape) -> list[tuple[str, str]]:
    """Return the purpose and the path of each field that a shape names, alternatives apart."""
    named = [("model", shape.model), ("tenant", shape.tenant), ("time", shape.time)]
    named += [("where", path) for path, _ in shape.where]
    named += [("unless", path) for path, _ in shape.unless]
    return [(use, one) for use, path in named if path is not None for one in alternatives(path)]


class Explaining:
    """
    Takes the rows of a log one after another.

    Args:
        reader: says of each what it tells.
    """

    def __init__(self, reader: RowReader) -> None:
        self.names: Iterable[str] = ()
        self._reader = reader
        self._rows = self._counted = self._broken = 0
        self._reasons: Counter[Reason] = Counter()
        self._examples: list[str] = []
        self._fields = [_Field(*named) for named in fields_named(reader.shape)]

    def add(self, row: object, place: str) -> None:
        """Take a row; ``place`` tells where it is."""
        self._rows += 1
        if isinstance(row, Mapping):
            for field in self._fields:
                field.look(row)
            if not self.names:
                self.names = tuple(map(str, row))
        try:
            told = self._reader.judge(row)
        except ValueError as error:
            self._unreadable(place, error)
            return
        if isinstance(told, Sighting):
            self._counted += 1
        else:
            self._reasons[told] += 1

    def broken(self, place: str, reason: object, rows: int = 1) -> None:
        """Take what is no row at all."""
        self._rows += rows
        self._unreadable(place, reason)

    def _unreadable(self, place: str, reason: object) -> None:
        self._broken += 1
        if len(self._examples) < MOST_EXAMPLES:
            self._examples.append(f"{place}: {reason}")

    def told(self) -> LogExplanation:
        """Return what came together."""
        return LogExplanation(
            rows_read=self._rows,
            rows_counted=self._counted,
            not_counted=dict(self._reasons),
            rows_broken=self._broken,
            examples=tuple(self._examples),
            fields=tuple(field.found() for field in self._fields),
            names=tuple(self.names)[:_MOST_NAMES],
        )


class _Field:
    def __init__(self, purpose: str, path: str) -> None:
        self._purpose = purpose
        self._path = path
        self._find: Finder = finder(path)
        self._rows = 0
        self._values: dict[str, None] = {}

    def look(self, row: Mapping[object, object]) -> None:
        value = self._find(row)
        if not is_there(value):
            return
        self._rows += 1
        if len(self._values) < _MOST_VALUES:
            text = value if isinstance(value, str) else repr(value)
            self._values[text[:_LONGEST_VALUE]] = None

    def found(self) -> FieldFound:
        return FieldFound(self._purpose, self._path, self._rows, tuple(self._values))
