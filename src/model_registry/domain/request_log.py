"""What a request log tells: who was asked, when, how often; and what a row of it says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

import attrs

from model_registry.domain.entry import NAME
from model_registry.domain.instants import as_utc
from model_registry.domain.shape import NATIVE as NATIVE  # noqa: PLC0414  # found here, too
from model_registry.domain.shape import Needed
from model_registry.domain.shape import Shape as Shape  # noqa: PLC0414  # likewise
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


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECONDS: Final = {"s": 1_000_000, "ms": 1_000, "us": 1}
_NANOSECONDS: Final = 1_000
_NUMBER: Final = re.compile(r"\d{9,}(?:\.\d+)?", re.ASCII)


def read_time(given: object, unit: str) -> datetime:
    """
    Read a time as logs write it: ISO 8601, a ``datetime``, or a number since 1970.

    One without a zone is UTC, since that is what logs without zones mean. What
    is finer than a microsecond is cut off. Text of nine digits or more is a number:
    OTLP writes 64 bits so, CSV every number, and no ISO 8601 time looks like it.

    Raises:
        ValueError: not a time.
    """
    if isinstance(given, str):
        given = _number(given) if _NUMBER.fullmatch(given) else datetime.fromisoformat(given)
    if isinstance(given, datetime):
        return as_utc(given.replace(tzinfo=UTC) if given.tzinfo is None else given)
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise ValueError("not a time")
    try:
        micros = int(given // _NANOSECONDS) if unit == "ns" else int(given * _MICROSECONDS[unit])
        return _EPOCH + timedelta(microseconds=micros)
    except OverflowError as error:
        raise ValueError("not a time") from error


def _number(text: str) -> int | float:
    return float(text) if "." in text else int(text)


class Reason(StrEnum):
    """Why a row does not count."""

    NO_REQUEST = "no AI request, by the shape's conditions"
    NO_MODEL = "no model"
    OTHER_TENANT = "another tenant's"
    OUTSIDE = "outside the period"


@attrs.frozen
class RowReader:
    """Reads one row of a log after another, as one tenant's scan wants them."""

    shape: Shape
    tenant_id: str
    period: Period
    needed: Needed = attrs.field(
        init=False,
        eq=False,
        repr=False,
        default=attrs.Factory(lambda self: Needed(self.shape), takes_self=True),
    )

    def read(self, row: object) -> Sighting | None:
        """
        Return what a row tells, None if it is another's, another time's or no AI request.

        Raises:
            ValueError: it cannot be understood.
        """
        told = self.judge(row)
        return told if isinstance(told, Sighting) else None

    def judge(self, row: object) -> Sighting | Reason:
        """
        Return what a row tells, or why it does not count.

        Raises:
            ValueError: it cannot be understood.
        """
        if not isinstance(row, Mapping):
            raise ValueError("not an object")
        if not self.needed.is_request(row):
            return Reason.NO_REQUEST
        return self.judge_needed(*self.needed.take(row))

    def judge_needed(self, model: object, tenant: object, time: object) -> Sighting | Reason:
        """
        Return the same, once model, tenant and time are taken out of an AI request.

        Raises:
            ValueError: they cannot be understood.
        """
        shape = self.shape
        if model is None or model == "" or (isinstance(model, str) and model.isspace()):
            return Reason.NO_MODEL
        if shape.tenant is not None:
            if tenant != self.tenant_id:
                return Reason.OTHER_TENANT
        elif shape.is_only_others(self.tenant_id):
            return Reason.OTHER_TENANT
        if not isinstance(model, str):
            raise ValueError(f"{shape.model} is not text")
        try:
            at = read_time(time, shape.time_unit)
        except ValueError as error:
            raise ValueError(f"{shape.time} is not a time") from error
        if not self.period.since <= at <= self.period.until:
            return Reason.OUTSIDE
        return Sighting(model, 1, at, at)


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
