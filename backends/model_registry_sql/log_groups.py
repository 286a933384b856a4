"""What a database says about one model of a request log, added up by the database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import attrs
from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    String,
    Text,
    and_,
    func,
    literal,
    null,
    select,
)

from model_registry.domain.request_log import RowReader, read_time
from model_registry.errors import TooManyModels
from model_registry_sql.log_columns import LogColumns, log_columns
from model_registry_sql.log_times import TimeColumn, time_column

_GROUPS_AT_ONCE: Final = 1_000
_BLANKS: Final = 100  # groups whose model is white space of some kind


@attrs.frozen
class Group:
    """
    Rows of a log that were added up.

    Attributes:
        model: what their model column holds; text, unless the log is broken.
        requests: how many are in the period.
        first: the earliest of those, None if there are none.
        last: the latest of those.
        broken: how many have no readable time.
        example: such a time, if one came along.
    """

    model: object
    requests: int
    first: datetime | None
    last: datetime | None
    broken: int = 0
    example: str | None = None


def _own_rows(columns: LogColumns, meant: RowReader) -> ColumnElement[bool]:
    """Return the condition for a tenant's rows that name a model."""
    model = columns.model
    conditions: list[ColumnElement[bool]] = [model.is_not(None)]
    if isinstance(model.type, String):
        conditions.append(model != literal("", Text))
    if columns.tenant is not None:
        conditions.append(columns.tenant == literal(meant.tenant_id, Text))
    if columns.is_request is not None:
        conditions.append(columns.is_request)
    return and_(*conditions)


def database_groups(
    connection: Connection, table: FromClause, meant: RowReader, max_models: int
) -> Iterator[Group]:
    """
    Yield a tenant's rows in a period, added up by the database in one statement.

    Args:
        connection: to any database.
        table: the log, with its columns' types.
        meant: which rows; what it says of a row is what the database is asked.
        max_models: how many models there may be.

    Raises:
        RequestLogError: the time column cannot hold a time.
        TooManyModels: the database has more.
    """
    shape = meant.shape
    dialect = connection.dialect.name
    columns = log_columns(table, shape)
    time = time_column(columns.time, meant.period, shape.time_unit, dialect)
    statement = statement_for(columns, meant, time)
    most = max_models + _BLANKS
    groups = 0
    if time.undecided is None:  # else a group is a time, and times are no models
        statement = statement.limit(most)
    options = {"stream_results": True, "yield_per": _GROUPS_AT_ONCE}
    with connection.execute(statement, execution_options=options) as rows:
        for model, undecided, requests, dated, first, last in rows:
            groups += 1
            if undecided is not None:
                yield _decided(model, undecided, requests, meant)
            elif dated:
                broken = requests - dated
                yield Group(model, dated, time.read(first), time.read(last), broken)
            else:
                yield Group(model, 0, None, None, requests)
    if time.undecided is None and groups == most:
        raise TooManyModels(max_models)


def _decided(model: object, text: str, requests: int, meant: RowReader) -> Group:
    period = meant.period
    try:
        at = read_time(text, meant.shape.time_unit)
    except ValueError:
        return Group(model, 0, None, None, requests, repr(text)[:80])
    within = period.since <= at <= period.until
    return Group(model, requests if within else 0, at, at)


def statement_for(columns: LogColumns, meant: RowReader, time: TimeColumn) -> Select[Any]:
    """Return the one statement of a scan: rows counted by model, with first and last."""
    undecided = null() if time.undecided is None else time.undecided
    rows = (
        select(
            columns.model.label("model"),
            time.key.label("moment"),
            undecided.label("undecided"),
        )
        .where(_own_rows(columns, meant), time.wanted)
        .subquery("requests")
    )
    groups = [rows.c.model] if time.undecided is None else [rows.c.model, rows.c.undecided]
    shown = rows.c.undecided if time.undecided is not None else null().label("undecided")
    return select(
        rows.c.model,
        shown,
        func.count(),
        func.count(rows.c.moment),
        time.shown(func.min(rows.c.moment)),
        time.shown(func.max(rows.c.moment)),
    ).group_by(*groups)
