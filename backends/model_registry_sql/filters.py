"""A filter as SQL: which conditions it has, and what they are bound to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import attrs
from sqlalchemy import BindParameter, Column, ColumnElement, Integer, Table, Text, bindparam, func

from model_registry.domain.inventory import Filter

SHORTEST_INDEXED: Final = 3
"""Of so many characters a search term must be for an index of trigrams to know it."""

_LONG: Final = 9
"""From so many characters on a few of a term's trigrams tell well enough where it may be."""

_SAMPLED_PARTS: Final = 4
_SAMPLED_TERMS: Final = 4

_REPLACED: Final = "\ufffd"
_TAKEN_FOR_ONE: Final = {0xFFFE: _REPLACED, 0xFFFF: _REPLACED}


@attrs.frozen
class FilterShape:
    """Which conditions a filter has; the values are bound."""

    risk_tier: bool
    validation_status: bool
    provider: bool
    long_terms: int
    short_terms: int

    @classmethod
    def of(cls, where: Filter) -> FilterShape:
        """Return the shape of a filter."""
        long_terms, short_terms = _terms(where)
        return cls(
            where.risk_tier is not None,
            where.validation_status is not None,
            bool(where.folded_provider),
            len(long_terms),
            len(short_terms),
        )

    @property
    def searches(self) -> bool:
        """Whether there are search terms."""
        return bool(self.long_terms or self.short_terms)

    @property
    def only_indexed(self) -> bool:
        """Whether nothing but search terms that an index knows is asked for."""
        others = self.risk_tier or self.validation_status or self.provider or self.short_terms
        return bool(self.long_terms) and not others


EVERY_ENTRY: Final = FilterShape(
    risk_tier=False, validation_status=False, provider=False, long_terms=0, short_terms=0
)


def _terms(where: Filter) -> tuple[list[str], list[str]]:
    terms = where.terms
    return (
        [term for term in terms if _is_indexed(term)],
        [term for term in terms if not _is_indexed(term)],
    )


def _is_indexed(term: str) -> bool:
    return len(term) >= SHORTEST_INDEXED and _REPLACED not in as_indexed(term)


def as_indexed(text: str) -> str:
    """Return a text as SQLite's index knows it: the characters that are none are one to it."""
    return text.translate(_TAKEN_FOR_ONE)


def quoted(text: str) -> str:
    """Return a text as a search in SQLite's index, in which every character is itself."""
    return '"' + text.replace('"', '""') + '"'


def filter_values(where: Filter) -> dict[str, Any]:
    """Return what a filter's conditions are bound to."""
    long_terms, short_terms = _terms(where)
    values: dict[str, Any] = {
        "risk_tier": where.risk_tier and where.risk_tier.value,
        "validation_status": where.validation_status and where.validation_status.value,
        "provider": where.folded_provider,
    }
    for number, term in enumerate((*long_terms, *short_terms)):
        values[f"term_{number}"] = term
        values[f"pattern_{number}"] = f"%{_escaped(term)}%"
    # FTS5: each term as it stands, all of them
    values["match"] = " AND ".join(map(quoted, long_terms))
    return values


def samples(where: Filter) -> list[str]:
    """
    Return what to ask SQLite's index for, to learn soon where all terms may be.

    Each stands for one term, and is found wherever the term is; those that
    promise to be rare come first.
    """
    longest = sorted(_terms(where)[0], key=len, reverse=True)
    return [" AND ".join(map(quoted, _parts(term))) for term in longest[:_SAMPLED_TERMS]]


def _parts(term: str) -> list[str]:
    if len(term) < _LONG:
        return [term]
    size = SHORTEST_INDEXED
    places = range(0, len(term) - size + 1, max(size, len(term) // _SAMPLED_PARTS))
    return [term[place : place + size] for place in places]


def _escaped(term: str) -> str:
    return term.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _as_it_is(column: Column[Any]) -> ColumnElement[Any]:
    return column


class Conditions:
    """
    The conditions of a filter on entries, or on their totals.

    Args:
        dialect: ``sqlite`` or ``postgresql``.
    """

    def __init__(self, dialect: str) -> None:
        self._postgresql = dialect == "postgresql"

    def on_group(self, table: Table, shape: FilterShape) -> list[ColumnElement[bool]]:
        """Return those that entries of the same provider, tier and status share."""
        conditions: list[ColumnElement[bool]] = []
        if shape.risk_tier:
            conditions.append(table.c.risk_tier == bindparam("risk_tier"))
        if shape.validation_status:
            conditions.append(table.c.validation_status == bindparam("validation_status"))
        if shape.provider:
            part = bindparam("provider", type_=Text)
            conditions.append(self._within(table.c.folded_provider, part))
        return conditions

    def on_entry(
        self,
        entries: Table,
        shape: FilterShape,
        owned: Callable[[Column[Any]], ColumnElement[Any]] = _as_it_is,
    ) -> list[ColumnElement[bool]]:
        """
        Return all of them, and that the entry is the tenant's.

        Args:
            entries: the table.
            shape: which conditions.
            owned: how the column of the tenant is written.
        """
        text = entries.c.search_text
        conditions = [
            owned(entries.c.tenant_id) == bindparam("tenant_id"),
            *self.on_group(entries, shape),
        ]
        for number in range(shape.long_terms + shape.short_terms):
            term = bindparam(f"term_{number}", type_=Text)
            conditions.append(self._within(text, term))
            if self._postgresql and number < shape.long_terms:
                # says the same again, in the one way that an index of trigrams understands
                pattern = bindparam(f"pattern_{number}", type_=Text)
                conditions.append(text.like(pattern, escape="\\"))
        return conditions

    def _within(self, text: ColumnElement[str], part: BindParameter[str]) -> ColumnElement[bool]:
        place = func.strpos if self._postgresql else func.instr
        return place(text, part, type_=Integer) > 0
