"""What is asked for often is kept: entries as texts, totals, and an index for searches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import sqlalchemy as sa
from alembic import op

from model_registry.domain.inventory import fold, search_text
from model_registry.written import csv_line, entry_document
from model_registry_sql.rows import entry_of
from model_registry_sql.schema import Place
from model_registry_sql.search_index import make_search_index, search_index_sql
from model_registry_sql.types import TEXT, Instant

revision = "0002"
down_revision = "0001"

_AT_ONCE = 500
_TENANT_BITS = 40  # a number's lower bits count within a tenant, the upper ones tell tenants apart
_FIELDS = (
    "id",
    "tenant_id",
    "model_id",
    "provider",
    "display_name",
    "risk_tier",
    "validation_status",
    "owner",
    "description",
    "tags",
    "last_seen_at",
    "created_at",
    "updated_at",
)
_TIMES = ("last_seen_at", "created_at", "updated_at")
_WHOLE = ("number", "rowid", "entries")
_NULLABLE = ("owner", "description", "last_seen_at")
_KEPT = (*_FIELDS, "folded_provider", "search_text")
_TEXTS = ("document", "line")
_GROUP = ("tenant_id", "provider", "risk_tier", "validation_status")
_TIERS = "risk_tier IN ('tier_1', 'tier_2', 'tier_3', 'tier_4')"
_STATUSES = (
    "validation_status IN ('draft', 'pending_validation', 'in_validation', "
    "'needs_remediation', 'validated', 'deprecated')"
)


def upgrade(place: Place) -> None:
    """
    Compute what is kept beside the entries; their own values stay as they lie.

    Raises:
        DamagedData: an entry is none, so that no text can be made of it.
    """
    if op.get_context().dialect.name == "sqlite":
        _renew_sqlite(place)
    else:
        _extend_postgresql(place)
    _make_totals(place)


def _renew_sqlite(place: Place) -> None:
    """Put the entries aside in their new order, and write them anew with their numbers."""
    entries = _table(place, "entries", _KEPT)
    aside = _table(place, "entries_0001", ("rowid", *_KEPT))
    if not op.get_context().as_sql:
        _put_aside(op.get_bind(), entries, aside)
    op.drop_table(entries.name, schema=place.schema)
    _make_sqlite_entries(place)
    searchable = _make_search_index(place)
    if not op.get_context().as_sql:
        _number(op.get_bind(), place, aside, searchable=searchable)
        op.drop_table(aside.name, schema=place.schema)
    _index(place, "newest")
    _index(place, "group", "provider", "risk_tier", "validation_status")


def _put_aside(connection: sa.Connection, entries: sa.TableClause, aside: sa.TableClause) -> None:
    entry = entries.c
    # against the order of the index that is there, so that nothing has to be sorted
    order = (entry.tenant_id.desc(), entry.created_at, entry.id.desc())
    rows = sa.select(entries).order_by(*order).compile(connection)
    name = op.get_context().dialect.identifier_preparer.format_table(aside)
    connection.exec_driver_sql(f"CREATE TABLE {name} AS {rows}")


def _make_sqlite_entries(place: Place) -> None:
    name = place.table("entries")
    op.create_table(
        name,
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        *(
            sa.Column(name, _type_of(name), nullable=name in _NULLABLE)
            for name in (*_KEPT, *_TEXTS)
        ),
        sa.UniqueConstraint("tenant_id", "model_id", name=f"{name}_model"),
        sa.CheckConstraint(_TIERS, name=f"{name}_tier"),
        sa.CheckConstraint(_STATUSES, name=f"{name}_status"),
        sa.PrimaryKeyConstraint("number", name=f"{name}_pk"),
        sa.UniqueConstraint("tenant_id", "id", name=f"{name}_id"),
        schema=place.schema,
    )


def _number(
    connection: sa.Connection, place: Place, aside: sa.TableClause, *, searchable: bool
) -> None:
    """Write the rows that were put aside, each tenant's in a range of numbers of its own."""
    kept = _table(place, "entries", ("number", *_KEPT, *_TEXTS))
    computed = [sa.bindparam(name, type_=sa.Text) for name in _TEXTS]
    number = sa.bindparam("number", type_=sa.Integer)
    raw = (aside.c[name] for name in _KEPT)
    anew = sa.select(number, *raw, *computed).where(aside.c.rowid == sa.bindparam("at"))
    write = sa.insert(kept).from_select([column.name for column in kept.c], anew)
    search = sa.insert(_table(place, "search", ("rowid", "search_text")))
    tenants, tenant_id, numbers = count(), None, count()
    fields = (aside.c[name] for name in _FIELDS)
    stored = sa.select(aside.c.rowid, *fields).order_by(aside.c.rowid)
    for rows in _streamed(connection, stored):
        written, found = [], []
        for row in rows:
            entry = entry_of(row[1:])
            if entry.tenant_id != tenant_id:
                tenant_id, numbers = entry.tenant_id, count(next(tenants) << _TENANT_BITS)
            own = {"number": next(numbers), "at": row[0]}
            written.append(own | {"document": entry_document(entry), "line": csv_line(entry)})
            found.append({"rowid": own["number"], "search_text": search_text(entry)})
        connection.execute(write, written)
        if searchable:
            connection.execute(search, found)


def _extend_postgresql(place: Place) -> None:
    name = place.table("entries")
    for text in _TEXTS:
        op.add_column(name, sa.Column(text, TEXT), schema=place.schema)
    if not op.get_context().as_sql:
        _write_texts(op.get_bind(), place)
    for text in _TEXTS:
        op.alter_column(name, text, nullable=False, schema=place.schema)
    _index(place, "state", "risk_tier", "validation_status")
    _make_search_index(place)


def _write_texts(connection: sa.Connection, place: Place) -> None:
    entries = _table(place, "entries", (*_KEPT, *_TEXTS))
    own = (entries.c[name] == sa.bindparam(f"own_{name}") for name in ("tenant_id", "id"))
    texts: dict[str, Any] = {name: sa.bindparam(f"new_{name}") for name in _TEXTS}
    write = sa.update(entries).where(*own).values(texts)
    stored = sa.select(*(entries.c[name] for name in _FIELDS))
    for rows in _streamed(connection, stored):
        written = [
            {
                "own_tenant_id": entry.tenant_id,
                "own_id": entry.id,
                "new_document": entry_document(entry),
                "new_line": csv_line(entry),
            }
            for entry in map(entry_of, rows)
        ]
        connection.execute(write, written)


def _make_totals(place: Place) -> None:
    name = place.table("totals")
    op.create_table(
        name,
        *(sa.Column(column, TEXT, nullable=False) for column in (*_GROUP, "folded_provider")),
        sa.Column("entries", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint(*_GROUP, name=f"{name}_pk"),
        schema=place.schema,
        sqlite_with_rowid=False,
    )
    if op.get_context().as_sql:
        return
    entries = _table(place, "entries", _GROUP)
    totals = _table(place, "totals", (*_GROUP, "folded_provider", "entries"))
    groups = sa.select(*entries.c, sa.func.count().label("entries")).group_by(*entries.c)
    connection = op.get_bind()
    for rows in _streamed(connection, groups):
        counted = [{**row._mapping, "folded_provider": fold(row.provider)} for row in rows]
        connection.execute(sa.insert(totals), counted)


def _index(place: Place, kind: str, *columns: str) -> None:
    name = place.table("entries")
    sought: list[str | sa.TextClause] = ["tenant_id", *columns, sa.text("created_at DESC"), "id"]
    op.create_index(f"{name}_{kind}", name, sought, schema=place.schema)


def _make_search_index(place: Place) -> bool:
    if op.get_context().as_sql:
        op.execute(search_index_sql(place, op.get_context().dialect))
        return False
    return make_search_index(op.get_bind(), place)


def _table(place: Place, name: str, columns: Sequence[str]) -> sa.TableClause:
    typed = (sa.column(each, _type_of(each)) for each in columns)
    return sa.table(place.table(name), *typed, schema=place.schema)


def _type_of(column: str) -> sa.types.TypeEngine[Any]:
    if column in _TIMES:
        return Instant()
    return sa.BigInteger() if column in _WHOLE else TEXT


def _streamed(
    connection: sa.Connection, statement: sa.Select[Any]
) -> Iterator[Sequence[sa.Row[Any]]]:
    """Fetch rows, some at once."""
    options = {"stream_results": True, "yield_per": _AT_ONCE}
    with connection.execute(statement, execution_options=options) as found:
        yield from found.partitions()
