"""Request logs in files keep what every request log keeps."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from model_registry.domain.instants import read_instant
from model_registry.ports import RequestLog
from model_registry.testing import RequestLogContract
from model_registry_parquet import JsonLinesRequestLog, ParquetRequestLog

Row = dict[str, Any]


def json_lines(rows: Sequence[Row]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


class TestJsonLines(RequestLogContract):
    def make_log(self, rows: Sequence[Row], folder: Path, **options: Any) -> RequestLog:
        (folder / "requests.jsonl").write_bytes(json_lines(rows))
        return JsonLinesRequestLog(folder / "requests.jsonl", **options)


class TestGzipInSeveralFiles(RequestLogContract):
    def make_log(self, rows: Sequence[Row], folder: Path, **options: Any) -> RequestLog:
        for part in range(3):
            content = gzip.compress(json_lines(rows[part::3]))
            (folder / f"{part}.jsonl.gz").write_bytes(content)
        return JsonLinesRequestLog(folder / "*.gz", **options)


class TestParquetWithTextTimes(RequestLogContract):
    def make_log(self, rows: Sequence[Row], folder: Path, **options: Any) -> RequestLog:
        _write(list(rows), folder / "requests.parquet")
        return ParquetRequestLog(folder / "requests.parquet", **options)


class TestParquetWithTimestampsInHivePartitions(RequestLogContract):
    def make_log(self, rows: Sequence[Row], folder: Path, **options: Any) -> RequestLog:
        for tenant in {row["tenant_id"] for row in rows} | {"other"}:
            (folder / f"tenant_id={tenant.replace('%', '%25')}").mkdir()
            own = [
                {**row, "timestamp": read_instant(row["timestamp"])}
                for row in rows
                if row["tenant_id"] == tenant
            ]
            for row in own:
                del row["tenant_id"]
            _write(own, folder / f"tenant_id={tenant.replace('%', '%25')}" / "part-0.parquet")
        return ParquetRequestLog(folder, **options)


def _write(rows: list[Row], path: Path) -> None:
    table = pa.Table.from_pylist(rows) if rows else pa.table({"model": pa.array([], pa.string())})
    pq.write_table(table, path, row_group_size=4)
