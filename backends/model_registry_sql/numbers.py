"""
The numbers of entries in SQLite: a tenant's lie together, in the order of their coming.

The table is kept in the order of its numbers, and so is the search index. A range
of numbers for each tenant makes its entries neighbours in both: what others have
is neither read nor counted.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Dialect, bindparam, func, select

from model_registry_sql.schema import Tables
from model_registry_sql.sessions import Session, Statement

_BITS: Final = 40
"""Of a number within its tenant's range; 23 are left to tell the tenants apart."""


class Numbers:
    """
    Which numbers a tenant's entries have.

    Args:
        tables: whose entries.
        dialect: SQLite's.
    """

    def __init__(self, tables: Tables, dialect: Dialect) -> None:
        number, tenant_id = tables.entries.c.number, tables.entries.c.tenant_id
        any_own = select(number).where(tenant_id == bindparam("tenant_id")).limit(1)
        last = select(func.max(number))
        of_range = number.between(bindparam("low"), bindparam("high"))
        self._any_own = Statement(any_own, dialect)
        self._last = Statement(last, dialect)
        self._last_of_range = Statement(last.where(of_range), dialect)

    def range(self, session: Session, tenant_id: str) -> tuple[int, int] | None:
        """Return the first and the last number that a tenant's entries may have, if it has any."""
        own = session.one(self._any_own, {"tenant_id": tenant_id})
        return None if own is None else range_around(own[0])

    def next(self, session: Session, tenant_id: str) -> int:
        """Return the number for a tenant's next entry; later ones count on from it."""
        own = self.range(session, tenant_id)
        if own is not None:
            low, high = own
            ((last,),) = session.all(self._last_of_range, {"low": low, "high": high})
            return int(last) + 1
        ((last,),) = session.all(self._last)
        if last is None:
            return 0
        _, high = range_around(last)
        return high + 1


def range_around(number: int) -> tuple[int, int]:
    """Return the first and the last number of the range that a number is in."""
    place = number >> _BITS
    return place << _BITS, (place + 1 << _BITS) - 1
