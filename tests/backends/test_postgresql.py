"""PostgreSQL passes what every backend must pass, and keeps what only PostgreSQL promises."""

from __future__ import annotations

from threading import Event, Thread

import psycopg
import pytest
from hypothesis import settings
from sqlalchemy import create_engine, text

from model_registry.errors import StoreError
from model_registry.plugins import open_store
from model_registry.testing import Draft, StoreContract, store_state_machine
from model_registry.testing.store_concurrency import ConcurrentStoreContract
from model_registry_sql import SqlStore


class TestPostgresqlStore(StoreContract):
    @pytest.fixture
    def store(self, new_postgresql_url):
        with open_store(new_postgresql_url()) as store:
            yield store


class TestStoreOnAHostsEngine(ConcurrentStoreContract):
    @pytest.fixture(params=["AUTOCOMMIT", "SERIALIZABLE"])
    def store(self, request, new_postgresql_url):
        engine = create_engine(new_postgresql_url(), isolation_level=request.param)
        yield SqlStore(engine)
        with engine.connect() as connection:
            driver = connection.connection.dbapi_connection
            assert driver.autocommit is (request.param == "AUTOCOMMIT")
            assert not driver.read_only
        engine.dispose()


@pytest.fixture(scope="module", autouse=True)
def _machine_urls(new_postgresql_url):
    _Machine.new_url = staticmethod(new_postgresql_url)


class _Machine:
    new_url = None

    @classmethod
    def fresh(cls):
        url = cls.new_url()
        store = open_store(url)
        store.url = url
        return store

    @staticmethod
    def reopen(store):
        store.close()
        again = open_store(store.url)
        again.url = store.url
        return again


TestPostgresqlStateMachine = store_state_machine(_Machine.fresh, _Machine.reopen).TestCase
TestPostgresqlStateMachine.settings = settings(
    max_examples=12, stateful_step_count=12, deadline=None
)


def test_a_plain_url_means_psycopg_3(new_postgresql_url):
    with open_store(new_postgresql_url().replace("+psycopg", "")) as store:
        assert store._engine.dialect.driver == "psycopg"


def test_a_server_out_of_reach_is_told():
    with pytest.raises(StoreError, match=r"postgresql\+psycopg://127.0.0.1:1/db cannot be opened"):
        open_store("postgresql://127.0.0.1:1/db")


def test_a_deadlock_with_somebody_else_is_tried_again(new_postgresql_url):
    url = new_postgresql_url()
    draft = Draft()
    with open_store(url) as store:
        pair = sorted((draft.insert(name) for name in "ab"), key=lambda insert: insert.entry.id)
        first, second = (insert.entry for insert in pair)
        store.commit("org_abc", pair)
        with psycopg.connect(url.replace("+psycopg", "")) as other:
            # the other waits longer before it looks for deadlocks, so the store's commit is broken
            other.execute("SET deadlock_timeout = '1min'")
            lock = "SELECT 1 FROM model_registry_entries WHERE id = %s FOR UPDATE"
            other.execute(lock, [second.id])
            outcome, started = [], Event()

            def write():
                started.set()
                changes = [draft.replace(first, owner="x"), draft.replace(second, owner="x")]
                outcome.append(store.commit("org_abc", changes))

            writer = Thread(target=write)
            writer.start()
            started.wait()
            _until_somebody_waits(url)
            other.execute(lock, [first.id])  # returns when the store's commit was broken
            other.commit()
            writer.join(timeout=30)
        assert [event.sequence for event in outcome[0]] == [3, 4]
        assert store.get("org_abc", second.id).owner == "x"


def _until_somebody_waits(url):
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as watcher:
        for _ in range(1_000):
            if watcher.execute(waiting).fetchone()[0]:
                return
            watcher.execute("SELECT pg_sleep(0.01)")
    raise AssertionError("nobody waited for the lock")


def test_a_database_in_another_encoding_is_refused(postgresql_url):
    with psycopg.connect(postgresql_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS latin")
        connection.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    with pytest.raises(
        StoreError, match="needs a database with encoding UTF8, and this has LATIN1"
    ):
        open_store(postgresql_url.replace("/postgres?", "/latin?"))


def test_a_schema_that_is_not_there_is_told(new_postgresql_url):
    with pytest.raises(StoreError, match='schema "nowhere" does not exist'):
        open_store(new_postgresql_url(), schema="nowhere")


def test_a_broken_connection_is_replaced(new_postgresql_url):
    url = new_postgresql_url()
    with open_store(url) as store:
        store.commit("org_abc", [Draft().insert("gpt-4o")])
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE pid <> pg_backend_pid() AND datname = current_database()"
                )
            )
        engine.dispose()
        assert store.head("org_abc").sequence == 1
