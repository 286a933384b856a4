"""SQLite: a verification finds every edit that was made behind the store's back."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import event
from tampering import Desk, TamperEvidence

from model_registry.errors import DamagedData
from model_registry.plugins import open_store
from model_registry.registry import Registry
from model_registry.testing import Draft
from model_registry_sql import derived
from model_registry_sql.schema import Place, Tables


class TestSqlite(TamperEvidence):
    tables = Tables.at(Place(), "sqlite")
    times = (
        "strftime('%Y-%m-%dT%H:%M:%S.000000Z', {column}, '+1 second')",
        "replace({column}, 'Z', '+00:00')",
        "replace({column}, '.000000', '')",
    )
    damaged_times = (
        "'yesterday'",
        "'2026-03-13'",
        "'2026-03-13T00:00:00.000000'",
        "'0001-01-01T00:00:00+10:00'",
        "''",
    )
    damaged = ("x'ff'", "CAST(x'ff' AS TEXT)", "'abc'", "1.5", "NULL")

    @pytest.fixture(scope="class")
    @staticmethod
    def desk(tmp_path_factory):
        path = tmp_path_factory.mktemp("tampering") / "registry.db"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(derived, "_WAITING", 1)  # so that few entries are in the index
            yield from _desk(path)


def _desk(path):
    desk = Desk(f"sqlite:///{path}", TestSqlite.tables)
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA writable_schema = ON")
        raw.execute("UPDATE sqlite_master SET sql = replace(sql, ' NOT NULL', '')")
    raw.close()
    desk.engine.dispose()

    @event.listens_for(desk.engine, "connect")
    def ignore_checks(connection, _):
        connection.execute("PRAGMA ignore_check_constraints = ON")

    yield desk
    desk.close()


def test_of_many_events_only_those_that_cannot_be_read_are_told_of(tmp_path):
    """The driver gives none of the rows that came with one that it cannot read."""
    path, draft = tmp_path / "registry.db", Draft()
    with open_store(f"sqlite:///{path}") as store:
        store.commit("org_abc", [draft.insert(f"m{number}") for number in range(1_300)])
        with closing(sqlite3.connect(path)) as raw, raw:
            damage = "UPDATE model_registry_events SET actor = CAST(x'ff' AS TEXT)"
            raw.execute(f"{damage} WHERE sequence IN (700, 701, 1299)")
        read = []
        with pytest.raises(DamagedData, match="cannot be read"), store.history("org_abc") as events:
            read.extend(event.sequence for event in events)
        assert read == list(range(1, 700))
        found = Registry(store).tenant("org_abc").verify().discrepancies
        assert {each.sequence for each in found if each.sequence} == {700, 701, 1299}
        assert len(list(store.stored_faults("org_abc"))) == 3
