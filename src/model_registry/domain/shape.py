"""How a log names what a scan needs: the one description that every backend goes by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import attrs

from model_registry.domain.row_fields import (
    Row,
    alternatives,
    finder,
    is_marked,
    is_plain,
    top_names,
    unrolled,
)

TIME_UNITS: Final = ("s", "ms", "us", "ns")

Matches: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""Paths, each with the texts that are looked for there."""


def _matches(given: Mapping[str, str | Sequence[str]] | Matches) -> Matches:
    pairs = given.items() if isinstance(given, Mapping) else given
    return tuple((path, (v,) if isinstance(v, str) else tuple(v)) for path, v in pairs)


@attrs.frozen(kw_only=True)
class Shape:
    """
    How a log names what a scan needs; the defaults are the native form.

    A name with dots leads into nested objects, unless a field has that very name.
    ``a | b`` is the first of both that is there and not empty; ``row_fields.finder``
    tells what else a path may lead through.

    Attributes:
        time: the field that tells when.
        model: the field that names the model; a row without it, or with an empty
            one, is no AI request.
        tenant: the field that names the tenant. None if the log has none: then
            every row counts as the tenant's own, which is for the host to know.
        time_unit: what a number in ``time`` counts since 1970: ``s``, ``ms``,
            ``us`` or ``ns``.
        rows: the lists that the rows lie in, from outside in and parted by dots;
            None if each object is a row. A field that a row lacks is that of the
            object around it.
        where: which rows are AI requests: those in which each of these paths leads to
            one of its texts.
        unless: which rows are none: those in which one of these paths does.
        all_rows_are: whose all rows are, where ``tenant`` is None; other tenants have
            none then. None if they are whoever's asks.
    """

    time: str = "timestamp"
    model: str = "model"
    tenant: str | None = "tenant_id"
    time_unit: str = attrs.field(default="s", validator=attrs.validators.in_(TIME_UNITS))
    rows: str | None = None
    where: Matches = attrs.field(default=(), converter=_matches)
    unless: Matches = attrs.field(default=(), converter=_matches)
    all_rows_are: str | None = None

    def __attrs_post_init__(self) -> None:
        for path in self.paths:
            alternatives(path)
        if self.tenant is not None and self.all_rows_are is not None:
            raise ValueError("all rows are one tenant's only where no field names the tenant")

    @property
    def needed(self) -> tuple[str, ...]:
        """The paths of time, model and tenant, as far as there are such."""
        return tuple(path for path in (self.time, self.model, self.tenant) if path is not None)

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that is looked at in a row."""
        return (*self.needed, *(path for path, _ in (*self.where, *self.unless)))

    @property
    def is_plain(self) -> bool:
        """Whether it says no more than which fields tell model, tenant and time."""
        conditions = self.rows or self.where or self.unless
        return not conditions and all(map(is_plain, self.needed))

    @property
    def beyond_columns(self) -> tuple[str, ...]:
        """What in it no table of columns can have: rows in lists, and paths through values."""
        marked = (one for path in self.paths for one in alternatives(path) if is_marked(one))
        return (*(() if self.rows is None else (self.rows,)), *dict.fromkeys(marked))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of those fields of an object that anything may be looked for in."""
        lists = () if self.rows is None else (self.rows.split(".")[0],)
        return tuple(dict.fromkeys((*lists, *(n for path in self.paths for n in top_names(path)))))

    def is_only_others(self, tenant_id: str) -> bool:
        """Tell whether all rows are said to be another tenant's."""
        return self.all_rows_are is not None and self.all_rows_are != tenant_id

    def rows_of(self, document: Any) -> Iterator[Any]:
        """Yield the rows in one object of the log, most often that itself."""
        if self.rows is None or not isinstance(document, Mapping):
            yield document
        else:
            yield from unrolled(document, self.rows.split("."))


NATIVE: Final = Shape()


class Needed:
    """
    Takes out of a row what a scan needs.

    Args:
        shape: how the rows name it.
    """

    def __init__(self, shape: Shape) -> None:
        self._model = finder(shape.model)
        self._tenant = None if shape.tenant is None else finder(shape.tenant)
        self._time = finder(shape.time)
        self._where = [(finder(path), frozenset(texts)) for path, texts in shape.where]
        self._unless = [(finder(path), frozenset(texts)) for path, texts in shape.unless]
        self._conditions = bool(self._where or self._unless)

    def is_request(self, row: Row) -> bool:
        """Tell whether the shape's conditions let a row be an AI request."""
        return all(_among(find(row), texts) for find, texts in self._where) and not any(
            _among(find(row), texts) for find, texts in self._unless
        )

    def take(self, row: Row) -> tuple[Any, Any, Any]:
        """Return model, tenant and time, each None if the row lacks it."""
        tenant = None if self._tenant is None else self._tenant(row)
        return self._model(row), tenant, self._time(row)

    def take_request(self, row: Row) -> tuple[Any, Any, Any]:
        """Return the same; no model, where the conditions say that it is no AI request."""
        if self._conditions and not self.is_request(row):
            return None, None, None
        return self.take(row)


def _among(value: object, texts: frozenset[str]) -> bool:
    return isinstance(value, str) and value in texts
