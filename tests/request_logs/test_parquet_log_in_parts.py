"""However a log is cut into files, row groups, pages and batches, it says what its rows say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import run
from sys import executable
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import attrs
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_registry.domain.request_log import Period
from model_registry_memory import IterableRequestLog
from model_registry_parquet import ParquetRequestLog, parquet_log, parquet_rows, row_group

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PERIOD = Period(NOON - timedelta(hours=20), NOON + timedelta(hours=20))
Row = dict[str, Any]

TEXTS = [
    pa.string(),
    pa.large_string(),
    pa.string_view(),
    pa.dictionary(pa.int32(), pa.string()),
    pa.dictionary(pa.int8(), pa.large_string()),
]
TIMES = [
    *(pa.timestamp(unit, zone) for unit in ("s", "ms", "us") for zone in ("UTC", None)),
    pa.int64(),
    pa.string(),
]
rows = st.fixed_dictionaries(
    {
        "model": st.sampled_from(["gpt-4o"] * 6 + ["o3", "GPT-4o", "ünï", "", " ", None]),
        "tenant_id": st.sampled_from(["org_abc"] * 4 + ["org_xyz", "", None]),
        "timestamp": st.integers(-30, 30).map(lambda hours: NOON + timedelta(hours=hours))
        | st.sampled_from([None, datetime(9999, 12, 31, tzinfo=UTC)]),
    }
)


@attrs.frozen
class File:
    """Rows, and how they are written."""

    rows: list[Row]
    texts: pa.DataType
    times: pa.DataType
    in_order: bool
    options: dict[str, Any]

    def table(self) -> pa.Table:
        """Return the rows, in the order of their times or as they came."""
        rows = self.rows
        if self.in_order:
            rows = sorted(rows, key=lambda row: row["timestamp"] or NOON)
        columns = {name: [row[name] for row in rows] for name in ("model", "tenant_id")}
        return pa.table(
            {
                "other": pa.array(range(len(rows))),
                **{name: pa.array(column, self.texts) for name, column in columns.items()},
                "timestamp": pa.array([self._time(row["timestamp"]) for row in rows], self.times),
            }
        )

    def _time(self, at: datetime | None) -> object:
        if at is None or pa.types.is_timestamp(self.times):
            return at
        return at.isoformat() if pa.types.is_string(self.times) else int(at.timestamp())


options = st.fixed_dictionaries(
    {
        "row_group_size": st.integers(1, 8),
        "use_dictionary": st.booleans(),
        "dictionary_pagesize_limit": st.sampled_from([1, 10, 2**20]),
        "write_batch_size": st.integers(1, 3),
        "data_page_size": st.sampled_from([1, 2**20]),
        "data_page_version": st.sampled_from(["1.0", "2.0"]),
        "write_statistics": st.booleans(),
        "store_schema": st.booleans(),
    }
)
files = st.builds(
    File,
    st.lists(rows, max_size=30),
    st.sampled_from(TEXTS),
    st.sampled_from(TIMES),
    st.booleans(),
    options,
)


def said(log: ParquetRequestLog | IterableRequestLog) -> tuple[Any, ...]:
    scan = log.scan("org_abc", PERIOD)
    return scan.sightings, scan.rows_read, scan.rows_broken


@given(
    files=st.lists(files, min_size=1, max_size=5),
    threads=st.integers(1, 3),
    at_once=st.integers(1, 3),
    batch=st.sampled_from([2, 2**20]),
    column=st.sampled_from([1, 2**20]),
    waiting=st.sampled_from([0, 2**20]),
    in_vain=st.sampled_from([0, 1000]),
)
@settings(max_examples=150, deadline=None)
def test_files_of_any_make(files: list[File], **limits: int) -> None:
    with (
        TemporaryDirectory() as folder,
        patch.object(parquet_log, "_processors", return_value=limits["threads"]),
        patch.object(parquet_log, "_MOST_AT_ONCE", limits["at_once"]),
        patch.object(row_group, "_MOST_ROWS", limits["batch"]),
        patch.object(row_group, "_MOST_BYTES", limits["column"]),
        patch.object(parquet_rows, "_MOST_WAITING", limits["waiting"]),
        patch.object(parquet_rows, "_MOST_IN_VAIN", limits["in_vain"]),
    ):
        meant: list[Row] = []
        for number, file in enumerate(files):
            table = file.table()
            pq.write_table(table, Path(folder) / f"{number}.parquet", **file.options)
            meant += table.to_pylist()
        assert said(ParquetRequestLog(folder)) == said(IterableRequestLog(meant))


@pytest.mark.parametrize("batch", [2, 3, 2**20])
def test_examples_are_of_the_first_rows_whoever_reads_them(tmp_path: Path, batch: int) -> None:
    lacking = pa.table({"model": ["m"] * 7, "tenant_id": ["org_xyz", *["org_abc"] * 6]})
    for name in "abcdef":
        pq.write_table(lacking, tmp_path / f"{name}.parquet", row_group_size=4)
    with (
        patch.object(parquet_log, "_MOST_AT_ONCE", 1),
        patch.object(row_group, "_MOST_ROWS", batch),
    ):
        scan = ParquetRequestLog(tmp_path).scan("org_abc", PERIOD)
    places = [f"{tmp_path}/a.parquet, row {row}" for row in range(2, 7)]
    assert scan.rows_broken == 36
    assert scan.examples == tuple(f"{place}: timestamp is not a time" for place in places)


_HOSTILE = r"""
import re, sys
from datetime import UTC, datetime
from pathlib import Path
from model_registry.domain.request_log import Period
from model_registry.errors import TooManyModels
from model_registry_parquet import ParquetRequestLog

def peak():
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) // 1024

day = Period(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC))
small, large = (ParquetRequestLog(path, max_models=10_000) for path in sys.argv[1:])
small.scan("bystander", day)
before = peak()
(sighting,) = large.scan("bystander", day).sightings
try:
    large.scan("attacker", day)
except TooManyModels:
    print(peak() - before)
"""


@pytest.mark.parametrize("use_dictionary", [True, False])
def test_memory_is_bounded_when_every_id_is_another(tmp_path: Path, use_dictionary: bool) -> None:
    count, often = 400_000, 1_000
    rows = pa.table(
        {
            "model": [f"{number:0200}" if number % often else "gpt" for number in range(count)],
            "tenant_id": ["attacker" if number % often else "bystander" for number in range(count)],
            "timestamp": pa.array([NOON.replace(tzinfo=None)] * count, pa.timestamp("us")),
        }
    )
    logs = tmp_path / "small.parquet", tmp_path / "large.parquet"
    for log, some in zip(logs, (rows.slice(0, often), rows), strict=True):
        pq.write_table(some, log, use_dictionary=use_dictionary)
    told = run([executable, "-c", _HOSTILE, *logs], capture_output=True, text=True, check=True)
    assert rows.nbytes > 80 * 2**20
    assert int(told.stdout) < 180
