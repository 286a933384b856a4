"""Which revision of the schema a database has, and the making of a fresh one."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import attrs
from sqlalchemy import Connection, Engine, insert, inspect, select

from model_registry.errors import SchemaOutdated, StoreError
from model_registry_sql.schema import Place, Tables
from model_registry_sql.search_index import make_search_index
from model_registry_sql.transactions import Transactions

REVISIONS: Final = ("0001", "0002")
"""Every revision there was, oldest first; the last is the one that ``Tables`` describes."""


class SchemaState(StrEnum):
    """How a database's schema compares with the one that this version needs."""

    ABSENT = "absent"
    CURRENT = "current"
    OLDER = "older"
    UNKNOWN = "unknown"
    UNVERSIONED = "unversioned"


@attrs.frozen
class SchemaCheck:
    """
    What a look at a database's schema found.

    Attributes:
        state: how it compares.
        found: its revision, None where it has none.
        needed: the revision that this version of the library needs.
    """

    state: SchemaState
    found: str | None
    needed: str = REVISIONS[-1]

    def explained(self, shown_url: str) -> str:
        """
        Return one line for people: what is so, and what to do about it.

        Args:
            shown_url: the store's URL as its user would type it, without secrets.
        """
        command = upgrading(shown_url)
        match self.state:
            case SchemaState.CURRENT:
                return f"The schema is at revision {self.found}, as it should be"
            case SchemaState.ABSENT:
                return "The database has no registry yet; one is made when it is opened first"
            case SchemaState.OLDER:
                return (
                    f"The database has schema revision {self.found or 'none'} and this version "
                    f"needs {self.needed}; run: {command}"
                )
            case SchemaState.UNKNOWN:
                return (
                    f"The database has schema revision {self.found}, which this version does not "
                    f"know (it needs {self.needed}); install the version of model-risk-registry "
                    f"that made it, or a newer one, and run there: {command}"
                )
            case SchemaState.UNVERSIONED:
                return (
                    "The database has registry tables without a schema revision, so they may be "
                    "incomplete or somebody else's; look at them, restore or rename them, "
                    f"then run: {command}"
                )


def upgrading(shown_url: str) -> str:
    """Return the command that upgrades a store's schema."""
    return f"model-registry db upgrade --store '{shown_url}'"


def look(connection: Connection, place: Place) -> SchemaCheck:
    """Find out which revision the tables at a place have."""
    inspector = inspect(connection)
    has_tables = inspector.has_table(place.table("entries"), schema=place.schema)
    found: str | None = None
    versioned = inspector.has_table(place.version_table, schema=place.schema)
    if versioned:
        found = connection.scalar(
            select(Tables.at(place, connection.dialect.name).version.c.version_num)
        )
    if found is None and has_tables:
        return SchemaCheck(SchemaState.UNVERSIONED, None)
    if found is None:
        return SchemaCheck(SchemaState.OLDER if versioned else SchemaState.ABSENT, None)
    if found not in REVISIONS:
        return SchemaCheck(SchemaState.UNKNOWN, found)
    current = found == REVISIONS[-1]
    return SchemaCheck(SchemaState.CURRENT if current else SchemaState.OLDER, found)


def ensure(engine: Engine, transactions: Transactions, place: Place, shown_url: str) -> bool:
    """
    Make the tables of a fresh database, and let no other than the needed schema pass.

    Several processes may do this at once. A fresh schema is made from ``Tables``
    and not by migrations, so that opening a store needs no Alembic.

    Returns:
        Whether SQLite's index for searches is there.

    Raises:
        SchemaOutdated: the schema is there and is not the needed one.
        StoreError: the database cannot hold a registry.
    """
    with engine.connect() as connection:
        found = look(connection, place)
    if found.state is SchemaState.ABSENT:
        with transactions.changing_schema(place) as connection:
            found = look(connection, place)
            if found.state is SchemaState.ABSENT:
                _make(connection, place)
                found = look(connection, place)
    if found.state is not SchemaState.CURRENT:
        raise SchemaOutdated(found.explained(shown_url))
    with engine.connect() as connection:
        return inspect(connection).has_table(place.table("search"), schema=place.schema)


def _make(connection: Connection, place: Place) -> None:
    encoding = _encoding(connection)
    if encoding not in {None, "UTF8"}:
        raise StoreError(f"A registry needs a database with encoding UTF8, and this has {encoding}")
    tables = Tables.at(place, connection.dialect.name)
    tables.metadata.create_all(connection, checkfirst=False)
    make_search_index(connection, place)
    connection.execute(insert(tables.version).values(version_num=REVISIONS[-1]))


def _encoding(connection: Connection) -> str | None:
    if connection.dialect.name != "postgresql":
        return None
    encoding: str = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
    return encoding
