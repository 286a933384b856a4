"""How Spark compares the time column of a request log, by what type it has."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import attrs
from pyspark.sql.types import (
    DateType,
    DecimalType,
    FractionalType,
    IntegralType,
    TimestampNTZType,
    TimestampType,
)

from model_registry.domain.request_log import Period, read_time
from model_registry.errors import RequestLogError
from model_registry_spark.columns import Found

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_DAY: Final = timedelta(days=1)
_MICROSECONDS_IN: Final = {
    "s": Fraction(1_000_000),
    "ms": Fraction(1_000),
    "us": Fraction(1),
    "ns": Fraction(1, 1_000),
}

_ISO: Final = (
    "^(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?"
    "(Z|[+-][0-9]{2}:[0-9]{2})?$"
)
"""Times that Spark and Python read alike, if Spark reads them; others are Python's to judge."""

_ZONE: Final = "(Z|[+-][0-9]{2}:[0-9]{2})$"
_DATE_FIRST: Final = "^[0-9]{4}-[0-9]{2}-[0-9]{2}"


@attrs.frozen
class TimeColumn:
    """
    What a scan asks of a log's time column, as SQL.

    Attributes:
        wanted: the condition for rows in the period and for broken ones.
        key: what first and last are taken of; null where it cannot be told.
        read: makes an instant of a key that was fetched.
        values: what the parameters of all these are.
        shown: how a key is fetched, with ``{}`` in its place.
        text: what is fetched where there is no key, since Spark cannot compare it;
            None if there is no such time.
        kept: the condition that is still to be asked of the key, called ``at``.
    """

    wanted: str
    key: str
    read: Callable[[Any], datetime]
    values: dict[str, Any] = attrs.field(factory=dict)
    shown: str = "{}"
    text: str | None = None
    kept: str = "TRUE"


def time_column(time: Found, period: Period, unit: str) -> TimeColumn:
    """
    Return what to ask of a time column of some type; the session's time zone does not matter.

    Args:
        time: the column.
        period: which rows are meant.
        unit: what numbers count since 1970.

    Raises:
        RequestLogError: the type cannot hold a time.
    """
    kind = time.kind
    if isinstance(kind, TimestampType):
        return _instants(time.sql, period)
    if isinstance(
        kind, TimestampNTZType | DateType
    ):  # a date: ``date=2026-03-01``, a folder's name
        cast = isinstance(kind, DateType)
        return _without_zone(f"CAST({time.sql} AS TIMESTAMP_NTZ)" if cast else time.sql, period)
    if isinstance(kind, IntegralType):
        return _integers(time.sql, period, unit)
    if isinstance(kind, DecimalType):
        return _decimals(time.sql, period, unit)
    if isinstance(kind, FractionalType):
        return _floats(time.sql, period, unit)
    if time.is_text:
        return _texts(time.as_text(), period)
    raise RequestLogError(
        f"The request log's column {time.sql} is of type {kind.simpleString()}, which is not "
        "a time, a number or a text"
    )


def _since_epoch(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def _between(key: str, first: str, last: str) -> str:
    return f"(({key} >= {first} AND {key} <= {last}) OR {key} IS NULL)"


def _until(key: str, first: str, after: str) -> str:
    return f"(({key} >= {first} AND {key} < {after}) OR {key} IS NULL)"


def _instants(column: str, period: Period) -> TimeColumn:
    return TimeColumn(
        _between(column, "timestamp_micros(:since)", "timestamp_micros(:until)"),
        column,
        lambda micros: read_time(micros, "us"),
        {"since": _since_epoch(period.since), "until": _since_epoch(period.until)},
        shown="unix_micros({})",
    )


def _without_zone(column: str, period: Period) -> TimeColumn:
    """Timestamps without a zone are UTC; as text no session's zone can touch them."""
    first, last = (
        f"TIMESTAMP_NTZ '{end.replace(tzinfo=None).isoformat()}'"
        for end in (period.since, period.until)
    )
    return TimeColumn(
        _between(column, first, last),
        column,
        lambda text: read_time(text, "s"),
        shown="CAST({} AS STRING)",
    )


def _integers(column: str, period: Period, unit: str) -> TimeColumn:
    each = _MICROSECONDS_IN[unit]
    # The last number that falls into the last microsecond.
    last = math.ceil((_since_epoch(period.until) + 1) / each) - 1
    first = math.ceil(_since_epoch(period.since) / each)
    return TimeColumn(
        _between(column, f"{first}L", f"{last}L"), column, lambda number: read_time(number, unit)
    )


def _decimals(column: str, period: Period, unit: str) -> TimeColumn:
    each = _MICROSECONDS_IN[unit]
    first, after = (
        format(Decimal(number.numerator) / Decimal(number.denominator), "f") + "BD"
        for number in (_since_epoch(period.since) / each, (_since_epoch(period.until) + 1) / each)
    )
    return TimeColumn(
        _until(column, first, after),
        column,
        lambda number: read_time(int(Fraction(number) * each), "us"),
    )


def _floats(column: str, period: Period, unit: str) -> TimeColumn:
    def smallest(micros: int) -> float:
        """Return the smallest number that is read as this microsecond or a later one."""
        at = _EPOCH + timedelta(microseconds=micros)
        number = float(micros / _MICROSECONDS_IN[unit])
        while read_time(number, unit) >= at:
            number = math.nextafter(number, -math.inf)
        while read_time(number, unit) < at:
            number = math.nextafter(number, math.inf)
        return number

    values = {
        "first": smallest(_since_epoch(period.since)),
        "after": smallest(_since_epoch(period.until) + 1),
    }
    return TimeColumn(
        _until(column, ":first", ":after"),
        f"CAST({column} AS DOUBLE)",
        lambda number: read_time(number, unit),
        values,
    )


def _texts(column: str, period: Period) -> TimeColumn:
    """
    Texts: Spark reads the usual forms, and what it does not read comes back as it is.

    Where it begins with a date that is far away, it does not: an offset moves a
    time by a day at most.
    """
    zone = f"CASE WHEN {column} RLIKE :zone THEN '' ELSE 'Z' END"
    key = (
        f"CASE WHEN {column} RLIKE :iso "
        f"THEN unix_micros(try_cast(concat({column}, {zone}) AS TIMESTAMP)) END"
    )
    near = (
        f"({column} >= :first_day AND {column} < :day_after) "
        f"OR {column} IS NULL OR NOT {column} RLIKE :date_first"
    )
    return TimeColumn(
        f"({near})",
        key,
        lambda micros: read_time(micros, "us"),
        {
            "iso": _ISO,
            "zone": _ZONE,
            "date_first": _DATE_FIRST,
            "first_day": day_near(period.since, -_DAY),
            "day_after": day_near(period.until, 2 * _DAY),
            "since": _since_epoch(period.since),
            "until": _since_epoch(period.until),
        },
        text=column,
        kept="at BETWEEN :since AND :until OR at IS NULL",
    )


def day_near(at: datetime, moved: timedelta) -> str:
    """Return the day of an instant, moved, as text; what is beyond all days is before or after."""
    try:
        return (at + moved).date().isoformat()
    except OverflowError:
        return "0000" if moved < timedelta(0) else "9999-12-31T24"
