"""Adding up a SQLite request log: its columns may hold anything, so Python reads the times."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import attrs
from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    and_,
    collate,
    false,
    func,
    not_,
    or_,
    select,
)

from model_registry.domain.request_log import Period, RowReader, read_time
from model_registry_sql.log_columns import log_columns
from model_registry_sql.log_groups import Group

_TALLY: Final = "model_registry_tally"
_A_DAY: Final = timedelta(days=1)
_IN_A_SECOND: Final = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_DATE_FIRST: Final = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*"


@attrs.define
class TimeTally:
    """
    An aggregate function: how many of a group's times are in a period, and which are not times.

    SQLite makes one for each group, gives it the times one after another, and
    takes a JSON list: count, first, last, broken, an example.
    """

    period: Period
    unit: str
    count: int = 0
    first: datetime | None = None
    last: datetime | None = None
    broken: int = 0
    example: str | None = None

    def step(self, given: Any) -> None:
        """Take one row's time."""
        try:
            at = read_time(given, self.unit)
        except ValueError:
            self.broken += 1
            self.example = self.example or repr(given)[:80]
            return
        if self.period.since <= at <= self.period.until:
            self.count += 1
            self.first = at if self.first is None else min(self.first, at)
            self.last = at if self.last is None else max(self.last, at)

    def finalize(self) -> str:
        """Give what came together."""
        first = self.first and self.first.isoformat()
        last = self.last and self.last.isoformat()
        return json.dumps([self.count, first, last, self.broken, self.example])


def sqlite_groups(connection: Connection, table: FromClause, meant: RowReader) -> Iterator[Group]:
    """
    Yield a tenant's rows in a period, added up by SQLite with a function of ours.

    The function says of every value what ``read_time`` says. It is made known to
    this connection only; the database is not changed.
    """
    shape, period = meant.shape, meant.period
    driver: Any = connection.connection.driver_connection
    driver.create_aggregate(_TALLY, 1, lambda: TimeTally(period, shape.time_unit))
    columns = log_columns(table, shape)
    time = columns.time
    model = collate(columns.model, "BINARY")
    conditions = [model.is_not(None), model != "", not_(_far(time, period, shape.time_unit))]
    if columns.tenant is not None:
        conditions.append(collate(columns.tenant, "BINARY") == meant.tenant_id)
    if columns.is_request is not None:
        conditions.append(columns.is_request)
    tally: ColumnElement[str] = getattr(func, _TALLY)(time)
    statement = select(model, tally).where(*conditions).group_by(model)
    with connection.execute(statement, execution_options={"yield_per": 1_000}) as rows:
        for name, told in rows:
            count, first, last, broken, example = json.loads(told)
            yield Group(name, count, _instant(first), _instant(last), broken, example)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _far(time: ColumnElement[Any], period: Period, unit: str) -> ColumnElement[bool]:
    """Tell what is at least a day away, so that the function is not asked for all the years."""
    try:
        since, until = period.since - 2 * _A_DAY, period.until + 2 * _A_DAY
    except OverflowError:
        return false()
    kind = func.typeof(time)
    each = _IN_A_SECOND[unit]
    return or_(
        and_(
            kind == "text",
            time.op("GLOB")(_DATE_FIRST),
            or_(time < since.date().isoformat(), time > until.date().isoformat()),
        ),
        and_(
            kind.in_(["integer", "real"]),
            or_(time < int(since.timestamp()) * each, time > int(until.timestamp()) * each),
        ),
    )
