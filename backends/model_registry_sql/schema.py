"""The tables of one registry: which they are, for a schema and a table prefix."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final

import attrs
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ColumnClause,
    Constraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    TableClause,
    UniqueConstraint,
    column,
    table,
)

from model_registry.domain.changes import Action
from model_registry.domain.lifecycle import RiskTier, ValidationStatus
from model_registry_sql.types import TEXT, Instant

DEFAULT_PREFIX: Final = "model_registry_"

_PREFIX: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")


def _plain_prefix(_: object, __: object, prefix: str) -> None:
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(
            f"a table prefix is up to 40 ASCII letters, digits and underscores, not {prefix!r}"
        )


@attrs.frozen
class Place:
    """
    Where in a database a registry's tables are.

    Attributes:
        schema: the schema, None for the connection's own.
        prefix: what every table's name begins with.

    Raises:
        ValueError: a prefix that is not a plain name.
    """

    schema: str | None = None
    prefix: str = attrs.field(default=DEFAULT_PREFIX, validator=_plain_prefix)

    def table(self, name: str) -> str:
        """Return the full name of one of the tables, without the schema."""
        return self.prefix + name

    @property
    def version_table(self) -> str:
        """The name of the table that holds the schema's revision; never ``alembic_version``."""
        return self.table("schema_version")

    @property
    def table_names(self) -> tuple[str, ...]:
        """The names of all tables, those that SQLite's search index makes for itself too."""
        own = map(self.table, ("entries", "events", "heads", "totals", "search"))
        made = (f"{self.table('search')}_{part}" for part in ("config", "data", "docsize", "idx"))
        return (*own, *made, self.version_table)


@attrs.frozen
class Tables:
    """
    The tables of one registry.

    Attributes:
        metadata: holds all but the search index.
        entries: the inventories, one row an entry. ``folded_provider`` and
            ``search_text`` are what filters look into, ``document`` and ``line``
            the entry as it is written, for the API and for the CSV export.
        events: the histories, one row a change event, never changed.
        heads: one row a tenant, where its history stands.
        totals: how many entries of a tenant have the same provider, tier and status.
        version: one row, the revision of this schema.
        search: SQLite's index of ``search_text``; its ``rowid`` is an entry's ``number``.
        indexed: the numbers that are in it.
        index_records: what it consists of.
    """

    metadata: MetaData
    entries: Table
    events: Table
    heads: Table
    totals: Table
    version: Table
    search: TableClause
    indexed: TableClause
    index_records: TableClause

    @classmethod
    def at(cls, place: Place, dialect: str) -> Tables:
        """
        Return the tables that are, or are to be, at a place.

        Args:
            place: where.
            dialect: ``sqlite`` or ``postgresql``.
        """
        metadata = MetaData(schema=place.schema)
        make_entries = _sqlite_entries if dialect == "sqlite" else _postgresql_entries
        return cls(
            metadata,
            make_entries(place.table("entries"), metadata),
            _events(place, metadata),
            _heads(place, metadata),
            _totals(place, metadata),
            _version(place, metadata),
            _search(place),
            _of_search(place, "docsize", column("id", Integer)),
            _of_search(place, "data", column("id", Integer), column("block", LargeBinary)),
        )


def _sqlite_entries(name: str, metadata: MetaData) -> Table:
    """
    Return SQLite's entries, which lie in the order of their ``number``.

    A tenant's are together: see ``numbers``.
    """
    entries = Table(
        name,
        metadata,
        Column("number", Integer, nullable=False, autoincrement=False),
        *_entry_columns(name),
        PrimaryKeyConstraint("number", name=f"{name}_pk"),
        UniqueConstraint("tenant_id", "id", name=f"{name}_id"),
    )
    entry = entries.c
    newest_first = (entry.created_at.desc(), entry.id)
    Index(f"{name}_newest", entry.tenant_id, *newest_first)
    group = (entry.provider, entry.risk_tier, entry.validation_status)
    Index(f"{name}_group", entry.tenant_id, *group, *newest_first)
    return entries


def _postgresql_entries(name: str, metadata: MetaData) -> Table:
    entries = Table(
        name,
        metadata,
        *_entry_columns(name),
        PrimaryKeyConstraint("tenant_id", "id", name=f"{name}_pk"),
    )
    entry = entries.c
    newest_first = (entry.created_at.desc(), entry.id)
    Index(f"{name}_newest", entry.tenant_id, *newest_first)
    # without the provider: a row of an index holds no more than 2,704 bytes
    Index(f"{name}_state", entry.tenant_id, entry.risk_tier, entry.validation_status, *newest_first)
    return entries


def _entry_columns(name: str) -> list[Column[Any] | Constraint]:
    """Return an entry's fields, in its own order, and what is kept beside them."""
    return [
        Column("id", TEXT, nullable=False),
        Column("tenant_id", TEXT, nullable=False),
        Column("model_id", TEXT, nullable=False),
        Column("provider", TEXT, nullable=False),
        Column("display_name", TEXT, nullable=False),
        Column("risk_tier", TEXT, nullable=False),
        Column("validation_status", TEXT, nullable=False),
        Column("owner", TEXT),
        Column("description", TEXT),
        Column("tags", TEXT, nullable=False),
        Column("last_seen_at", Instant),
        Column("created_at", Instant, nullable=False),
        Column("updated_at", Instant, nullable=False),
        Column("folded_provider", TEXT, nullable=False),
        Column("search_text", TEXT, nullable=False),
        Column("document", TEXT, nullable=False),
        Column("line", TEXT, nullable=False),
        UniqueConstraint("tenant_id", "model_id", name=f"{name}_model"),
        CheckConstraint(_one_of("risk_tier", RiskTier), name=f"{name}_tier"),
        CheckConstraint(_one_of("validation_status", ValidationStatus), name=f"{name}_status"),
    ]


def _totals(place: Place, metadata: MetaData) -> Table:
    name = place.table("totals")
    return Table(
        name,
        metadata,
        Column("tenant_id", TEXT, nullable=False),
        Column("provider", TEXT, nullable=False),
        Column("risk_tier", TEXT, nullable=False),
        Column("validation_status", TEXT, nullable=False),
        Column("folded_provider", TEXT, nullable=False),
        Column("entries", BigInteger, nullable=False),
        PrimaryKeyConstraint(
            "tenant_id", "provider", "risk_tier", "validation_status", name=f"{name}_pk"
        ),
        sqlite_with_rowid=False,
    )


def _search(place: Place) -> TableClause:
    name = place.table("search")
    own: list[ColumnClause[Any]] = [column("rowid", Integer), column("search_text"), column(name)]
    return table(name, *own, schema=place.schema)


def _of_search(place: Place, part: str, *columns: ColumnClause[Any]) -> TableClause:
    return table(f"{place.table('search')}_{part}", *columns, schema=place.schema)


def _events(place: Place, metadata: MetaData) -> Table:
    name = place.table("events")
    return Table(
        name,
        metadata,
        Column("tenant_id", TEXT, nullable=False),
        Column("sequence", BigInteger, nullable=False, autoincrement=False),
        Column("at", Instant, nullable=False),
        Column("actor", TEXT, nullable=False),
        Column("action", TEXT, nullable=False),
        Column("entry_id", TEXT, nullable=False),
        Column("model_id", TEXT, nullable=False),
        Column("changes", TEXT, nullable=False),
        Column("previous_hash", TEXT, nullable=False),
        Column("hash", TEXT, nullable=False),
        PrimaryKeyConstraint("tenant_id", "sequence", name=f"{name}_pk"),
        CheckConstraint(_one_of("action", Action), name=f"{name}_action"),
        Index(f"{name}_entry", "tenant_id", "entry_id", "sequence"),
    )


def _heads(place: Place, metadata: MetaData) -> Table:
    name = place.table("heads")
    return Table(
        name,
        metadata,
        Column("tenant_id", TEXT, nullable=False),
        Column("revision", BigInteger, nullable=False),
        Column("sequence", BigInteger, nullable=False),
        Column("hash", TEXT, nullable=False),
        PrimaryKeyConstraint("tenant_id", name=f"{name}_pk"),
    )


def _version(place: Place, metadata: MetaData) -> Table:
    """Return the table that Alembic would make itself, name by name."""
    name = place.version_table
    return Table(
        name,
        metadata,
        Column("version_num", String(32), nullable=False),
        PrimaryKeyConstraint("version_num", name=f"{name}_pkc"),
    )


def _one_of(column: str, options: type[StrEnum]) -> str:
    values = ", ".join(f"'{option.value}'" for option in options)
    return f"{column} IN ({values})"


def include_name(
    schema: str | None = None, table_prefix: str = DEFAULT_PREFIX
) -> Callable[[str | None, str, Any], bool]:
    """
    Return an ``include_name`` for a host's own Alembic environment.

    With it, ``context.configure(include_name=include_name())`` does not see the
    registry's tables, so that autogenerate never proposes to drop them.

    Args:
        schema: where the registry's tables are, as given to ``SqlStore``.
        table_prefix: likewise.
    """
    place = Place(schema, table_prefix)
    ours = frozenset(place.table_names)

    def included(name: str | None, kind: str, parents: Any) -> bool:
        return not (kind == "table" and name in ours and parents.get("schema_name") == schema)

    return included
