"""
Edits of what a SQL store keeps, made behind its back; a verification must report each.

Which columns there are is asked of the tables, so that a new one cannot be forgotten.
One is no evidence, and is the exception here: ``heads.revision``, which counts
observations too. ``last_seen_at`` moves without an event, but the entry's texts say it
again; whoever moves it forward there too is not found out. The schema's own version is
looked at whenever a store is opened.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import Column, Integer, Table, create_engine
from sqlalchemy.exc import IntegrityError

from model_registry.domain.changes import Seen
from model_registry.domain.lifecycle import RiskTier
from model_registry.plugins import open_store
from model_registry.ports import Store
from model_registry.registry import Registry
from model_registry.testing import Draft
from model_registry.testing.fakes import START
from model_registry_sql.schema import Tables
from model_registry_sql.types import Instant

OWN, FOREIGN, NEW = "org_abc", "org_xyz", "org_new"
KEYS = {"entries": "id", "events": "sequence", "heads": "tenant_id", "totals": "risk_tier"}
"""What tells the rows of a tenant apart."""

TEXTS = ["''", "'draft'", "'org_new'", "{column} || 'x'", "{column} || ' '", "upper({column})"]
JSON = [
    "{column} || ' '",
    "'{{'",
    "'[1]'",
    "'7'",
    "'{{}}'",
    '\'[["a", "b"]]\'',
    "'{{\"a\": 1}}'",
    '\'{{"a": "\\ud800"}}\'',
    '\'{{"owner": {{"from": 1.5, "to": null}}}}\'',
    '\'{{"created_at": {{"from": null, "to": {{"a": "b"}}}}}}\'',
    '\'{{"tags": {{"from": null, "to": "abc"}}}}\'',
    '\'{{"risk_tier": {{"from": null, "to": {{}}}}}}\'',
    '\'{{"nonsense": {{"from": null, "to": "x"}}}}\'',
    '\'{{"updated_at": {{"from": null, "to": "2026-03-13T00:00:00Z"}}}}\'',
    f"'{'[' * 100_000}'",
]
NUMBERS = ["{column} + 1", "{column} - 1", "{column} + 1000", "0", "-{column}"]


class Desk:
    """The database as somebody sees it who has its password."""

    def __init__(self, url: str, tables: Tables) -> None:
        self.tables = tables
        self.store = open_store(url)
        self.engine = create_engine(url)
        for tenant_id in (OWN, FOREIGN):
            _fill(self.store, tenant_id)
        with self.engine.begin() as connection:
            for table in evidence(tables):
                connection.exec_driver_sql(
                    f"CREATE TABLE kept_{table.name} AS SELECT * FROM {table.name}"
                )

    @contextmanager
    def edited(self, statement: str) -> Iterator[bool]:
        """Execute a statement for a while; tell whether the database let it change anything."""
        try:
            with self.engine.begin() as connection:
                changed = connection.exec_driver_sql(statement).rowcount > 0
        except IntegrityError:
            changed = False
        try:
            yield changed
        finally:
            if changed:
                self._restore()

    def _restore(self) -> None:
        with self.engine.begin() as connection:
            for table in evidence(self.tables):
                connection.exec_driver_sql(f"DELETE FROM {table.name}")
                connection.exec_driver_sql(
                    f"INSERT INTO {table.name} SELECT * FROM kept_{table.name}"
                )

    def keys(self, table: Table, name: str | None = None) -> list[Any]:
        """Return what tells the rows of OWN apart."""
        rows = (
            f"SELECT {name or _key(table)} FROM {table.name} WHERE tenant_id = '{OWN}' ORDER BY 1"
        )
        with self.engine.connect() as connection:
            return list(connection.exec_driver_sql(rows).scalars())

    def intact(self, *tenants: str) -> bool:
        """Tell whether nothing is reported of any of the tenants."""
        registry = Registry(self.store)
        return all(registry.tenant(tenant).verify().intact for tenant in tenants)

    def close(self) -> None:
        self.store.close()
        self.engine.dispose()


def _fill(store: Store, tenant_id: str) -> None:
    draft = Draft(tenant_id)
    tier = RiskTier.TIER_1
    known = draft.insert("a", tags={"unit": "x"}, description="Straße", owner="o", risk_tier=tier)
    gone, own = draft.insert("gone"), draft.insert(f"of {tenant_id}", risk_tier=tier)
    store.commit(tenant_id, [known, gone, own, draft.adopt("found", START + timedelta(days=3))])
    store.commit(tenant_id, [draft.replace(known.entry, owner="risk", tags={"unit": "y"})])
    store.commit(tenant_id, [draft.remove(gone.entry), Seen("a", START + timedelta(days=3))])


def evidence(tables: Tables) -> list[Table]:
    """Return the tables in which an edit must be found."""
    return [table for table in tables.metadata.sorted_tables if table is not tables.version]


def _kind(table: Table) -> str:
    return table.name.removeprefix("model_registry_")


def _key(table: Table) -> str:
    return KEYS[_kind(table)]


class TamperEvidence:
    """What must be found in both databases; each says what else can stand in a column there."""

    tables: Tables
    times: Sequence[str]
    damaged_times: Sequence[str]
    damaged: Sequence[str]

    def pytest_generate_tests(self, metafunc):
        tables = evidence(self.tables)
        if "column" in metafunc.fixturenames:
            columns = [column for table in tables for column in table.columns]
            names = [f"{_kind(column.table)}.{column.name}" for column in columns]
            metafunc.parametrize("column", columns, ids=names)
        elif "table" in metafunc.fixturenames:
            rows = [table for table in tables if table is not self.tables.heads]
            metafunc.parametrize("table", rows, ids=map(_kind, rows))
        elif "key" in metafunc.fixturenames:
            keys = [self.tables.entries.c.id, self.tables.events.c.sequence]
            keys += [each for each in self.tables.entries.c if each.name == "number"]
            metafunc.parametrize("key", keys, ids=lambda key: f"{_kind(key.table)}.{key.name}")

    def test_any_other_value_in_any_column_of_any_row_is_reported(self, desk, column):
        changed = 0
        for value in self._others(column):
            for key in desk.keys(column.table):
                with desk.edited(self._put(column, key, value)) as edited:
                    changed += edited
                    assert edited is not desk.intact(OWN), (key, value[:100])
        assert changed
        assert desk.intact(OWN, FOREIGN)

    def test_a_row_that_is_deleted_copied_or_moved_is_reported(self, desk, table):
        key, kind = _key(table), _kind(table)
        for row in desk.keys(table):
            own = f"tenant_id = '{OWN}' AND {key} = '{row}'"
            further = ", sequence = sequence + 6" if kind == "events" else ""
            moved = f"UPDATE {table.name} SET tenant_id = '{FOREIGN}'{further} WHERE {own}"
            copy = {
                "tenant_id": f"'{NEW}'",
                "number": f"(SELECT max(number) + 1 FROM {table.name})",
            }
            edits = [
                (f"DELETE FROM {table.name} WHERE {own}", (OWN,)),
                (self._copied(table, own, **copy), (NEW,)),
                (moved, (OWN, FOREIGN)),
            ]
            if kind == "entries":
                copy |= {"tenant_id": "tenant_id", "id": "'an-id'", "model_id": "model_id || '2'"}
                edits.append((self._copied(table, own, **copy), (OWN,)))
            elif kind == "events":
                edits += [
                    (self._copied(table, own, sequence=str(place)), (OWN,)) for place in (0, -1, 7)
                ]
            else:
                copies = ({"provider": "'x'"}, {"provider": "'x'", "entries": "0"})
                edits += [(self._copied(table, own, **copy), (OWN,)) for copy in copies]
            for statement, victims in edits:
                with desk.edited(statement) as edited:
                    # only a key that is taken may be in the way
                    assert edited or "UPDATE" in statement
                    assert all(desk.intact(victim) is not edited for victim in victims), statement
        assert desk.intact(OWN, FOREIGN, NEW)

    def test_two_rows_that_are_swapped_are_reported(self, desk, key):
        name = key.table.name
        first, second, *_ = desk.keys(key.table, key.name)
        with ExitStack() as edits:
            for left, right in ((first, -7), (second, first), (-7, second)):
                own = f"tenant_id = '{OWN}' AND {key.name} = '{left}'"
                swap = f"UPDATE {name} SET {key.name} = '{right}' WHERE {own}"
                assert edits.enter_context(desk.edited(swap))
            assert not desk.intact(OWN)

    def test_a_head_that_is_deleted_or_copied_is_reported(self, desk):
        own, heads = f"tenant_id = '{OWN}'", self.tables.heads
        with desk.edited(f"DELETE FROM {heads.name} WHERE {own}"):
            assert not desk.intact(OWN)
        with desk.edited(self._copied(heads, own, tenant_id=f"'{NEW}'")):
            assert not desk.intact(NEW)

    def test_what_is_no_evidence_may_move(self, desk):
        with desk.edited(f"UPDATE {self.tables.heads.name} SET revision = revision + 1"):
            assert desk.intact(OWN, FOREIGN)

    def _others(self, column: Column[Any]) -> list[str]:
        if column is self.tables.heads.c.revision:
            plausible: Sequence[str] = ()
        elif isinstance(column.type, Instant):
            plausible = self.times
        elif isinstance(column.type, Integer):
            plausible = NUMBERS
        else:
            plausible = JSON if column.name in {"tags", "changes"} else TEXTS
        times = self.damaged_times if isinstance(column.type, Instant) else ()
        return [value.format(column=column.name) for value in (*plausible, *times, *self.damaged)]

    def _put(self, column: Column[Any], key: object, value: str) -> str:
        where = f"tenant_id = '{OWN}' AND {_key(column.table)} = '{key}'"
        return (
            f"UPDATE {column.table.name} SET {column.name} = {value} "
            f"WHERE {where} AND {column.name} IS DISTINCT FROM {value}"
        )

    def _copied(self, table: Table, where: str, **otherwise: str) -> str:
        names = [column.name for column in table.columns]
        values = ", ".join(otherwise.get(name, name) for name in names)
        return (
            f"INSERT INTO {table.name} ({', '.join(names)}) "
            f"SELECT {values} FROM {table.name} WHERE {where}"
        )
