"""How databases compare the time column of a request log, by what type it has."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import attrs
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Double,
    Float,
    Integer,
    Numeric,
    String,
    and_,
    case,
    func,
    literal,
    not_,
    null,
    or_,
)
from sqlalchemy.types import TypeEngine

from model_registry.domain.request_log import Period, read_time
from model_registry.errors import RequestLogError
from model_registry_sql.log_dialects import SPELLINGS, read_moment
from model_registry_sql.types import Bytewise

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_DAY: Final = timedelta(days=1)
_MICROSECONDS_IN: Final = {
    "s": Fraction(1_000_000),
    "ms": Fraction(1_000),
    "us": Fraction(1),
    "ns": Fraction(1, 1_000),
}

_IN_UTC: Final = (
    "^[0-9]{4}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])"
    "|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)"
    "[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]+)?(Z|[+]00:00)?$"
)
"""Times in UTC, as most logs write them; a 29 February is left for Python to judge."""

_DATE_FIRST: Final = "^[0-9]{4}-[0-9]{2}-[0-9]{2}"


@attrs.frozen
class TimeColumn:
    """
    What a scan asks of a log's time column.

    Attributes:
        wanted: the condition for rows in the period and for broken ones.
        key: what first and last are taken of; null where it cannot be told.
        undecided: the text of a time that the database cannot compare, null else;
            None if there is no such time.
        read: makes an instant of a key.
        shown: how a key is fetched.
    """

    wanted: ColumnElement[bool]
    key: ColumnElement[Any]
    undecided: ColumnElement[str | None] | None
    read: Callable[[Any], datetime]
    shown: Callable[[ColumnElement[Any]], ColumnElement[Any]] = lambda key: key


def time_column(
    column: ColumnElement[Any], period: Period, unit: str, dialect: str = ""
) -> TimeColumn:
    """
    Return what to ask of a time column of some type.

    Args:
        column: with the type that the database says it has.
        period: which rows are meant.
        unit: what numbers count since 1970.
        dialect: SQLAlchemy's name of the database.

    Raises:
        RequestLogError: the type cannot hold a time.
    """
    kind: TypeEngine[Any] = column.type
    if isinstance(kind, DateTime):
        return _timestamps(column, period, dialect, aware=bool(kind.timezone))
    if isinstance(kind, Integer):
        return _integers(column, period, unit)
    if isinstance(kind, Float):
        return _floats(column, period, unit)
    if isinstance(kind, Numeric):
        return _decimals(column, period, unit)
    if isinstance(kind, String):
        return _texts(column, period, dialect)
    raise RequestLogError(
        f"The request log's column {column.key} is of type {kind}, which is not a time, "
        "a number or a text"
    )


def _within(column: ColumnElement[Any], first: Any, last: Any, read: Any) -> TimeColumn:
    wanted = or_(and_(column >= first, column <= last), column.is_(None))
    return TimeColumn(wanted, column, None, read)


def _timestamps(
    column: ColumnElement[Any], period: Period, dialect: str, *, aware: bool
) -> TimeColumn:
    """Timestamps; those without a zone are UTC."""
    spelling = SPELLINGS.get(dialect)
    if spelling is not None:
        since, until = (spelling.moment(end, aware=aware) for end in (period.since, period.until))
        wanted = or_(and_(column >= since, column <= until), column.is_(None))
        shown = spelling.shown if aware else spelling.shown_local
        return TimeColumn(wanted, column, None, lambda told: read_time(*read_moment(told)), shown)
    ends = (period.since, period.until)
    first, last = ends if aware else (end.replace(tzinfo=None) for end in ends)
    kind = column.type
    return _within(
        column, literal(first, kind), literal(last, kind), lambda value: read_time(value, "s")
    )


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def _integers(column: ColumnElement[Any], period: Period, unit: str) -> TimeColumn:
    each = _MICROSECONDS_IN[unit]
    first = math.ceil(_micros(period.since) / each)
    # The last number that falls into the last microsecond.
    last = math.ceil((_micros(period.until) + 1) / each) - 1
    return _within(
        column,
        literal(first, BigInteger),
        literal(last, BigInteger),
        lambda value: read_time(int(value), unit),
    )


def _decimals(column: ColumnElement[Any], period: Period, unit: str) -> TimeColumn:
    each = _MICROSECONDS_IN[unit]
    first = _exact(_micros(period.since) / each)
    after = _exact((_micros(period.until) + 1) / each)
    wanted = or_(
        and_(column >= literal(first, Numeric), column < literal(after, Numeric)),
        column.is_(None),
    )

    def read(value: Any) -> datetime:
        return read_time(int(Fraction(value) * each), "us")

    return TimeColumn(wanted, column, None, read)


def _exact(number: Fraction) -> Decimal:
    return Decimal(number.numerator) / Decimal(number.denominator)


def _floats(column: ColumnElement[Any], period: Period, unit: str) -> TimeColumn:
    each = _MICROSECONDS_IN[unit]

    def smallest(micros: int) -> float:
        """Return the smallest number that is read as this microsecond or a later one."""
        at = _EPOCH + timedelta(microseconds=micros)
        number = float(micros / each)
        while read_time(number, unit) >= at:
            number = math.nextafter(number, -math.inf)
        while read_time(number, unit) < at:
            number = math.nextafter(number, math.inf)
        return number

    first = literal(smallest(_micros(period.since)), Double)
    after = literal(smallest(_micros(period.until) + 1), Double)
    wanted = or_(and_(column >= first, column < after), column.is_(None))
    return TimeColumn(wanted, column, None, lambda value: read_time(float(value), unit))


def _matching(dialect: str) -> Callable[[ColumnElement[Any], str], ColumnElement[bool]]:
    spelling = SPELLINGS.get(dialect)
    return ColumnElement.regexp_match if spelling is None else spelling.matches


def _texts(column: ColumnElement[Any], period: Period, dialect: str) -> TimeColumn:
    """
    Texts: the usual form of UTC times sorts as the times do, once it is levelled.

    ``…:00Z``, ``…:00.5+00:00`` and ``… …:00`` become ``…T…:00`` and ``…T…:00.5``:
    a text that goes on sorts after one that ends. What has another form, such
    as another offset, comes back grouped by text and is decided in Python.
    """
    matches = _matching(dialect)
    usual = matches(column, _IN_UTC)
    bare = func.replace(func.replace(func.replace(column, " ", "T"), "Z", ""), "+00:00", "")
    level, text = Bytewise(bare), Bytewise(column)
    key = case((usual, level), else_=null())
    first, after = _level(period.since), _level(period.until, after=True)
    possible = and_(
        text >= _date(period.since, -_DAY),  # an offset moves a time by a day at most
        text < _date(period.until, 2 * _DAY),
    )
    wanted = or_(
        and_(usual, level >= first, level < after),
        and_(not_(usual), or_(possible, not_(matches(column, _DATE_FIRST)))),
        column.is_(None),
    )
    undecided = case((usual, null()), else_=column)
    return TimeColumn(wanted, key, undecided, lambda text: read_time(text, "s"))


def _level(at: datetime, *, after: bool = False) -> str:
    """Write a time levelled; ``after`` it is the first text that is later."""
    if after:
        try:
            at += _MICROSECOND
        except OverflowError:
            return "9999-12-31T24"
    text = at.replace(tzinfo=None).isoformat()
    return text.rstrip("0") if "." in text else text


def _date(at: datetime, moved: timedelta) -> str:
    try:
        return (at + moved).date().isoformat()
    except OverflowError:
        return "0000" if moved < timedelta(0) else "9999-12-31T24"
