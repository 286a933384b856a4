"""A page of a tenant's listing, by the way that suits the database and what is asked for."""

from __future__ import annotations

import attrs

from model_registry.domain.inventory import Filter
from model_registry_sql.filters import EVERY_ENTRY, FilterShape, filter_values
from model_registry_sql.listings import Columns, Listings
from model_registry_sql.positions import STEP, Positions
from model_registry_sql.sessions import Values
from model_registry_sql.sqlite_listings import Found, SqliteListings
from model_registry_sql.transactions import Transactions


@attrs.frozen
class Pages:
    """
    The reader of pages.

    Attributes:
        transactions: of the store.
        listings: the statements that look for entries by a filter.
        positions: marks in the listings.
    """

    transactions: Transactions
    listings: Listings
    positions: Positions

    def found(
        self, tenant_id: str, where: Filter, columns: Columns, *, limit: int, offset: int
    ) -> Found:
        """
        Return the count of all matches and what a page holds, from one state.

        Args:
            tenant_id: whose entries.
            where: which entries.
            columns: what of each entry.
            limit: most rows.
            offset: rows to pass over.
        """
        shape, listings = FilterShape.of(where), self.listings
        if shape == EVERY_ENTRY and offset > STEP:
            return self._far(tenant_id, columns, limit, offset)
        if shape != EVERY_ENTRY and isinstance(listings, SqliteListings):
            with self.transactions.snapshot() as session:
                return listings.filtered(
                    session, tenant_id, where, columns, limit=limit, offset=offset
                )
        values = {"tenant_id": tenant_id, "limit": limit, "offset": offset, **filter_values(where)}
        rows = self.transactions.fetch(listings.page(shape, columns), values)
        return rows[0][0], [row[2:] for row in rows if row[1] is not None]

    def _far(self, tenant_id: str, columns: Columns, limit: int, offset: int) -> Found:
        """Return a page of everything that is far from the start."""
        own: Values = {"tenant_id": tenant_id}
        with self.transactions.snapshot() as session:
            ((total,),) = session.all(self.listings.total, own)
            mark = self.positions.nearest(session, tenant_id, offset) if offset < total else None
            if mark is None:
                return total, ()
            left = {"limit": limit, "offset": offset - mark.position}
            key = {"mark_time": mark.created_at, "mark_id": mark.id}
            return total, session.all(self.listings.far_page(columns), {**own, **left, **key})
