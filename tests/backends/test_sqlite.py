"""SQLite passes what every backend must pass, and keeps what only SQLite promises."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from functools import partial
from itertools import count

import pytest
from hypothesis import settings
from sqlalchemy import create_engine, event, text

from model_registry.domain.inventory import EVERYTHING
from model_registry.errors import DamagedData, StoreError
from model_registry.plugins import open_store
from model_registry.testing import Draft, StoreContract, store_state_machine
from model_registry.testing.store_concurrency import ConcurrentStoreContract
from model_registry_sql import SqlStore


class TestSqliteStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path):
        with open_store(f"sqlite:///{tmp_path}/registry.db") as store:
            yield store


def _autocommitting(url):
    return create_engine(url, isolation_level="AUTOCOMMIT")


def _beginning_by_itself(url):
    """As SQLAlchemy's documentation tells hosts to set up serializable SQLite."""
    engine = create_engine(url)

    @event.listens_for(engine, "connect")
    def leave_beginning_to_us(connection, _):
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection):
        connection.exec_driver_sql("BEGIN")

    return engine


HOSTS = [create_engine, _autocommitting, _beginning_by_itself]
if sys.version_info >= (3, 12):  # which lets a host choose how its driver begins and ends
    HOSTS += [partial(create_engine, connect_args={"autocommit": each}) for each in (True, False)]


class TestStoreOnAHostsEngine(ConcurrentStoreContract):
    @pytest.fixture(params=HOSTS)
    def store(self, request, tmp_path):
        engine = request.param(f"sqlite:///{tmp_path}/host.db")
        yield SqlStore(engine)
        engine.dispose()


@pytest.fixture(scope="module", autouse=True)
def machine_folder(tmp_path_factory):
    _Machine.folder = tmp_path_factory.mktemp("machine")


class _Machine:
    folder = None
    files = count(1)

    @classmethod
    def fresh(cls):
        store = open_store(f"sqlite:///{cls.folder}/{next(cls.files)}.db")
        store.url = str(store._engine.url)
        return store

    @staticmethod
    def reopen(store):
        store.close()
        again = open_store(store.url)
        again.url = store.url
        return again


TestSqliteStateMachine = store_state_machine(_Machine.fresh, _Machine.reopen).TestCase
TestSqliteStateMachine.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "sqlite:///file::memory:?cache=shared&uri=true"]
)
def test_a_database_in_memory_is_refused(url):
    with pytest.raises(StoreError, match="another one in every thread"):
        open_store(url)


def test_a_file_is_relative_to_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    open_store("sqlite:///relative.db").close()
    assert (tmp_path / "relative.db").is_file()


def test_a_missing_folder_is_told(tmp_path):
    with pytest.raises(StoreError, match="folder must exist"):
        open_store(f"sqlite:///{tmp_path}/no/such/registry.db")


def test_commits_are_synced_and_a_hosts_engine_is_left_as_it_is(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/own.db")
    with store, store._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2

    engine = create_engine(f"sqlite:///{tmp_path}/host.db")
    SqlStore(engine).close()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "delete"
        assert connection.connection.dbapi_connection.isolation_level == ""
    engine.dispose()


def test_a_lock_held_for_too_long_is_told_and_the_store_goes_on(tmp_path):
    path = tmp_path / "registry.db"
    draft = Draft()
    with open_store(f"sqlite:///{path}", connect_args={"timeout": 0.1}) as store:
        store.commit("org_abc", [draft.insert("first")])
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="other processes have been writing"):
            store.commit("org_abc", [draft.insert("second")])
        assert store.page("org_abc", EVERYTHING, 50, 0).total == 1
        other.execute("ROLLBACK")
        other.close()
        store.commit("org_abc", [draft.insert("second")])
        assert store.head("org_abc").sequence == 2


def test_a_full_disk_is_told_and_the_store_goes_on(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path}/registry.db")
    pages = {"most": 40}
    draft = Draft()

    @event.listens_for(engine, "checkout")
    def limit(connection, *_):
        connection.execute(f"PRAGMA max_page_count = {pages['most']}")

    store = SqlStore(engine)
    store.commit("org_abc", [draft.insert("first")])
    with pytest.raises(StoreError, match="the disk is full"):
        store.commit("org_abc", [draft.insert(f"m{n}", description="x" * 900) for n in range(500)])
    assert store.head("org_abc").sequence == 1
    pages["most"] = 100_000
    store.commit("org_abc", [draft.insert("second")])
    assert store.head("org_abc").sequence == 2
    engine.dispose()


def test_times_can_be_read_and_sorted_as_they_lie(tmp_path):
    with open_store(f"sqlite:///{tmp_path}/registry.db") as store:
        store.commit("org_abc", [Draft().insert("gpt-4o", tags={"b": "2", "a": "1"})])
    with sqlite3.connect(tmp_path / "registry.db") as raw:
        row = raw.execute("SELECT created_at, tags FROM model_registry_entries").fetchone()
    assert row == ("2026-03-13T00:00:00.000000Z", '{"a":"1","b":"2"}')


def test_what_somebody_else_wrote_is_told_and_not_guessed(tmp_path):
    url = f"sqlite:///{tmp_path}/registry.db"
    with open_store(url) as store:
        store.commit("org_abc", [insert := Draft().insert("gpt-4o")])
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text("UPDATE model_registry_entries SET tags = '[1]'"))
            connection.execute(text("UPDATE model_registry_events SET changes = '{'"))
        engine.dispose()
        with pytest.raises(StoreError, match=f"entry '{insert.entry.id}' is damaged"):
            store.get("org_abc", insert.entry.id)
        with (
            pytest.raises(StoreError, match="event 1 is damaged"),
            store.history("org_abc") as events,
        ):
            next(events)


def test_an_entry_whose_text_is_gone_is_told_and_not_left_out(tmp_path):
    path = tmp_path / "registry.db"
    with open_store(f"sqlite:///{path}") as store:
        store.commit("org_abc", [Draft().insert("gpt-4o"), Draft().insert("claude-2")])
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("PRAGMA writable_schema = ON")
        raw.execute("UPDATE sqlite_master SET sql = replace(sql, ' NOT NULL', '')")
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("UPDATE model_registry_entries SET document = NULL WHERE model_id = 'gpt-4o'")
    with open_store(f"sqlite:///{path}") as store, pytest.raises(DamagedData):
        store.documents("org_abc", EVERYTHING, 50, 0)
