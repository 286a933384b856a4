"""What a registry in a database consists of: its tables, its statements, what is kept beside."""

from __future__ import annotations

import attrs
from sqlalchemy import Dialect

from model_registry_sql.derived import NoSearchIndex, SearchIndex, TrigramIndex
from model_registry_sql.kept_totals import KeptTotals
from model_registry_sql.listings import Listings
from model_registry_sql.news import News
from model_registry_sql.numbers import Numbers
from model_registry_sql.positions import Positions
from model_registry_sql.schema import Place, Tables
from model_registry_sql.sqlite_listings import SqliteListings
from model_registry_sql.statements import Statements


@attrs.frozen
class Layout:
    """
    The parts of a store that follow from its database.

    Attributes:
        statements: that write, and that read by keys.
        listings: the statements that look for entries by a filter.
        numbers: of SQLite's rows; None elsewhere.
        positions: marks in the listings.
        search: the index that the store keeps up to date.
    """

    statements: Statements
    listings: Listings
    numbers: Numbers | None
    positions: Positions
    search: SearchIndex

    @classmethod
    def of(cls, place: Place, dialect: Dialect, *, searchable: bool) -> Layout:
        """
        Return the layout of a registry.

        Args:
            place: where its tables are.
            dialect: of its database.
            searchable: whether the tables have SQLite's index for searches.
        """
        tables = Tables.at(place, dialect.name)
        statements = Statements(tables, dialect)
        news = News(statements)
        if dialect.name != "sqlite":
            listings = Listings(tables, dialect)
            return cls(statements, listings, None, Positions(news), NoSearchIndex())
        numbers = Numbers(tables, dialect)
        search = TrigramIndex(tables, dialect) if searchable else None
        in_sqlite = SqliteListings(tables, dialect, numbers, search, KeptTotals(news))
        return cls(statements, in_sqlite, numbers, Positions(news), search or NoSearchIndex())
