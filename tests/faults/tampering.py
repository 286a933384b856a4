"""
Edits of what a SQL store keeps, made behind its back; a verification must report each.

Which columns there are is asked of the tables, so that a new one cannot be forgotten.
Two things are no evidence, and are the exceptions here: ``last_seen_at``, which moves
forward without an event (and of which the history of a registered model says nothing),
and ``heads.revision``, which counts observations too. The schema's own version is
looked at whenever a store is opened.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import BigInteger, Column, Table, create_engine
from sqlalchemy.exc import IntegrityError

from model_registry.domain.changes import Seen
from model_registry.plugins import open_store
from model_registry.ports import Store
from model_registry.registry import Registry
from model_registry.testing import Draft
from model_registry.testing.fakes import START
from model_registry_sql.schema import Place, Tables
from model_registry_sql.types import Instant

OWN, FOREIGN, NEW = "org_abc", "org_xyz", "org_new"
TABLES = Tables.at(Place())
EVIDENCE = [table for table in TABLES.metadata.sorted_tables if table is not TABLES.version]
COLUMNS = [
    pytest.param(column, id=f"{table.name.removeprefix('model_registry_')}.{column.name}")
    for table in EVIDENCE
    for column in table.columns
]

NO_EVIDENCE = {TABLES.entries.c.last_seen_at, TABLES.heads.c.revision}

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

    def __init__(self, url: str) -> None:
        self.store = open_store(url)
        self.engine = create_engine(url)
        for tenant_id in (OWN, FOREIGN):
            _fill(self.store, tenant_id)
        with self.engine.begin() as connection:
            for table in EVIDENCE:
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
            for table in EVIDENCE:
                connection.exec_driver_sql(f"DELETE FROM {table.name}")
                connection.exec_driver_sql(
                    f"INSERT INTO {table.name} SELECT * FROM kept_{table.name}"
                )

    def keys(self, table: Table) -> list[Any]:
        """Return what tells the rows of OWN apart."""
        rows = f"SELECT {_key(table)} FROM {table.name} WHERE tenant_id = '{OWN}' ORDER BY 1"
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
    known = draft.insert("a", tags={"unit": "x"}, description="Straße", owner="o")
    gone, own = draft.insert("gone"), draft.insert(f"of {tenant_id}")
    store.commit(tenant_id, [known, gone, own, draft.adopt("found", START + timedelta(days=3))])
    store.commit(tenant_id, [draft.replace(known.entry, owner="risk", tags={"unit": "y"})])
    store.commit(tenant_id, [draft.remove(gone.entry), Seen("a", START + timedelta(days=3))])


def _key(table: Table) -> str:
    *_, last = table.primary_key.columns
    return last.name


class TamperEvidence:
    """What must be found in both databases; each says what else can stand in a column there."""

    times: Sequence[str]
    moved_times: tuple[str, str]
    damaged_times: Sequence[str]
    damaged: Sequence[str]

    @pytest.mark.parametrize("column", COLUMNS)
    def test_any_other_value_in_any_column_of_any_row_is_reported(self, desk, column):
        changed = 0
        for value in self._others(column):
            for key in desk.keys(column.table):
                with desk.edited(self._put(column, key, value)) as edited:
                    changed += edited
                    assert edited is not desk.intact(OWN), (key, value[:100])
        assert changed
        assert desk.intact(OWN, FOREIGN)

    @pytest.mark.parametrize("table", [TABLES.entries, TABLES.events], ids=["entries", "events"])
    def test_a_row_that_is_deleted_copied_or_moved_is_reported(self, desk, table):
        key = _key(table)
        for row in desk.keys(table):
            own = f"tenant_id = '{OWN}' AND {key} = '{row}'"
            moved = f"UPDATE {table.name} SET tenant_id = '{FOREIGN}'"
            further = "" if table is TABLES.entries else ", sequence = sequence + 6"
            edits = [
                (f"DELETE FROM {table.name} WHERE {own}", (OWN,)),
                (self._copied(table, own, tenant_id=f"'{NEW}'"), (NEW,)),
                (f"{moved}{further} WHERE {own}", (OWN, FOREIGN)),
            ]
            if table is TABLES.entries:
                fresh = {"id": "'an-id'", "model_id": "model_id || '2'"}
                edits.append((self._copied(table, own, **fresh), (OWN,)))
            else:
                edits += [
                    (self._copied(table, own, sequence=str(place)), (OWN,)) for place in (0, -1, 7)
                ]
            for statement, victims in edits:
                with desk.edited(statement) as edited:
                    # only a key that is taken may be in the way
                    assert edited or "UPDATE" in statement
                    assert all(desk.intact(victim) is not edited for victim in victims), statement
        assert desk.intact(OWN, FOREIGN, NEW)

    @pytest.mark.parametrize("table", [TABLES.entries, TABLES.events], ids=["entries", "events"])
    def test_two_rows_that_are_swapped_are_reported(self, desk, table):
        key = _key(table)
        first, second, *_ = desk.keys(table)
        with ExitStack() as edits:
            for left, right in ((first, -7), (second, first), (-7, second)):
                own = f"tenant_id = '{OWN}' AND {key} = '{left}'"
                swap = f"UPDATE {table.name} SET {key} = '{right}' WHERE {own}"
                assert edits.enter_context(desk.edited(swap))
            assert not desk.intact(OWN)

    def test_a_head_that_is_deleted_or_copied_is_reported(self, desk):
        own = f"tenant_id = '{OWN}'"
        with desk.edited(f"DELETE FROM {TABLES.heads.name} WHERE {own}"):
            assert not desk.intact(OWN)
        with desk.edited(self._copied(TABLES.heads, own, tenant_id=f"'{NEW}'")):
            assert not desk.intact(NEW)

    def test_what_is_no_evidence_may_move(self, desk):
        entries, heads = TABLES.entries.name, TABLES.heads.name
        forward, back = self.moved_times
        with (
            desk.edited(f"UPDATE {heads} SET revision = revision + 1"),
            desk.edited(f"UPDATE {entries} SET last_seen_at = {forward}"),
        ):
            assert desk.intact(OWN, FOREIGN)
        for earlier in (back, "NULL"):
            discovered = f"UPDATE {entries} SET last_seen_at = {earlier} WHERE model_id = 'found'"
            with desk.edited(discovered) as edited:
                assert edited is not desk.intact(OWN)

    def _others(self, column: Column[Any]) -> list[str]:
        if column in NO_EVIDENCE:
            plausible: Sequence[str] = ()
        elif isinstance(column.type, Instant):
            plausible = self.times
        elif isinstance(column.type, BigInteger):
            plausible = NUMBERS
        else:
            plausible = JSON if column.name in {"tags", "changes"} else TEXTS
        times = self.damaged_times if isinstance(column.type, Instant) else ()
        values = [value.format(column=column.name) for value in (*plausible, *times, *self.damaged)]
        unseen = column is TABLES.entries.c.last_seen_at
        return [value for value in values if not unseen or value != "NULL"]

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
