"""Spark says of a log what its rows say, wherever the log lies."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from itertools import count

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model_registry.domain.request_log import Shape
from model_registry.errors import RequestLogError, TooManyModels
from model_registry.testing import RequestLogContract
from model_registry.testing.request_log_contract import MONTH, NOW, row
from model_registry_spark import Source, SparkRequestLog

pytestmark = pytest.mark.xdist_group("spark")

NATIVE_COLUMNS = pa.schema([(name, pa.string()) for name in ("timestamp", "tenant_id", "model")])
_numbers = count(1)


def _written(folder, rows, schema=NATIVE_COLUMNS):
    path = folder / f"{next(_numbers)}"
    path.mkdir()
    pq.write_table(pa.Table.from_pylist(rows, schema), path / "part-0.parquet")
    return Source(str(path), "parquet")


class TestSpark(RequestLogContract):
    @pytest.fixture(autouse=True)
    def _given(self, spark):
        type(self).spark = spark

    def make_log(self, rows, folder, **options):
        return SparkRequestLog(self.spark, _written(folder, rows), **options)


def _plan(log, capsys):
    log.statement("org_abc", MONTH).groups.explain("formatted")
    return capsys.readouterr().out


def test_the_filter_is_pushed_down_and_folders_of_others_are_not_opened(spark, tmp_path, capsys):
    schema = pa.schema([("timestamp", pa.timestamp("us", tz="UTC")), ("model", pa.string())])
    days = {"2026-03-12": NOW - timedelta(hours=20), "2025-01-01": NOW, "2026-03-14": NOW}
    for tenant in ("org_abc", "org_xyz"):
        for day, at in days.items():
            folder = tmp_path / f"tenant_id={tenant}" / f"day={day}"
            folder.mkdir(parents=True)
            rows = pa.Table.from_pylist([{"timestamp": at, "model": "gpt-4o"}], schema)
            pq.write_table(rows, folder / "part-0.parquet")
    source = Source(str(tmp_path), "parquet")

    whole = SparkRequestLog(spark, source)
    assert [s.requests for s in whole.scan("org_abc", MONTH).sightings] == [3]
    plan = _plan(whole, capsys)
    assert "(tenant_id#" in plan.split("PartitionFilters:")[1].splitlines()[0]
    pushed = plan.split("PushedFilters:")[1].splitlines()[0]
    assert re.search(
        r"And\(GreaterThanOrEqual\(timestamp,\S+ \S+,LessThanOrEqual\(timestamp", pushed
    )
    assert "ReadSchema: struct<timestamp:timestamp,model:string>" in plan

    by_day = SparkRequestLog(spark, source, day="day")
    assert [s.requests for s in by_day.scan("org_abc", MONTH).sightings] == [2]
    assert "day#" in _plan(by_day, capsys).split("PartitionFilters:")[1].splitlines()[0]


def test_a_table_is_read_as_it_stands_at_each_scan(spark, tmp_path):
    folder = tmp_path / "calls"
    folder.mkdir()
    source = _written(tmp_path, [row("gpt-4o")])
    spark.read.parquet(source.name).createOrReplaceTempView("calls_view")
    spark.sql("DROP TABLE IF EXISTS calls")
    spark.sql(
        "CREATE TABLE calls (timestamp STRING, tenant_id STRING, model STRING) "
        f"USING parquet LOCATION '{folder}'"
    )
    table = SparkRequestLog(spark, Source("default.calls"))
    view = SparkRequestLog(spark, Source("calls_view"))
    assert table.scan("org_abc", MONTH).sightings == ()
    assert len(view.scan("org_abc", MONTH).sightings) == 1
    pq.write_table(pa.Table.from_pylist([row("new")], NATIVE_COLUMNS), folder / "new.parquet")
    assert [s.model_id for s in table.scan("org_abc", MONTH).sightings] == ["new"]
    spark.sql("DROP TABLE calls")


def test_json_lines_with_nested_fields_and_lines_that_are_none(spark, tmp_path):
    at = NOW.timestamp() - 1
    lines = [
        json.dumps({"at": at, "called": {"id": "gpt-4o"}, "who": {"org.id": "org_abc"}}),
        json.dumps({"at": at, "called": {"id": "o3"}, "who": {"org.id": "org_xyz"}}),
        json.dumps({"at": None, "called": {"id": "o3"}, "who": {"org.id": "org_abc"}}),
        '{"at": 177',
    ]
    (tmp_path / "calls.jsonl").write_text("\n".join(lines))
    view = spark.read.json(str(tmp_path)).selectExpr(
        "at", "called", "map('org.id', who.`org.id`, 'x', 'y') AS who"
    )
    view.createOrReplaceTempView("mapped")
    shape = Shape(time="at", model="called.id", tenant=None)
    scan = SparkRequestLog(spark, Source(str(tmp_path), "json"), shape).scan("org_abc", MONTH)
    assert [s.model_id for s in scan.sightings] == ["gpt-4o", "o3"]
    assert scan.rows_broken == 2
    assert any("not JSON" in example for example in scan.examples)
    assert any("at is not a time" in example for example in scan.examples)

    shape = Shape(time="at", model="called.id", tenant="who.x")
    mapped = SparkRequestLog(spark, Source("mapped"), shape)
    assert [s.model_id for s in mapped.scan("y", MONTH).sightings] == ["gpt-4o", "o3"]
    assert mapped.scan("org_abc", MONTH).sightings == ()


def test_only_the_groups_come_back_and_no_more_of_them_than_allowed(spark):
    spark.range(300_000).selectExpr(
        f"timestamp_micros({int(NOW.timestamp())}000000 - id) AS timestamp",
        "'org_abc' AS tenant_id",
        "concat('m', id) AS model",
    ).createOrReplaceTempView("flood")
    with pytest.raises(TooManyModels):
        SparkRequestLog(spark, Source("flood"), max_models=10).scan("org_abc", MONTH)


def test_numbers_and_collations_mean_what_they_say(spark):
    spark.sql(
        "SELECT TIMESTAMP '2026-03-12 10:00:00Z' AS timestamp, 42L AS tenant_id, model "
        "FROM VALUES ('gpt-4o'), ('GPT-4o'), (' '), ('') AS t(model)"
    ).createOrReplaceTempView("plain")
    spark.sql(
        "SELECT timestamp, CAST(tenant_id AS STRING) COLLATE UTF8_LCASE AS tenant_id, "
        "model COLLATE UTF8_LCASE AS model FROM plain"
    ).createOrReplaceTempView("caseless")
    for name in ("plain", "caseless"):
        log = SparkRequestLog(spark, Source(name))
        assert [s.model_id for s in log.scan("42", MONTH).sightings] == ["GPT-4o", "gpt-4o"], name
        assert log.scan("4", MONTH).sightings == ()
    spark.sql("SELECT timestamp, tenant_id, 7 AS model FROM plain").createOrReplaceTempView("odd")
    assert SparkRequestLog(spark, Source("odd")).scan("42", MONTH).rows_broken == 4


def test_what_sparks_errors_say_is_one_clear_line(spark, tmp_path):
    with pytest.raises(RequestLogError, match="no_such_table") as caught:
        SparkRequestLog(spark, Source("no_such_table"))
    assert "\n" not in str(caught.value)
    with pytest.raises(RequestLogError, match=r"cannot be opened.*PATH_NOT_FOUND"):
        SparkRequestLog(spark, Source(str(tmp_path / "none"), "parquet"))
    with pytest.raises(RequestLogError, match="no column 'modl'; there are: timestamp, tenant_id"):
        SparkRequestLog(spark, _written(tmp_path, []), Shape(model="modl"))
    source = _written(tmp_path, [row("gpt-4o")])
    log = SparkRequestLog(spark, source)
    (tmp_path / source.name / "part-0.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(RequestLogError, match="cannot be read"):
        log.scan("org_abc", MONTH)
    spark.sql("SELECT true AS timestamp, 'a' AS model").createOrReplaceTempView("no_time")
    with pytest.raises(RequestLogError, match="is of type boolean"):
        SparkRequestLog(spark, Source("no_time"), Shape(tenant=None)).scan("org_abc", MONTH)
