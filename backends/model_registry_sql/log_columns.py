"""What a shape means in a table: which expressions over its columns tell what a scan needs."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import attrs
from sqlalchemy import ColumnElement, FromClause, String, Text, and_, cast, func, literal, or_, true

from model_registry.domain.row_fields import alternatives
from model_registry.domain.shape import Shape
from model_registry.errors import RequestLogError

_EMPTY: Final = literal("", Text)


@attrs.frozen
class LogColumns:
    """
    Those expressions over a log's columns that a scan looks at.

    Attributes:
        time: when.
        model: which model.
        tenant: whose, as text; None if the log does not say.
        is_request: the condition for AI requests; None if all rows may be such.
    """

    time: ColumnElement[Any]
    model: ColumnElement[Any]
    tenant: ColumnElement[Any] | None
    is_request: ColumnElement[bool] | None


def columns_sought(shape: Shape, there: Collection[str]) -> tuple[list[str], list[str]]:
    """
    Return the columns that a shape means, of those that there are, and what is missing.

    Of alternatives one will do.

    Raises:
        RequestLogError: it needs more than columns.
    """
    if shape.beyond_columns:
        raise RequestLogError(
            "A table has columns, and this shape needs more: "
            f"{', '.join(shape.beyond_columns)}. Name columns instead, or scan the files"
        )
    found: dict[str, None] = {}
    missing: list[str] = []
    for path in shape.paths:
        some = [name for name in alternatives(path) if name in there]
        found.update(dict.fromkeys(some))
        missing += [] if some else alternatives(path)
    return list(found), missing


def log_columns(table: FromClause, shape: Shape) -> LogColumns:
    """
    Return the expressions that a shape means.

    Raises:
        RequestLogError: alternatives are of types that do not go together.
    """
    tenant = None if shape.tenant is None else as_text(first_there(table, shape.tenant))
    conditions = [_among(as_text(first_there(table, path)), texts) for path, texts in shape.where]
    conditions += [
        _not_among(as_text(first_there(table, path)), texts) for path, texts in shape.unless
    ]
    return LogColumns(
        time=first_there(table, shape.time),
        model=first_there(table, shape.model),
        tenant=tenant,
        is_request=and_(true(), *conditions) if conditions else None,
    )


def first_there(table: FromClause, path: str) -> ColumnElement[Any]:
    """Return the column of a path, or of several the first that is not null and not empty."""
    columns = [table.c[name] for name in alternatives(path) if name in table.c]
    if len(columns) == 1:
        return columns[0]
    kinds = {type(column.type) for column in columns}
    if all(isinstance(column.type, String) for column in columns):
        return func.coalesce(*(func.nullif(column, _EMPTY) for column in columns), type_=Text())
    if len(kinds) > 1:
        named = ", ".join(f"{column.key} ({column.type})" for column in columns)
        raise RequestLogError(f"These columns cannot stand for one another: {named}")
    return func.coalesce(*columns, type_=columns[0].type)


def as_text(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a column as text: numbers and UUIDs are compared as they are written."""
    return column if isinstance(column.type, String) else cast(column, Text)


def _among(column: ColumnElement[Any], texts: Collection[str]) -> ColumnElement[bool]:
    return and_(column.is_not(None), or_(*(column == literal(text, Text) for text in texts)))


def _not_among(column: ColumnElement[Any], texts: Collection[str]) -> ColumnElement[bool]:
    return or_(column.is_(None), and_(*(column != literal(text, Text) for text in texts)))
