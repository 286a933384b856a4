"""Spark reads a time as ``read_time`` does, in every form, whatever the session's time zone."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model_registry.domain.request_log import Period, RowReader, Shape, SightingTally
from model_registry.testing.request_log_contract import MONTH, NOW
from model_registry_spark import Source, SparkRequestLog

pytestmark = pytest.mark.xdist_group("spark")

TICK = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOMENTS = [
    end + moved
    for end, moved in product(
        (MONTH.since, MONTH.until, NOW - timedelta(days=12)),
        (-TICK, timedelta(0), TICK, timedelta(hours=-5), timedelta(hours=4, seconds=0.5)),
    )
] + [EPOCH - timedelta(seconds=1.5), datetime(1583, 1, 1, tzinfo=UTC)]
# the hour that New York does not have, and the one that it has twice
MOMENTS += [datetime(2026, 3, 8, 2, 30, tzinfo=UTC), datetime(2025, 11, 2, 1, 30, tzinfo=UTC)]
FORMS = [
    lambda at: at.replace(tzinfo=None).isoformat() + "Z",
    lambda at: at.isoformat(sep=" "),
    lambda at: at.replace(tzinfo=None).isoformat(),
    lambda at: at.replace(tzinfo=None).isoformat(timespec="microseconds") + "999Z",
    lambda at: at.replace(tzinfo=None).isoformat(timespec="microseconds") + "9999999Z",
    lambda at: (at + timedelta(hours=2)).replace(tzinfo=None).isoformat() + "+02:00",
    lambda at: (at - timedelta(hours=23)).replace(tzinfo=None).isoformat() + "-23:00",
    lambda at: at.strftime("%Y%m%dT%H%M%SZ"),
    lambda at: at.strftime("%G-W%V-%uT%H:%M:%S"),
    lambda at: at.strftime("%Y-%m-%dT%H:%M"),
    lambda at: at.date().isoformat(),
]
GARBAGE = ["", "yesterday", "2026-02-30T10:00:00Z", "2026-03-01T25:00:00Z", "9999", None]
GARBAGE += ["2026-03-01T10:00:61Z", "2026-03-01T10:00:00 UTC", "2026-03-01T10:00:00+25:00"]
EACH = {"s": 10**-6, "ms": 10**-3, "us": 1, "ns": 1000}


def _numbers(unit):
    micros = [(at - EPOCH) / TICK * EACH[unit] for at in MOMENTS]
    return [*micros, *(math.nextafter(n, math.inf) for n in micros), None, math.inf]


KINDS = {
    "texts": (pa.string(), "s", [form(at) for form in FORMS for at in MOMENTS] + GARBAGE),
    "with-zone": (pa.timestamp("us", tz="UTC"), "s", [*MOMENTS, None]),
    "without-zone": (
        pa.timestamp("us"),
        "s",
        [*(at.replace(tzinfo=None) for at in MOMENTS), None],
    ),
    "decimals": (
        pa.decimal128(20, 7),
        "s",
        [Decimal((at - EPOCH) // TICK) / 10**6 + Decimal("0.0000004") for at in MOMENTS] + [None],
    ),
} | {
    f"{name}-{unit}": (kind, unit, [cast(number) for number in _numbers(unit)])
    for unit in EACH
    for name, kind, cast in (
        ("floats", pa.float64(), lambda number: number),
        (
            "whole",
            pa.int64(),
            lambda number: None if number is None or abs(number) > 2**62 else math.floor(number),
        ),
    )
}


def _said(times, shape, period):
    """Return what ``RowReader`` says of a row of each time, each of its own model."""
    reader, tally, broken = RowReader(shape, "org_abc", period), SightingTally(), 0
    for number, time in enumerate(times):
        plain = float(time) if isinstance(time, Decimal) else time
        try:
            sighting = reader.read({"timestamp": plain, "model": f"m{number}"})
        except ValueError:
            broken += plain != math.inf  # which a database passes over
        else:
            if sighting is not None:
                tally.add(sighting)
    return tally.total(), broken


@pytest.mark.parametrize("name", KINDS)
def test_a_time_is_what_read_time_says(spark, tmp_path, name):
    kind, unit, times = KINDS[name]
    models = [f"m{number}" for number in range(len(times))]
    table = pa.table({"timestamp": pa.array(times, kind), "model": models})
    pq.write_table(table, tmp_path / "log.parquet")
    shape = Shape(tenant=None, time_unit=unit)

    scan = SparkRequestLog(spark, Source(str(tmp_path), "parquet"), shape).scan("org_abc", MONTH)
    assert (scan.sightings, scan.rows_broken) == _said(times, shape, MONTH)
    assert len(scan.sightings) > len(MOMENTS) / 3


def test_all_of_time_is_a_period(spark):
    spark.sql(
        "SELECT '0001-01-01T00:00:00Z' AS timestamp, 'first' AS model "
        "UNION ALL SELECT '9999-12-31 23:59:59.999999', 'last'"
    ).createOrReplaceTempView("all_of_time")
    always = Period(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
    for column in ("timestamp", "CAST(timestamp AS TIMESTAMP_NTZ) AS timestamp"):
        spark.table("all_of_time").selectExpr(column, "model").createOrReplaceTempView("view")
        scan = SparkRequestLog(spark, Source("view"), Shape(tenant=None)).scan("any", always)
        assert [s.first_seen_at for s in scan.sightings] == [always.since, always.until]
