"""Request logs in SQL tables say what their rows say, whatever a time column is."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Double,
    MetaData,
    Numeric,
    Table,
    Text,
    create_engine,
    insert,
    text,
)

from model_registry.domain.request_log import NATIVE, Period, RowReader, Shape, SightingTally
from model_registry.errors import RequestLogError, TooManyModels
from model_registry.plugins import open_request_log
from model_registry.testing import RequestLogContract
from model_registry_sql import SqlRequestLog

NOW = datetime(2026, 3, 13, tzinfo=UTC)
MONTH = Period.before(NOW, 30)
NAMES = ("request_id", "timestamp", "action", "user_id", "tenant_id", "model", "provider")
TICK = timedelta(microseconds=1)

_numbers = count(1)


def _fill(engine, name, rows, time_type=Text, **types):
    """Make a log table that holds rows, whose time column is of a type."""
    columns = [
        Column(name, time_type if name == "timestamp" else types.get(name, Text)) for name in NAMES
    ]
    table = Table(name, MetaData(), *columns)
    with engine.begin() as connection:
        table.create(connection)
        if rows:
            known = [{name: row.get(name) for name in NAMES} for row in rows]
            connection.execute(insert(table), known)


def _said(rows, shape=NATIVE, period=MONTH):
    """Return what ``RowReader`` says of rows: the definition."""
    reader, tally, broken = RowReader(shape, "org_abc", period), SightingTally(), 0
    for row in rows:
        try:
            sighting = reader.read(row)
        except ValueError:
            broken += 1
        else:
            if sighting is not None:
                tally.add(sighting)
    return tally.total(), broken


@pytest.fixture(scope="module")
def postgresql_engine(new_postgresql_url):
    engine = create_engine(new_postgresql_url())
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def duckdb_engine(tmp_path_factory):
    engine = create_engine(f"duckdb:///{tmp_path_factory.mktemp('log')}/log.duckdb")
    with engine.begin() as connection:
        connection.execute(text("SET GLOBAL TimeZone = 'America/New_York'"))
    yield engine
    engine.dispose()


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "duckdb"])
def engine(request, tmp_path_factory):
    if request.param != "sqlite":
        yield request.getfixturevalue(f"{request.param}_engine")
        return
    engine = create_engine(f"sqlite:///{tmp_path_factory.mktemp('log')}/log.db")
    yield engine
    engine.dispose()


class TestSqliteRequestLog(RequestLogContract):
    def make_log(self, rows: Sequence[dict[str, Any]], folder, **options: Any):
        path = folder / f"{next(_numbers)}.db"
        engine = create_engine(f"sqlite:///{path}")
        _fill(engine, "audit_log", rows)
        engine.dispose()
        return open_request_log(f"sqlite:///{path}?table=audit_log", **options)


class _OnServer(RequestLogContract):
    time_type: Any

    def make_log(self, rows: Sequence[dict[str, Any]], folder, **options: Any):
        name = f"log_{next(_numbers)}"
        shaped = [{**row, "timestamp": self.written(row["timestamp"])} for row in rows]
        _fill(self.engine, name, shaped, self.time_type)
        return SqlRequestLog(self.engine, name, **options)

    def written(self, time):
        return datetime.fromisoformat(time)


class _OnPostgresql(_OnServer):
    @pytest.fixture(autouse=True)
    def _given(self, postgresql_engine):
        type(self).engine = postgresql_engine


class _OnDuckdb(_OnServer):
    @pytest.fixture(autouse=True)
    def _given(self, duckdb_engine):
        type(self).engine = duckdb_engine


class _Aware:
    time_type = DateTime(timezone=True)


class _Naive:
    time_type = DateTime()

    def written(self, time):
        return datetime.fromisoformat(time).replace(tzinfo=None)


class _Texts:
    time_type = Text

    def written(self, time):
        return time


class TestPostgresqlTimestamps(_Aware, _OnPostgresql):
    pass


class TestPostgresqlNaiveTimestamps(_Naive, _OnPostgresql):
    pass


class TestPostgresqlTexts(_Texts, _OnPostgresql):
    pass


class TestDuckdbTimestamps(_Aware, _OnDuckdb):
    pass


class TestDuckdbNaiveTimestamps(_Naive, _OnDuckdb):
    pass


class TestDuckdbTexts(_Texts, _OnDuckdb):
    pass


FORMS = [
    lambda at: at.replace(tzinfo=None).isoformat() + "Z",
    lambda at: at.isoformat(sep=" "),
    lambda at: at.replace(tzinfo=None).isoformat(),
    lambda at: at.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z",
    lambda at: at.replace(tzinfo=None).isoformat(timespec="microseconds") + "999Z",
    lambda at: (at + timedelta(hours=2)).replace(tzinfo=None).isoformat() + "+02:00",
    lambda at: (at - timedelta(hours=23)).replace(tzinfo=None).isoformat() + "-23:00",
    lambda at: at.strftime("%Y%m%dT%H%M%SZ"),
    lambda at: at.strftime("%G-W%V-%uT%H:%M:%S"),
    lambda at: at.date().isoformat(),
]
near = st.sampled_from([-TICK, timedelta(0), TICK, timedelta(seconds=1), -timedelta(hours=1)])
edges = st.builds(lambda end, moved: end + moved, st.sampled_from([MONTH.since, MONTH.until]), near)
moments = edges | st.integers(0, 40 * 86_400_000).map(
    lambda ms: NOW - timedelta(days=35) + timedelta(milliseconds=ms)
)
iso_texts = st.builds(lambda at, form: form(at), moments, st.sampled_from(FORMS))
garbage = st.sampled_from(
    ["", "yesterday", "2026-02-30T10:00:00Z", "2026-03-01T25:00:00Z", "2026-03-01T10:00:61", "9999"]
)
models = st.sampled_from(["gpt-4o", "GPT-4o", "ünï", "", " \t", None])


def _rows(times):
    return st.lists(
        st.builds(
            lambda time, model, tenant: {"timestamp": time, "model": model, "tenant_id": tenant},
            times,
            models,
            st.sampled_from(["org_abc", "org_abc", "ORG_ABC"]),
        ),
        max_size=25,
    )


def _check(engine, rows, time_type, shape=NATIVE, types=None):
    name = f"log_{next(_numbers)}"
    _fill(engine, name, rows, time_type, **(types or {}))
    scan = SqlRequestLog(engine, name, shape=shape).scan("org_abc", MONTH)
    assert (scan.sightings, scan.rows_broken) == _said(rows, shape)


quick = settings(max_examples=25, deadline=None)


class TestTimes:
    @given(rows=_rows(iso_texts | garbage | st.none()))
    @quick
    def test_texts_in_every_form_and_broken_ones(self, engine, rows):
        # a collation that passes over punctuation, where the database has one
        collation = "und-x-icu" if engine.dialect.name == "postgresql" else None
        _check(engine, rows, Text(collation=collation))

    @pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
    @given(data=st.data())
    @quick
    def test_whole_numbers(self, engine, unit, data):
        each = {"s": 10**-6, "ms": 10**-3, "us": 1, "ns": 1000}[unit]
        numbers = st.builds(
            lambda at, off: int((at - datetime(1970, 1, 1, tzinfo=UTC)) / TICK * each) + off,
            moments,
            st.integers(-2, 2),
        )
        rows = data.draw(_rows(numbers | st.none()))
        _check(engine, rows, BigInteger, attrs.evolve(NATIVE, time_unit=unit))

    @pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
    @given(data=st.data())
    @quick
    def test_floats(self, engine, unit, data):
        each = {"s": 10**-6, "ms": 10**-3, "us": 1, "ns": 1000}[unit]
        numbers = st.builds(
            lambda at, by: (
                (at - datetime(1970, 1, 1, tzinfo=UTC)) / TICK * each * (1 + by * 2**-52)
            ),
            moments,
            st.integers(-3, 3),
        )
        rows = data.draw(_rows(numbers | st.none()))
        _check(engine, rows, Double, attrs.evolve(NATIVE, time_unit=unit))

    def test_anything_at_all_in_one_sqlite_column(self, tmp_path):
        engine = create_engine(f"sqlite:///{tmp_path}/log.db")
        times = [1773300000, 1773300000.5, "2026-03-12T07:20:00Z", b"x", None, 1e300, -1e300]
        rows = [{"timestamp": time, "model": "m", "tenant_id": "org_abc"} for time in times]
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE log (timestamp, model, tenant_id)"))
            connection.execute(
                text("INSERT INTO log VALUES (:timestamp, :model, :tenant_id)"), rows
            )
        scan = SqlRequestLog(engine, "log").scan("org_abc", MONTH)
        said, _ = _said(rows)
        assert scan.sightings == said
        assert scan.rows_broken >= 2
        assert "is not a time" in scan.examples[0]
        engine.dispose()

    def test_decimals(self, postgresql_engine):
        edge = Decimal(int(MONTH.since.timestamp()))
        times = [edge, edge - Decimal("0.000001"), edge + Decimal("0.5000009"), None]
        rows = [{"timestamp": time, "model": "m", "tenant_id": "org_abc"} for time in times]
        _fill(postgresql_engine, "decimals", rows, Numeric)
        (sighting,) = SqlRequestLog(postgresql_engine, "decimals").scan("org_abc", MONTH).sightings
        assert sighting.requests == 2
        assert sighting.first_seen_at == MONTH.since
        assert sighting.last_seen_at == MONTH.since + timedelta(microseconds=500_000)

    def test_a_column_that_cannot_be_a_time_is_told(self, postgresql_engine):
        with postgresql_engine.begin() as connection:
            connection.execute(
                text("CREATE TABLE odd (timestamp BOOLEAN, model TEXT, tenant_id TEXT)")
            )
        log = SqlRequestLog(postgresql_engine, "odd")
        with pytest.raises(RequestLogError, match="column timestamp is of type BOOLEAN"):
            log.scan("org_abc", MONTH)


def test_models_without_end_are_an_error_and_blank_ones_are_none(postgresql_engine):
    rows = [
        {"timestamp": NOW, "model": name, "tenant_id": "org_abc"}
        for name in [f"m{n}" for n in range(5)] + [" ", "\t", " \t"]
    ]
    _fill(postgresql_engine, "many", rows, DateTime(timezone=True))
    engine = postgresql_engine
    assert len(SqlRequestLog(engine, "many", max_models=5).scan("org_abc", MONTH).sightings) == 5
    with pytest.raises(TooManyModels):
        SqlRequestLog(engine, "many", max_models=4).scan("org_abc", MONTH)


def test_models_that_are_no_text_are_counted_as_broken(tmp_path):
    with sqlite3.connect(tmp_path / "log.db") as log:
        log.execute("CREATE TABLE log (timestamp, model, tenant_id)")
        log.executemany(
            "INSERT INTO log VALUES ('2026-03-12T10:00:00Z', ?, 'org_abc')",
            [(7,), (b"x",), ("gpt-4o",)],
        )
        log.execute(
            "INSERT INTO log VALUES ('2026-03-12T10:00:00Z', CAST(x'ff61' AS TEXT), 'org_abc')"
        )
    scan = open_request_log(f"sqlite:///{tmp_path}/log.db?table=log").scan("org_abc", MONTH)
    assert [s.model_id for s in scan.sightings] == ["gpt-4o", "\udcffa"]
    assert scan.rows_broken == 2


def test_a_shape_names_columns_of_a_hosts_engine(engine):
    name = f"log_{next(_numbers)}"
    rows = [{"timestamp": "2026-03-12T10:00:00Z", "provider": "gpt-4o", "user_id": "org_abc"}]
    _fill(engine, name, rows)
    shape = Shape(model="provider", tenant="user_id")
    log = SqlRequestLog(engine, name, shape=shape)
    log.close()
    assert [s.model_id for s in log.scan("org_abc", MONTH).sightings] == ["gpt-4o"]


def test_duckdbs_own_types_are_known(duckdb_engine):
    values = {
        "TIMESTAMP_NS": "'2026-03-12 23:59:59.9999999'",
        "TIMESTAMP_S": "'2026-03-12 23:59:59'",
        "HUGEINT": "1773359999",
        "DECIMAL(20, 7)": "1773359999.9999999",
        "FLOAT": "1773000000",
    }
    for number, (kind, value) in enumerate(values.items()):
        with duckdb_engine.begin() as connection:
            connection.execute(
                text(
                    f"CREATE VIEW own_{number} AS SELECT {value}::{kind} AS timestamp, "
                    "7 AS tenant_id, 'gpt-4o'::ENUM('gpt-4o', 'o3') AS model "
                    "UNION ALL SELECT NULL, 7, 'o3'"
                )
            )
        scan = SqlRequestLog(duckdb_engine, f"own_{number}").scan("7", MONTH)
        assert [s.model_id for s in scan.sightings] == ["gpt-4o"], kind
        assert scan.rows_broken == 1
    with pytest.raises(RequestLogError, match="no table 'nothing'; there are: "):
        SqlRequestLog(duckdb_engine, "nothing")
