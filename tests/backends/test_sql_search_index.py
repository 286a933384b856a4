"""A database may refuse the index for searches: it is said, and all is as right as with it."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest
from agreement import assert_agreed
from sqlalchemy import create_engine, event, text

from model_registry.plugins import open_store
from model_registry.testing import Draft
from model_registry.testing.strategies import TELLING
from model_registry_memory import MemoryStore
from model_registry_sql import SqlStore, migrating
from model_registry_sql.migrating import sql, upgrade

SAID = "Searches have no index"


def _agrees(store):
    other, draft = MemoryStore(), Draft()
    known = [draft.insert(name, description="credit risk") for name in TELLING]
    replaced, removed = draft.replace(known[0].entry, description="x"), draft.remove(known[1].entry)
    for changes in (known, [replaced, removed]):
        for each in (store, other):
            each.commit("org_abc", changes)
    assert_agreed(store, other, ["org_abc"])


@pytest.fixture
def poor_url(postgresql_url):
    """Give the URL of a database whose owner may make tables in it and no extensions."""
    admin = postgresql_url.replace("+psycopg", "")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS poor")
        connection.execute("DROP ROLE IF EXISTS poor")
        connection.execute("CREATE ROLE poor LOGIN")
        connection.execute("CREATE DATABASE poor")
        with psycopg.connect(admin.replace("/postgres?", "/poor?"), autocommit=True) as own:
            own.execute("GRANT USAGE, CREATE ON SCHEMA public TO poor")
    return postgresql_url.replace("postgres@/postgres?", "poor@/poor?")


def test_a_role_that_may_make_no_extensions(poor_url, caplog):
    with open_store(poor_url) as store:
        assert f"{SAID}: permission denied to create extension" in caplog.text
        _agrees(store)


@pytest.mark.parametrize("by_hand", [True, False], ids=["by hand", "by upgrade"])
def test_a_role_that_may_make_no_extensions_upgrades(poor_url, caplog, by_hand):
    if by_hand:
        warned = []
        with psycopg.connect(poor_url.replace("+psycopg", "")) as connection:
            connection.add_notice_handler(lambda notice: warned.append(notice.message_primary))
            connection.execute(sql(poor_url).encode())
        assert [said for said in warned if said.startswith(f"{SAID}: permission denied")]
    else:
        upgrade(poor_url)
        assert f"{SAID}: permission denied to create extension" in caplog.text
    with open_store(poor_url) as store:
        _agrees(store)


def test_extensions_that_are_in_another_schema(new_postgresql_url, caplog):
    """Each of these URLs names a search path in which the extensions are not."""
    for _ in range(2):
        with open_store(new_postgresql_url()) as store:
            plan = "EXPLAIN SELECT 1 FROM model_registry_entries WHERE search_text LIKE '%abc%'"
            with store._engine.connect() as connection:
                connection.execute(text("SET enable_seqscan = off"))
                explained = "".join(connection.execute(text(plan)).scalars())
            assert "model_registry_entries_search" in explained
            _agrees(store)
    assert SAID not in caplog.text


def test_a_sqlite_without_the_index(tmp_path, caplog):
    def authorize(action, name, *_):
        refused = action == sqlite3.SQLITE_CREATE_VTABLE
        return sqlite3.SQLITE_DENY if refused else sqlite3.SQLITE_OK

    for make in (SqlStore, migrating.upgrade):
        engine = create_engine(f"sqlite:///{tmp_path}/{make.__name__}.db")
        event.listen(engine, "connect", lambda driver, _: driver.set_authorizer(authorize))
        caplog.clear()
        make(engine)
        assert f"{SAID}: not authorized" in caplog.text
        with SqlStore(engine) as store:
            _agrees(store)
        engine.dispose()
