"""
What warehouses are asked: one golden file for each of them.

None of them runs here but DuckDB, so a change of what they are asked is for a person
to read. After one that is meant: RENEW_GOLDEN=1 pytest tests/backends/test_sql_request_log_dialects.py
and then look at the difference in tests/backends/golden.
"""

from __future__ import annotations

import os
import warnings
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import attrs
import pytest
from clickhouse_connect.cc_sqlalchemy.datatypes.base import sqla_type_from_name
from databricks.sqlalchemy import _types as databricks
from snowflake.sqlalchemy import custom_types as snowflake
from sqlalchemy import Text, column, make_url, table, types
from trino.sqlalchemy.datatype import parse_sqltype

from model_registry.domain.request_log import NATIVE, Period, RowReader, read_time
from model_registry.errors import RequestLogError
from model_registry.plugins import open_request_log
from model_registry_sql.log_dialects import SPELLINGS, plain_type, read_moment
from model_registry_sql.log_groups import database_groups

GOLDEN = Path(__file__).parent / "golden"
NOW = datetime(2026, 3, 13, tzinfo=UTC)
MONTH = Period(NOW - timedelta(days=30, microseconds=-1), NOW)

# What a reflection of a table gives: the column's name in the warehouse, and its type here.
TYPES = {
    "trino": {
        "timestamp(6) with time zone": parse_sqltype("timestamp(6) with time zone"),
        "timestamp(6)": parse_sqltype("timestamp(6)"),
        "varchar": parse_sqltype("varchar"),
        "bigint": parse_sqltype("bigint"),
        "double": parse_sqltype("double"),
    },
    "bigquery": {
        "TIMESTAMP": types.TIMESTAMP(),
        "DATETIME": types.DATETIME(),
        "STRING": types.String(),
        "INT64": types.Integer(),
        "NUMERIC": types.Numeric(38, 9),
    },
    "snowflake": {
        "TIMESTAMP_TZ": snowflake.TIMESTAMP_TZ(),
        "TIMESTAMP_NTZ": snowflake.TIMESTAMP_NTZ(),
        "VARCHAR": types.VARCHAR(),
        "NUMBER": types.DECIMAL(38, 0),
    },
    "databricks": {
        "TIMESTAMP": databricks.TIMESTAMP(),
        "TIMESTAMP_NTZ": databricks.TIMESTAMP_NTZ(),
        "STRING": types.String(),
        "BIGINT": types.BigInteger(),
    },
    "clickhousedb": {
        name: sqla_type_from_name(name)
        for name in ("DateTime64(6)", "DateTime('UTC')", "LowCardinality(String)", "UInt64")
    },
    "duckdb": {
        "TIMESTAMPTZ": types.DateTime(timezone=True),
        "TIMESTAMP": types.DateTime(),
        "VARCHAR": types.Text(),
        "BIGINT": types.BigInteger(),
    },
}


@attrs.define
class Listener:
    """Takes a connection's place, and keeps what it is asked."""

    dialect: object
    heard: list[object] = attrs.field(factory=list)

    def execute(self, statement, execution_options):
        self.heard.append(statement)
        return nullcontext([])


def _asked(name, kind):
    dialect_class = make_url(f"{name}://").get_dialect()
    listener = Listener(dialect_class(dbapi=dialect_class.import_dbapi()))
    text = TYPES[name].get("LowCardinality(String)", Text())
    columns = {"timestamp": kind, "model": text, "tenant_id": text}
    log = table("calls", *(column(c, plain_type(name, k)) for c, k in columns.items()))
    reader = RowReader(attrs.evolve(NATIVE, time_unit="ms"), "org_abc", MONTH)
    assert list(database_groups(listener, log, reader, 100_000)) == []
    compiled = listener.heard[0].compile(dialect=listener.dialect)
    values = [f"-- {name} = {value!r}" for name, value in compiled.params.items()]
    return "\n".join([*str(compiled).replace(" \n", "\n").splitlines(), *values])


@pytest.mark.parametrize("name", TYPES)
def test_what_a_warehouse_is_asked_is_what_was_read_and_approved(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the dialects' own deprecations
        asked = [f"-- {called}\n{_asked(name, kind)}" for called, kind in TYPES[name].items()]
    text = "\n\n".join(asked) + "\n"
    golden = GOLDEN / f"{name}.sql"
    if os.environ.get("RENEW_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_every_spelling_has_its_golden_file():
    assert set(SPELLINGS) == set(TYPES) == {file.stem for file in GOLDEN.iterdir()}


@pytest.mark.parametrize(
    "told",
    [
        1773360000000001,
        Decimal(1773360000000001),
        "2026-03-13 00:00:00.000001",
        "2026-03-13 00:00:00.000001 UTC",
        "2026-03-13 00:00:00.000001999 UTC",
    ],
)
def test_what_warehouses_tell_is_a_moment(told):
    assert read_time(*read_moment(told)) == NOW + timedelta(microseconds=1)


@pytest.mark.parametrize(
    "url",
    [
        "trino://risk:hunter2@127.0.0.1:1/lake?table=calls&schema=ai",
        "clickhousedb://risk:hunter2@127.0.0.1:1/ai?table=calls",
    ],
)
def test_a_warehouse_out_of_reach_is_one_clear_line(url):
    with pytest.raises(RequestLogError, match="cannot be opened") as caught:
        open_request_log(url)
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)
