"""The one statement of a scan: rows added up by model, with first and last."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import attrs

from model_registry.domain.request_log import Period, RowReader
from model_registry_spark.columns import LogColumns
from model_registry_spark.log_times import TimeColumn, day_near, time_column

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_A_DAY = timedelta(days=1)


@attrs.frozen
class Grouping:
    """
    A scan, ready to be run.

    Attributes:
        groups: a row for each model: model, undecided, requests, dated, first, last.
            Where there are times that Spark cannot compare, one for each of those too.
        time: what was asked of the time column.
    """

    groups: DataFrame
    time: TimeColumn


def grouped(log: DataFrame, columns: LogColumns, meant: RowReader) -> Grouping:
    """
    Return the statement that adds up a tenant's rows in a period.

    Args:
        log: all rows.
        columns: of it.
        meant: which rows; what it says of a row is what Spark is asked.

    Raises:
        RequestLogError: the time column cannot hold a time.
    """
    time = time_column(columns.time, meant.period, meant.shape.time_unit)
    model = columns.model.as_text() if columns.model.is_text else columns.model.sql
    wanted, values = _own_rows(columns, meant, model)
    wanted = f"{wanted} AND {time.wanted}"
    if columns.corrupt is not None:
        corrupt = f"{columns.corrupt.sql} IS NOT NULL"
        model, wanted = f"CASE WHEN NOT {corrupt} THEN {model} END", f"{corrupt} OR ({wanted})"
    text = time.text or "CAST(NULL AS STRING)"
    first, last = (time.shown.format(f"{end}(at)") for end in ("min", "max"))
    # Braces are filled in by Spark: the log is a frame, not a text.
    groups = log.sparkSession.sql(
        "SELECT model, undecided, count(*) AS requests, count(at) AS dated,"  # noqa: S608  # texts are parameters, names are quoted
        f" {first} AS first, {last} AS last"
        " FROM (SELECT model, at, CASE WHEN at IS NULL THEN text END AS undecided"
        f" FROM (SELECT {_braced(model)} AS model, {_braced(time.key)} AS at,"
        f" {_braced(text)} AS text FROM {{log}} WHERE {_braced(wanted)})"
        f" WHERE {time.kept})"
        " GROUP BY model, undecided",
        {**time.values, **values},
        log=log,
    )
    return Grouping(groups, time)


def _own_rows(columns: LogColumns, meant: RowReader, model: str) -> tuple[str, dict[str, Any]]:
    """Return the condition for a tenant's rows that name a model."""
    conditions, values = [f"{model} IS NOT NULL"], dict[str, Any]()
    if columns.model.is_text:
        conditions.append(f"{model} <> ''")
    if columns.tenant is not None:
        # Numbers are compared as they are written.
        conditions.append(f"{columns.tenant.as_text()} = :tenant")
        values["tenant"] = meant.tenant_id
    if columns.is_request is not None:
        conditions.append(columns.is_request.sql)
        values |= columns.is_request.texts
    if columns.day is not None:
        conditions.append(_near(f"CAST({columns.day.sql} AS STRING)", meant.period))
    return " AND ".join(conditions), values


def _near(day: str, period: Period) -> str:
    """Return the condition for days that may hold the period, in whatever zone they are days."""
    first, last = day_near(period.since, -_A_DAY), day_near(period.until, _A_DAY)
    return f"(({day} >= '{first}' AND {day} <= '{last}') OR {day} IS NULL)"


def _braced(sql: str) -> str:
    return sql.replace("{", "{{").replace("}", "}}")
