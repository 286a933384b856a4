"""The URLs of SQL request logs: what they say, what they refuse, and that a log is only read."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine, text

from model_registry.domain.request_log import Period
from model_registry.errors import RequestLogError
from model_registry_sql import open_request_log

NOW = datetime(2026, 3, 13, tzinfo=UTC)
MONTH = Period.before(NOW, 30)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "lo g.db"
    with sqlite3.connect(path) as log:
        log.execute('CREATE TABLE "Calls" ("startTime" REAL, "model_group" TEXT, org TEXT)')
        log.execute("CREATE TABLE other (x)")
        log.executemany(
            'INSERT INTO "Calls" VALUES (?, ?, ?)',
            [(NOW.timestamp() * 1000, "gpt-4o", "org_abc"), (0, "old", "org_abc")],
        )
    return path


def test_columns_are_named_in_the_url(path):
    url = f"sqlite:///{path}?table=Calls&time=startTime&model=model_group&time_unit=ms"
    with_tenant = open_request_log(f"{url}&tenant=org")
    assert [s.model_id for s in with_tenant.scan("org_abc", MONTH).sightings] == ["gpt-4o"]
    assert with_tenant.scan("org_xyz", MONTH).sightings == ()
    without = open_request_log(f"{url}&tenant=&timeout=5")
    assert [s.requests for s in without.scan("anybody", MONTH).sightings] == [1]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "needs the name of its table"),
        ("?table=calls2", "no table 'calls2'; there are: Calls, other"),
        ("?table=Calls", "no column 'timestamp', 'model', 'tenant_id'; there are: startTime"),
        ("?table=other&time=x&model=x&tenant=&time_unit=h", "time_unit must be"),
    ],
)
def test_what_is_missing_is_named_with_what_there_is(path, query, said):
    with pytest.raises(RequestLogError, match=said):
        open_request_log(f"sqlite:///{path}{query}")


def test_a_file_that_does_not_exist_is_not_made(tmp_path):
    with pytest.raises(RequestLogError, match="does not exist"):
        open_request_log(f"sqlite:///{tmp_path}/none.db?table=x")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_and_a_server_out_of_reach_are_told(tmp_path):
    (tmp_path / "x.db").write_text("hello " * 500)
    with pytest.raises(RequestLogError, match="not a SQLite database"):
        open_request_log(f"sqlite:///{tmp_path}/x.db?table=x")
    with pytest.raises(RequestLogError, match="cannot be opened") as caught:
        open_request_log("postgresql://me:hunter2@127.0.0.1:1/db?table=x")
    assert "hunter2" not in str(caught.value)


def test_a_driver_that_is_not_installed_is_told():
    with pytest.raises(RequestLogError, match="'pyodbc' is not installed; run: pip install"):
        open_request_log("mssql+pyodbc://server/db?table=x")
    with pytest.raises(RequestLogError, match=r"pip install 'model-risk-registry\[trino\]'"):
        open_request_log("trino+nosuch://server/lake?table=x")
    with pytest.raises(RequestLogError, match="No driver is installed for nosuch://"):
        open_request_log("nosuch://server/db?table=x")


def test_a_log_is_never_written(path):
    before = path.read_bytes()
    log = open_request_log(f"sqlite:///{path}?table=Calls&time=startTime&model=model_group&tenant=")
    with pytest.raises(Exception, match="readonly"), log._engine.begin() as connection:
        connection.execute(text("DELETE FROM other"))
    assert path.read_bytes() == before


def test_a_table_in_a_schema_of_a_server(postgresql_url):
    engine = create_engine(postgresql_url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA IF EXISTS audit CASCADE"))
        connection.execute(text("CREATE SCHEMA audit"))
        connection.execute(
            text(
                "CREATE VIEW audit.calls AS SELECT TIMESTAMPTZ '2026-03-12 10:00+02' AS at, "
                "'gpt-4o'::varchar AS model_id, 42::bigint AS org, 7 AS secret"
            )
        )
    engine.dispose()
    url = postgresql_url.replace("+psycopg", "")
    log = open_request_log(
        f"{url}&table=calls&schema=audit&time=at&model=model_id&tenant=org&connect_timeout=5"
    )
    (sighting,) = log.scan("42", MONTH).sightings
    assert sighting.first_seen_at == datetime(2026, 3, 12, 8, tzinfo=UTC)
    assert log.scan("43", MONTH).sightings == ()


def test_a_duckdb_file_is_only_read(tmp_path):
    path = tmp_path / "log.duckdb"
    engine = create_engine(f"duckdb:///{path}")
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA audit"))
        connection.execute(
            text(
                "CREATE TABLE audit.calls AS SELECT TIMESTAMPTZ '2026-03-12 10:00+02' AS timestamp,"
                "'gpt-4o' AS model, 'org_abc' AS tenant_id"
            )
        )
    engine.dispose()
    log = open_request_log(f"duckdb:///{path}?table=calls&schema=audit")
    (sighting,) = log.scan("org_abc", MONTH).sightings
    assert sighting.first_seen_at == datetime(2026, 3, 12, 8, tzinfo=UTC)
    with pytest.raises(Exception, match="read-only"), log._engine.begin() as connection:
        connection.execute(text("DELETE FROM audit.calls"))
    with pytest.raises(RequestLogError, match="does not exist"):
        open_request_log(f"duckdb:///{tmp_path}/none.duckdb?table=calls")
    assert [file.name for file in tmp_path.iterdir()] == ["log.duckdb"]
