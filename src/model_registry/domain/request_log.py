"""What a request log tells: who was asked, when, how often; and how its fields are named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import attrs

from model_registry.domain.entry import NAME
from model_registry.domain.instants import as_utc
from model_registry.errors import TooManyModels

MAX_MODELS: Final = 100_000
"""How many distinct models a scan holds in memory unless told otherwise."""


@attrs.frozen
class Sighting:
    """
    What a request log says about one model in one period.

    Attributes:
        model_id: as the log spells it; the same in other case is another.
        requests: how many requests, 1 or more.
        first_seen_at: the earliest of them, UTC.
        last_seen_at: the latest of them, UTC.
    """

    model_id: str
    requests: int
    first_seen_at: datetime
    last_seen_at: datetime

    def merged(self, other: Sighting) -> Sighting:
        """Return what both say together."""
        return Sighting(
            self.model_id,
            self.requests + other.requests,
            min(self.first_seen_at, other.first_seen_at),
            max(self.last_seen_at, other.last_seen_at),
        )


@attrs.frozen
class Period:
    """A span of time, both ends included."""

    since: datetime
    until: datetime

    @classmethod
    def before(cls, until: datetime, days: int) -> Period:
        """Return the period of so many days that ends at an instant."""
        return cls(until - timedelta(days=days), until)


@attrs.frozen(kw_only=True)
class LogScan:
    """
    The result of one scan.

    Attributes:
        sightings: one for each model that the tenant used in the period.
        rows_read: how many rows were looked at, None where a database did it.
        rows_broken: how many of them could not be understood.
        examples: where the first few broken ones are, for people.
    """

    sightings: tuple[Sighting, ...]
    rows_read: int | None = None
    rows_broken: int = 0
    examples: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Shape:
    """
    How a log names what a scan needs; the defaults are the native form.

    A name with dots leads into nested objects, unless a field has that very name.

    Attributes:
        time: the field that tells when.
        model: the field that names the model; a row without it, or with an empty
            one, is no AI request.
        tenant: the field that names the tenant. None if the log has none: then
            every row counts as the tenant's own, which is for the host to know.
        time_unit: what a number in ``time`` counts since 1970: ``s``, ``ms``,
            ``us`` or ``ns``.
    """

    time: str = "timestamp"
    model: str = "model"
    tenant: str | None = "tenant_id"
    time_unit: str = attrs.field(
        default="s", validator=attrs.validators.in_(("s", "ms", "us", "ns"))
    )


NATIVE: Final = Shape()

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECONDS: Final = {"s": 1_000_000, "ms": 1_000, "us": 1}
_NANOSECONDS: Final = 1_000


def read_time(given: object, unit: str) -> datetime:
    """
    Read a time as logs write it: ISO 8601, a ``datetime``, or a number since 1970.

    One without a zone is UTC, since that is what logs without zones mean. What
    is finer than a microsecond is cut off.

    Raises:
        ValueError: not a time.
    """
    if isinstance(given, str):
        given = datetime.fromisoformat(given)
    if isinstance(given, datetime):
        return as_utc(given.replace(tzinfo=UTC) if given.tzinfo is None else given)
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise ValueError("not a time")
    try:
        micros = int(given // _NANOSECONDS) if unit == "ns" else int(given * _MICROSECONDS[unit])
        return _EPOCH + timedelta(microseconds=micros)
    except OverflowError as error:
        raise ValueError("not a time") from error


@attrs.frozen
class RowReader:
    """Reads one row of a log after another, as one tenant's scan wants them."""

    shape: Shape
    tenant_id: str
    period: Period

    def read(self, row: object) -> Sighting | None:
        """
        Return what a row tells, None if it is another's, another time's or no AI request.

        Raises:
            ValueError: it cannot be understood.
        """
        if not isinstance(row, Mapping):
            raise ValueError("not an object")
        shape = self.shape
        model = _at(row, shape.model)
        if model is None or model == "":
            return None
        if shape.tenant is not None and _at(row, shape.tenant) != self.tenant_id:
            return None
        if not isinstance(model, str):
            raise ValueError(f"{shape.model} is not text")
        if model.isspace():
            return None
        try:
            at = read_time(_at(row, shape.time), shape.time_unit)
        except ValueError as error:
            raise ValueError(f"{shape.time} is not a time") from error
        if not self.period.since <= at <= self.period.until:
            return None
        return Sighting(model, 1, at, at)


def _at(row: Mapping[Any, Any], path: str) -> Any:
    if path in row or "." not in path:
        return row.get(path)
    value: Any = row
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


Progress = Callable[[int, int | None], None]
"""Told how much of a log is done, and how much there is if that is known; any unit."""


class SightingTally:
    """Sightings being added up, bounded in how many models it holds."""

    def __init__(self, max_models: int = MAX_MODELS) -> None:
        self._most = max_models
        self._sightings: dict[str, Sighting] = {}

    def add(self, sighting: Sighting) -> None:
        """
        Add what another part of the log says.

        Raises:
            TooManyModels: one distinct model more than is allowed.
        """
        known = self._sightings.get(sighting.model_id)
        if known is None and len(self._sightings) >= self._most:
            raise TooManyModels(self._most)
        self._sightings[sighting.model_id] = sighting if known is None else known.merged(sighting)

    def total(self) -> tuple[Sighting, ...]:
        """Return one sighting for each model, in the order of their ids."""
        return tuple(self._sightings[model_id] for model_id in sorted(self._sightings))


def registrable(sightings: Iterable[Sighting]) -> tuple[list[Sighting], list[Sighting]]:
    """Part the sightings whose id can be a model_id from those whose id cannot."""
    good: list[Sighting] = []
    bad: list[Sighting] = []
    for sighting in sightings:
        (good if NAME.accepts(sighting.model_id) else bad).append(sighting)
    return good, bad
