"""What Databricks is asked, as its golden file has it, is understood by the Spark that it runs."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("spark")

GOLDEN = Path(__file__).parents[1] / "backends/golden/databricks.sql"
TIMES = {
    "TIMESTAMP": "TIMESTAMP '2026-03-13 02:00:00+02:00'",
    "TIMESTAMP_NTZ": "TIMESTAMP_NTZ '2026-03-13 00:00:00'",
    "STRING": "'2026-03-13 00:00:00Z'",
    "BIGINT": "1773360000000L",
}
TOLD = {
    "TIMESTAMP": 1773360000000000,
    "TIMESTAMP_NTZ": "2026-03-13 00:00:00",
    "STRING": "2026-03-13T00:00:00",
    "BIGINT": 1773360000000,
}


@pytest.mark.parametrize("statement", GOLDEN.read_text(encoding="utf-8").split("\n\n"))
def test_databricks_sql_is_spark_sql(spark, statement):
    kind = statement.partition("\n")[0].removeprefix("-- ")
    spark.sql(
        f"SELECT {TIMES[kind]} AS timestamp, 'gpt-4o' AS model, 'org_abc' AS tenant_id "
        "UNION ALL SELECT NULL, 'gpt-4o', 'org_abc' UNION ALL SELECT NULL, 'o3', 'org_xyz'"
    ).createOrReplaceTempView("calls")
    values = dict(re.findall(r"^-- (\w+) = (.+)$", statement, re.MULTILINE))
    asked = re.sub(r":`(\w+)`", r":\1", statement)
    (group,) = spark.sql(
        asked, {n: ast.literal_eval(value) for n, value in values.items()}
    ).collect()
    assert tuple(group) == ("gpt-4o", None, 2, 1, TOLD[kind], TOLD[kind])
