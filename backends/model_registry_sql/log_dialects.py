"""How warehouses spell moments and patterns, where a bound parameter would not mean the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import attrs
from sqlalchemy import (
    Boolean,
    ColumnElement,
    DateTime,
    Text,
    cast,
    func,
    literal,
    literal_column,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

Expression = ColumnElement[Any]


@attrs.frozen
class Spelling:
    """
    How one database says what a scan asks.

    A driver's own way with a bound moment depends on the session's time zone here,
    drops the fraction there, and fetches what Python cannot hold; so moments are
    literals in UTC, and come back as numbers or as text.

    Attributes:
        instant: a moment beside a column that holds instants; ``{}`` is its text in UTC.
        local: likewise, beside a column without a zone, which is meant as UTC.
        shown: fetches an instant, in microseconds since 1970 or as text in UTC.
        shown_local: likewise, from a column without a zone.
        matches: the condition that a text has a pattern somewhere.
    """

    instant: str
    local: str
    shown: Callable[[Expression], Expression]
    shown_local: Callable[[Expression], Expression]
    matches: Callable[[Expression, str], ColumnElement[bool]]

    def moment(self, at: datetime, *, aware: bool) -> Expression:
        """Return an aware UTC time as it is compared with a column."""
        text = at.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
        return literal_column((self.instant if aware else self.local).format(text))


def read_moment(told: Any) -> tuple[Any, str]:
    """Return what was fetched as ``read_time`` takes it, with the unit of a number."""
    return (told.removesuffix(" UTC"), "s") if isinstance(told, str) else (int(told), "us")


def _matching(name: str) -> Callable[[Expression, str], ColumnElement[bool]]:
    def matches(column: Expression, pattern: str) -> ColumnElement[bool]:
        function = getattr(func, name)
        found: ColumnElement[bool] = function(column, literal(pattern, Text), type_=Boolean)
        return found

    return matches


def _text(column: Expression) -> Expression:
    return cast(column, Text)


def _snowflake_micros(column: Expression) -> Expression:
    return func.date_part(literal_column("epoch_microsecond"), column)


def _clickhouse_micros(column: Expression) -> Expression:
    exact = func.toDateTime64(column, literal_column("6"), literal_column("'UTC'"))
    return func.toUnixTimestamp64Micro(exact)


SPELLINGS: Final = {
    "trino": Spelling(
        "TIMESTAMP '{} UTC'",
        "TIMESTAMP '{}'",
        # A double would not hold the microseconds of all times, and there is no other number.
        lambda column: _text(func.at_timezone(column, literal("UTC", Text))),
        _text,
        _matching("regexp_like"),
    ),
    "bigquery": Spelling(
        "TIMESTAMP '{}+00:00'",
        "DATETIME '{}'",
        func.unix_micros,
        lambda column: func.unix_micros(func.timestamp(column)),  # which takes it as UTC
        _matching("regexp_contains"),
    ),
    "snowflake": Spelling(
        "'{}+00:00'::TIMESTAMP_TZ",
        "'{}'::TIMESTAMP_NTZ",
        _snowflake_micros,
        _snowflake_micros,
        # regexp_like wants the whole text to match
        lambda column, pattern: func.regexp_instr(column, literal(pattern, Text)) > 0,
    ),
    "databricks": Spelling(
        "TIMESTAMP '{}+00:00'",
        "TIMESTAMP_NTZ '{}'",
        func.unix_micros,
        _text,
        _matching("regexp_like"),
    ),
    # All times of ClickHouse are instants, with or without the name of a zone.
    "clickhousedb": Spelling(
        "toDateTime64('{}', 6, 'UTC')",
        "toDateTime64('{}', 6, 'UTC')",
        _clickhouse_micros,
        _clickhouse_micros,
        _matching("match"),
    ),
    "duckdb": Spelling(
        "TIMESTAMPTZ '{}+00:00'",
        "TIMESTAMP '{}'",
        func.epoch_us,
        func.epoch_us,
        _matching("regexp_matches"),
    ),
}
"""By the name of SQLAlchemy's dialect."""

_PLAIN: Final[dict[tuple[str, str], TypeEngine[Any]]] = {
    ("bigquery", "TIMESTAMP"): DateTime(timezone=True),
    ("snowflake", "TIMESTAMP_TZ"): DateTime(timezone=True),
    ("snowflake", "TIMESTAMP_LTZ"): DateTime(timezone=True),
    ("snowflake", "TIMESTAMP_NTZ"): DateTime(),
    ("databricks", "TIMESTAMP"): DateTime(timezone=True),
    ("databricks", "TIMESTAMP_NTZ"): DateTime(),
    ("clickhousedb", "DateTime"): DateTime(timezone=True),
    ("clickhousedb", "DateTime64"): DateTime(timezone=True),
    ("clickhousedb", "String"): Text(),
}


def plain_type(dialect: str, kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """Return what a database's own type means in SQLAlchemy's words."""
    plain = _PLAIN.get((dialect, type(kind).__name__))
    if plain is not None:
        return plain
    return kind.impl_instance if isinstance(kind, TypeDecorator) else kind
