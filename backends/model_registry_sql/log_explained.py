"""Why rows of a request log count or do not, asked of the database in one grouped statement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    String,
    Text,
    case,
    cast,
    false,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    true,
)

from model_registry.domain.log_explanation import (
    MOST_EXAMPLES,
    FieldFound,
    LogExplanation,
    fields_named,
)
from model_registry.domain.request_log import Reason, RowReader, Sighting
from model_registry_sql.log_columns import LogColumns, log_columns
from model_registry_sql.log_times import time_column

_COUNTED: Final = "counted"
_UNDECIDED: Final = "undecided"
_TIMELESS: Final = "timeless"
_NO_TEXT: Final = "no text"
_WHY: Final = "model_registry_why"
_LONGEST_VALUE: Final = 60

Expression = ColumnElement[Any]


def explained(connection: Connection, table: FromClause, meant: RowReader) -> LogExplanation:
    """
    Return what a scan makes of the rows of a table, and why.

    Raises:
        RequestLogError: the time column cannot hold a time.
    """
    named = [(use, path) for use, path in fields_named(meant.shape) if path in table.c]
    columns = [table.c[path] for _, path in named]
    why, undecided = _reasons(connection, log_columns(table, meant.shape), meant)
    judged = select(
        why.label("why"),
        undecided.label("undecided"),
        *(_if_there(column).label(f"there_{n}") for n, column in enumerate(columns)),
        *(cast(column, Text).label(f"shown_{n}") for n, column in enumerate(columns)),
    ).subquery("judged")
    statement = select(
        judged.c.why,
        judged.c.undecided,
        func.count(),
        *(func.count(judged.c[f"there_{n}"]) for n in range(len(named))),
        *(func.max(judged.c[f"shown_{n}"]) for n in range(len(named))),
    ).group_by(judged.c.why, judged.c.undecided)
    with connection.execute(statement, execution_options={"yield_per": 1_000}) as rows:
        return _added_up(rows, named, meant, tuple(table.c.keys()))


def _reasons(
    connection: Connection, columns: LogColumns, meant: RowReader
) -> tuple[Expression, Expression]:
    """Return what tells why a row counts or not, and the time that Python has to judge."""
    nothing = cast(null(), Text)
    is_request = true() if columns.is_request is None else columns.is_request
    tenant = null() if columns.tenant is None else columns.tenant
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        driver.create_function(_WHY, 4, _judge(meant))
        asked = (case((is_request, 1), else_=0), columns.model, tenant, columns.time)
        return getattr(func, _WHY)(*asked, type_=Text()), nothing
    time = time_column(columns.time, meant.period, meant.shape.time_unit, connection.dialect.name)
    model, is_text = columns.model, isinstance(columns.model.type, String)
    nameless = (
        or_(model.is_(None), func.trim(model) == literal("", Text))
        if is_text
        else (model.is_(None))
    )
    why = case(
        (not_(is_request), literal(Reason.NO_REQUEST.name, Text)),
        (nameless, literal(Reason.NO_MODEL.name, Text)),
        (_is_others(columns, meant), literal(Reason.OTHER_TENANT.name, Text)),
        (false() if is_text else true(), literal(_NO_TEXT, Text)),
        (columns.time.is_(None), literal(_TIMELESS, Text)),
        (not_(time.wanted), literal(Reason.OUTSIDE.name, Text)),
        *(
            []
            if time.undecided is None
            else [(time.undecided.is_not(None), literal(_UNDECIDED, Text))]
        ),
        else_=literal(_COUNTED, Text),
    )
    if time.undecided is None:
        return why, nothing
    return why, case((why == literal(_UNDECIDED, Text), time.undecided), else_=nothing)


def _is_others(columns: LogColumns, meant: RowReader) -> ColumnElement[bool]:
    if columns.tenant is None:
        return true() if meant.shape.is_only_others(meant.tenant_id) else false()
    return or_(columns.tenant.is_(None), columns.tenant != literal(meant.tenant_id, Text))


def _judge(meant: RowReader) -> Any:
    def why(is_request: int, model: object, tenant: object, time: object) -> str:
        if not is_request:
            return Reason.NO_REQUEST.name
        try:
            told = meant.judge_needed(model, tenant, time)
        except ValueError as error:
            return str(error)
        return _COUNTED if isinstance(told, Sighting) else told.name

    return why


def _if_there(column: Expression) -> Expression:
    return func.nullif(column, literal("", Text)) if isinstance(column.type, String) else column


def _added_up(
    rows: Iterable[Any],
    named: Sequence[tuple[str, str]],
    meant: RowReader,
    names: tuple[str, ...],
) -> LogExplanation:
    reasons: Counter[str] = Counter()
    there: Counter[int] = Counter()
    values: list[dict[str, None]] = [{} for _ in named]
    for why, undecided, count, *told in rows:
        reasons[_decided(undecided, meant) if why == _UNDECIDED else _said(why, meant)] += count
        for n in range(len(named)):
            there[n] += told[n]
            if told[len(named) + n] and len(values[n]) < 3:
                values[n][str(told[len(named) + n])[:_LONGEST_VALUE]] = None
    counted = reasons.pop(_COUNTED, 0)
    not_counted = {reason: reasons.pop(reason.name) for reason in Reason if reason.name in reasons}
    return LogExplanation(
        rows_read=counted + sum(not_counted.values()) + reasons.total(),
        rows_counted=counted,
        not_counted=not_counted,
        rows_broken=reasons.total(),
        examples=tuple(f"{n} rows: {why}" for why, n in reasons.most_common(MOST_EXAMPLES)),
        fields=tuple(FieldFound(*name, there[n], tuple(values[n])) for n, name in enumerate(named)),
        names=names,
    )


def _decided(time: str, meant: RowReader) -> str:
    tenant = None if meant.shape.tenant is None else meant.tenant_id
    try:
        told = meant.judge_needed("any", tenant, time)
    except ValueError as error:
        return str(error)
    return _COUNTED if isinstance(told, Sighting) else told.name


def _said(why: str, meant: RowReader) -> str:
    plain = {
        _TIMELESS: f"{meant.shape.time} is not a time",
        _NO_TEXT: f"{meant.shape.model} is not text",
    }
    return plain.get(why, why)
