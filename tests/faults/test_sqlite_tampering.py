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


SEARCH = "model_registry_search"
NUMBER = "(SELECT number FROM model_registry_entries WHERE model_id = 'm70 credit')"
PUT = f"INSERT INTO {SEARCH} (rowid, search_text) VALUES"
FORGET = f"INSERT INTO {SEARCH} ({SEARCH}, rowid, search_text)"
INDEX_EDITS = {
    "an entry forgotten": f"{FORGET} SELECT 'delete', number, search_text "
    "FROM model_registry_entries WHERE model_id = 'm70 credit'",
    "a part of an entry forgotten": f"{FORGET} VALUES ('delete', {NUMBER}, 'credit')",
    "an entry with more to it": f"{PUT} ({NUMBER}, 'zzzzz')",
    "an entry said twice": f"{PUT} ({NUMBER}, 'credit')",
    "an entry that is none": f"{PUT} (100000, 'zzzzz')",
    "all forgotten": f"INSERT INTO {SEARCH} ({SEARCH}) VALUES ('delete-all')",
    "no contents": f"DELETE FROM {SEARCH}_data WHERE id > 10",
    "no contents at all": f"DELETE FROM {SEARCH}_data",
    "empty contents": f"UPDATE {SEARCH}_data SET block = x'' WHERE id > 10",
    "other contents": f"UPDATE {SEARCH}_data SET block = zeroblob(length(block)) WHERE id > 10",
    "no sizes": f"DELETE FROM {SEARCH}_docsize",
    "a size less": f"DELETE FROM {SEARCH}_docsize WHERE id = {NUMBER}",
    "an entry moved": "UPDATE model_registry_entries SET number = 1000 WHERE model_id = 'm70 credit'",
    "an entry moved far": f"UPDATE model_registry_entries SET number = {7 << 40} "
    "WHERE model_id = 'm70 credit'",
    "an entry moved away": "UPDATE model_registry_entries SET number = -7 "
    "WHERE model_id = 'm70 credit'",
}


@pytest.mark.parametrize("edit", INDEX_EDITS.values(), ids=INDEX_EDITS)
def test_any_edit_of_the_index_for_searches_is_reported(tmp_path, edit):
    path, draft = tmp_path / "registry.db", Draft()
    with open_store(f"sqlite:///{path}") as store:
        tenant = Registry(store).tenant("org_abc")
        store.commit("org_abc", [draft.insert(f"m{number} credit") for number in range(200)])
        store.commit("org_abc", [draft.insert(f"n{number} credit") for number in range(20)])
        assert tenant.verify().intact
        with closing(sqlite3.connect(path)) as raw, raw:
            raw.execute(edit)
        assert not tenant.verify().intact
