"""The SQL backend's schema: made at once, upgraded when asked, and no other table touched."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, Table, create_engine, inspect, text

import model_registry_sql
from model_registry import Registration
from model_registry.errors import SchemaOutdated, StoreError
from model_registry.registry import Registry
from model_registry_sql import SqlStore, include_name, open_store
from model_registry_sql.migrating import check, sql, upgrade
from model_registry_sql.schema import Place, Tables
from model_registry_sql.versions import REVISIONS, SchemaState

DIALECTS = ["sqlite", "postgresql"]


@pytest.fixture(params=DIALECTS)
def new_url(request, tmp_path):
    if request.param == "postgresql":
        return request.getfixturevalue("new_postgresql_url")
    numbers = iter(range(100))
    return lambda: f"sqlite:///{tmp_path}/{next(numbers)}.db"


@pytest.fixture
def url(new_url):
    return new_url()


def _ddl(engine):
    """Everything that the database says of its tables, constraints and indexes."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            query = "SELECT name, sql FROM sqlite_master"
        else:
            query = r"""
                SELECT conname, pg_get_constraintdef(c.oid) FROM pg_constraint c
                WHERE connamespace = current_schema()::regnamespace
                UNION ALL SELECT indexname, regexp_replace(indexdef, '\w+\.', '', 'g') FROM pg_indexes
                WHERE schemaname = current_schema()
                UNION ALL SELECT table_name || '.' || column_name,
                    concat_ws(' ', data_type, collation_name, is_nullable)
                FROM information_schema.columns WHERE table_schema = current_schema()
            """
        rows = connection.execute(text(query))
        return sorted((name, "".join((written or "").split())) for name, written in rows)


def _not_the_search_index(name, _kind, _parents):
    """Tell whether SQLAlchemy is to know a table or index: it has no words for that one."""
    return "_search" not in (name or "")


def test_a_schema_made_by_migrations_is_the_one_that_is_made_at_once(new_url):
    made, migrated = new_url(), new_url()
    open_store(made).close()
    upgrade(migrated)
    engines = [create_engine(url) for url in (made, migrated)]
    opts = {"compare_type": True, "include_name": _not_the_search_index}
    try:
        assert _ddl(engines[0]) == _ddl(engines[1])
        for engine in engines:
            assert any("_search" in name for name, _ in _ddl(engine))
            with engine.connect() as connection:
                context = MigrationContext.configure(connection, opts=opts)
                metadata = Tables.at(Place(), engine.dialect.name).metadata
                assert compare_metadata(context, metadata) == []
    finally:
        for engine in engines:
            engine.dispose()


def test_every_revision_is_known_to_the_code():
    scripts = ScriptDirectory(str(Path(model_registry_sql.__file__).parent / "migrations"))
    assert tuple(script.revision for script in scripts.walk_revisions())[::-1] == REVISIONS


def test_what_db_sql_writes_makes_the_schema(new_url):
    by_hand, migrated = new_url(), new_url()
    script = sql(by_hand)
    upgrade(migrated)
    engines = [create_engine(url) for url in (by_hand, migrated)]
    with engines[0].connect() as connection:
        if engines[0].dialect.name == "sqlite":
            connection.connection.dbapi_connection.executescript(script)
        else:
            connection.connection.dbapi_connection.execute(script.encode())
            connection.commit()
    assert _ddl(engines[0]) == _ddl(engines[1])
    open_store(by_hand).close()
    assert check(by_hand).state is SchemaState.CURRENT
    for engine in engines:
        engine.dispose()


def test_db_sql_connects_to_nothing():
    script = sql("postgresql://nobody:secret@nowhere.invalid/db?schema=risk&table_prefix=mr_")
    assert "CREATE TABLE risk.mr_entries" in script
    assert "INSERT INTO risk.mr_schema_version" in script
    assert "secret" not in script
    with pytest.raises(StoreError, match="SQLite or PostgreSQL"):
        sql("mysql://localhost/db")
    with pytest.raises(StoreError, match="cannot be upgraded"):
        sql("sqlite:///x.db", since="9999")


def _stamped(url, version):
    upgrade(url)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM model_registry_schema_version"))
        if version is not None:
            connection.execute(
                text("INSERT INTO model_registry_schema_version VALUES (:v)"), {"v": version}
            )
    engine.dispose()


@pytest.mark.parametrize(
    ("version", "state", "said"),
    [("9999", SchemaState.UNKNOWN, "9999"), (None, SchemaState.UNVERSIONED, "without a schema")],
)
def test_another_schema_is_refused_and_left_as_it_is(url, version, state, said):
    _stamped(url, version)
    assert check(url).state is state
    for refused in (open_store, upgrade):
        with pytest.raises(SchemaOutdated, match=said) as caught:
            refused(url)
        assert "model-registry db upgrade --store '" in str(caught.value)
    assert check(url).state is state


def test_an_older_schema_is_refused_until_it_is_upgraded(url):
    _stamped(url, None)
    engine = create_engine(url)
    with engine.begin() as connection:  # what a schema of before the first revision would be
        names = ["entries", "events", "heads", "totals"]
        for name in [*names, "search"] if engine.dialect.name == "sqlite" else names:
            connection.execute(text(f"DROP TABLE model_registry_{name}"))
    with pytest.raises(SchemaOutdated, match="run: model-registry db upgrade --store"):
        SqlStore(engine)
    assert upgrade(engine).state is SchemaState.OLDER
    with SqlStore(engine) as store:
        assert store.head("org_abc").sequence == 0
    assert upgrade(engine).state is SchemaState.CURRENT
    engine.dispose()


def test_no_message_shows_a_password(postgresql_url):
    wrong = postgresql_url.replace("postgres@", "nobody:hunter2@")
    with pytest.raises(StoreError, match="nobody") as caught:
        open_store(wrong)
    assert "hunter2" not in str(caught.value)
    with pytest.raises(StoreError) as caught:
        check("postgresql://nobody@/db?host=/nowhere&password=hunter2")
    assert "hunter2" not in str(caught.value)


def test_a_hosts_own_tables_and_alembic_version_are_left_alone(url):
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('the-hosts')"))
        connection.execute(text("CREATE TABLE hosts_table (id INTEGER)"))
    upgrade(engine)
    SqlStore(engine).close()

    with engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "the-hosts"
        hosts = MetaData()
        Table("hosts_table", hosts, autoload_with=connection)
        plain = MigrationContext.configure(connection)
        assert any(change[0] == "remove_table" for change in compare_metadata(plain, hosts))
        careful = MigrationContext.configure(connection, opts={"include_name": include_name()})
        assert compare_metadata(careful, hosts) == []
    engine.dispose()


def test_a_host_gives_its_engine_a_schema_and_a_prefix(url):
    engine = create_engine(url)
    schema = "main"
    if engine.dialect.name == "postgresql":
        schema = "risk"
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA IF EXISTS risk CASCADE"))
            connection.execute(text("CREATE SCHEMA risk"))
    with SqlStore(engine, schema, "mr_") as store, SqlStore(engine) as other:
        tenant = Registry(store).tenant("org_abc")
        entry = tenant.register(Registration(model_id="m", provider="p", risk_tier="tier_1"))
        assert tenant.get(entry.id) == entry
        assert other.get("org_abc", entry.id) is None
    names = set(inspect(engine).get_table_names(schema=schema))
    assert {"mr_entries", "mr_events", "mr_heads", "mr_schema_version"} <= names
    with engine.connect() as connection:  # the engine is still the host's
        assert connection.scalar(text("SELECT count(*) FROM model_registry_entries")) == 0
    if engine.dialect.name == "postgresql":
        with open_store(url, schema="risk", table_prefix="mr_") as store:
            assert store.get("org_abc", entry.id) == entry
        with open_store(f"{url}&schema=risk&table_prefix=mr_") as store:
            assert store.get("org_abc", entry.id) == entry
    engine.dispose()


def test_a_prefix_is_a_plain_name(tmp_path):
    with pytest.raises(StoreError, match="letters, digits"):
        open_store(f"sqlite:///{tmp_path}/r.db", table_prefix='x"; DROP TABLE y; --')


OPENING = """
import sys
from pathlib import Path
from model_registry_sql import open_store
sys.stdin.readline()
with open_store(sys.argv[1]) as store:
    print(store.head("org_abc").sequence)
"""


def test_processes_that_open_a_fresh_database_at_once_all_succeed(url):
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", OPENING, url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(6)
    ]
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate(timeout=60)[0] for process in processes] == ["0\n"] * 6


def test_a_file_that_is_no_database_is_told(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to be taken for one" * 20)
    with pytest.raises(StoreError, match="not a SQLite database"):
        open_store(f"sqlite:///{path}")
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE model_registry_entries (x)")
    with pytest.raises(SchemaOutdated, match="without a schema revision"):
        open_store(f"sqlite:///{tmp_path}/other.db")


def test_a_check_changes_nothing(tmp_path):
    url = f"sqlite:///{tmp_path}/none.db"
    assert check(url).state is SchemaState.ABSENT
    assert list(tmp_path.iterdir()) == []
    with sqlite3.connect(tmp_path / "host.db") as host:
        host.execute("CREATE TABLE hosts_own (x)")
    before = (tmp_path / "host.db").read_bytes()
    assert check(f"sqlite:///{tmp_path}/host.db").state is SchemaState.ABSENT
    assert (tmp_path / "host.db").read_bytes() == before
    with pytest.raises(StoreError, match="SQLite or PostgreSQL"):
        check("mssql+pyodbc://localhost/db")


def test_the_guide_runs_as_it_stands(tmp_path, monkeypatch, capsys):
    page = Path(__file__).parents[2].joinpath("docs/sql.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(compile(block, "sql.md", "exec"), names)
    assert capsys.readouterr().out.splitlines()[:3] == ["0", "current", "BEGIN;"]
