"""Parquet logs: only what is needed is read, files may differ, damage is an error."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model_registry.domain.request_log import LogScan, Shape
from model_registry.errors import RequestLogError, TooManyModels
from model_registry.testing.request_log_contract import MONTH, NOW
from model_registry_parquet import ParquetRequestLog, parquet_log, pruning

DAY = timedelta(days=1)


def table(
    model: str = "gpt-4o",
    *,
    tenants: Iterable[str] = ("org_abc",),
    times: Iterable[datetime] = (NOW,),
    unit: str = "us",
) -> pa.Table:
    rows = [(tenant, at) for tenant in tenants for at in times]
    return pa.table(
        {
            "model": [model] * len(rows),
            "tenant_id": [tenant for tenant, _ in rows],
            "timestamp": pa.array([at for _, at in rows], pa.timestamp(unit, "UTC")),
            "prompt": ["secret"] * len(rows),
        }
    )


def scanned(path: Path, **options: Any) -> LogScan:
    return ParquetRequestLog(path, **options).scan("org_abc", MONTH)


def counts(scan: LogScan) -> dict[str, int]:
    return {sighting.model_id: sighting.requests for sighting in scan.sightings}


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[int]]:
    """Collect of which row groups each column is read."""
    read: dict[str, list[int]] = {}
    read_row_group = pq.ParquetFile.read_row_group

    def noted(self: pq.ParquetFile, group: int, *, columns: list[str], use_threads: bool) -> Any:
        for column in columns:
            read.setdefault(column, []).append(group)
            read[column].sort()
        return read_row_group(self, group, columns=columns, use_threads=use_threads)

    monkeypatch.setattr(pq.ParquetFile, "read_row_group", noted)
    return read


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_row_groups_of_another_time_are_not_read(
    tmp_path: Path, unit: str, read: dict[str, list[int]]
) -> None:
    times = [NOW - day * DAY for day in range(60)]
    pq.write_table(table(times=times, unit=unit), tmp_path / "log.parquet", row_group_size=10)
    scan = scanned(tmp_path)
    assert counts(scan) == {"gpt-4o": 31}
    assert scan.rows_read == 60
    assert set(read) == {"model", "tenant_id", "timestamp"}
    assert read["model"] == [0, 1, 2, 3]


def test_row_groups_of_other_tenants_are_not_read(
    tmp_path: Path, read: dict[str, list[int]]
) -> None:
    tenants = [f"org_{name}" for name in ("aaa", "abb", "abc", "abd", "zzz")]
    pq.write_table(table(tenants=tenants), tmp_path / "log.parquet", row_group_size=1)
    assert counts(scanned(tmp_path)) == {"gpt-4o": 1}
    assert read == {"tenant_id": [2], "model": [2], "timestamp": [2]}


def test_of_a_row_group_without_the_tenant_no_times_are_read(
    tmp_path: Path, read: dict[str, list[int]]
) -> None:
    pq.write_table(table(tenants=["org_aaa", "org_zzz"]), tmp_path / "log.parquet")
    assert counts(scanned(tmp_path)) == {}
    assert read == {"tenant_id": [0], "model": [0]}


def test_times_that_make_no_difference_are_not_read(
    tmp_path: Path, read: dict[str, list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_log, "_MOST_AT_ONCE", 1)
    times = [NOW - hour * DAY / 24 for hour in range(200)]
    common = table("gpt-4o", times=times)
    rare = table("o3", times=[NOW - DAY, NOW - 4 * DAY, NOW - 7 * DAY])
    rows = pa.concat_tables([common, rare]).sort_by("timestamp")
    pq.write_table(rows, tmp_path / "log.parquet", row_group_size=10)
    gpt, o3 = scanned(tmp_path).sightings
    assert (gpt.requests, gpt.first_seen_at, gpt.last_seen_at) == (200, times[-1], times[0])
    assert (o3.requests, o3.first_seen_at, o3.last_seen_at) == (3, NOW - 7 * DAY, NOW - DAY)
    assert read["model"] == list(range(21))
    with_o3 = [3, 17]
    assert read["timestamp"] == [0, *with_o3, 20]


def test_row_groups_with_a_broken_row_are_read(tmp_path: Path) -> None:
    far = table(times=[NOW - 400 * DAY])
    lacking = far.set_column(2, "timestamp", pa.array([None], far.schema.field(2).type))
    pq.write_table(pa.concat_tables([far, lacking]), tmp_path / "log.parquet")
    scan = scanned(tmp_path)
    assert (scan.rows_read, scan.rows_broken) == (2, 1)
    assert scan.examples == (f"{tmp_path}/log.parquet, row 2: timestamp is not a time",)


def test_row_numbers_count_the_groups_that_are_passed_over(tmp_path: Path) -> None:
    far = table(times=[NOW - 400 * DAY] * 7)
    lacking = table().set_column(2, "timestamp", pa.array([None], pa.timestamp("us", "UTC")))
    pq.write_table(pa.concat_tables([far, lacking]), tmp_path / "log.parquet", row_group_size=2)
    assert scanned(tmp_path).examples[0].endswith("row 8: timestamp is not a time")


def test_folders_of_other_tenants_are_not_opened(tmp_path: Path) -> None:
    for tenant in ("org_abc", "org_xyz"):
        folder = tmp_path / f"tenant_id={tenant}" / "date=2026-03-13"
        folder.mkdir(parents=True)
        pq.write_table(table(tenants=["believed no more"]), folder / "a.parquet")
    (tmp_path / "tenant_id=org_xyz" / "broken.parquet").write_bytes(b"PAR1")
    assert counts(scanned(tmp_path)) == {"gpt-4o": 1}


def test_folders_may_name_model_and_time(tmp_path: Path) -> None:
    for day in ("2026-03-01", "2025-03-01"):
        folder = tmp_path / f"model=a%2Fb/day={day}"
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"tenant_id": ["org_abc"] * 3}), folder / "a.parquet")
    (sighting,) = scanned(tmp_path, shape=Shape(time="day")).sightings
    assert (sighting.model_id, sighting.requests) == ("a/b", 3)
    assert sighting.first_seen_at == datetime(2026, 3, 1, tzinfo=UTC)


def test_fields_come_and_go(tmp_path: Path) -> None:
    whole = table()
    files = {
        "a-whole": whole,
        "b-no-model": whole.drop_columns("model"),
        "c-no-tenant": whole.drop_columns("tenant_id"),
        "d-no-time": whole.drop_columns("timestamp"),
        "e-no-rows": whole.slice(0, 0),
        "f-no-columns": pa.table({"else": [1]}),
        "g-text-times": whole.set_column(2, "timestamp", pa.array([NOW.isoformat()])),
        "h-numbers": whole.set_column(2, "timestamp", pa.array([int(NOW.timestamp())])),
        "i-fractions": whole.set_column(2, "timestamp", pa.array([NOW.timestamp()])),
        "j-dictionary": whole.set_column(0, "model", whole.column("model").dictionary_encode()),
    }
    for name, content in files.items():
        pq.write_table(content, tmp_path / f"{name}.parquet")
    scan = scanned(tmp_path)
    assert counts(scan) == {"gpt-4o": 5}
    assert (scan.rows_read, scan.rows_broken) == (9, 1)
    assert scan.examples == (f"{tmp_path}/d-no-time.parquet, row 1: timestamp is not a time",)


def test_a_log_without_tenants_is_all_the_tenants_own(tmp_path: Path) -> None:
    pq.write_table(table(tenants=["x", "y"]), tmp_path / "log.parquet")
    assert counts(scanned(tmp_path, shape=Shape(tenant=None))) == {"gpt-4o": 2}


def test_text_that_is_not_utf8_is_a_broken_row(tmp_path: Path) -> None:
    raw = pa.array([b"\xff", b"gpt-4o", b"\xff", None]).view(pa.string())
    rows = table(times=[NOW] * 4).set_column(0, "model", raw)
    pq.write_table(rows, tmp_path / "log.parquet")
    scan = scanned(tmp_path)
    assert counts(scan) == {"gpt-4o": 1}
    assert (scan.rows_broken, scan.examples[0].rpartition(": ")[2]) == (2, "model is not UTF-8")


@pytest.mark.parametrize("damage", ["empty", "cut", "not-parquet", "page"])
def test_a_damaged_file_is_an_error_that_names_it(tmp_path: Path, damage: str) -> None:
    pq.write_table(table(), tmp_path / "good.parquet")
    bad = tmp_path / "bad.parquet"
    pq.write_table(table(times=[NOW] * 5_000), bad, compression="zstd")
    content = bytearray(bad.read_bytes())
    match damage:
        case "empty":
            content = bytearray()
        case "cut":
            content = content[:-30]
        case "not-parquet":
            content = bytearray(b"{}\n")
        case "page":
            content[4:80] = bytes(76)
    bad.write_bytes(content)
    with pytest.raises(RequestLogError, match=r"bad\.parquet cannot be read: ") as caught:
        scanned(tmp_path)
    assert "\n" not in str(caught.value)


def test_more_models_in_one_batch_than_allowed_is_an_error(tmp_path: Path) -> None:
    rows = pa.table(
        {
            "model": [f"m{number}" for number in range(1_000)],
            "tenant_id": ["org_abc"] * 1_000,
            "timestamp": [NOW] * 1_000,
        }
    )
    pq.write_table(rows, tmp_path / "log.parquet")
    assert len(scanned(tmp_path, max_models=1_000).sightings) == 1_000
    with pytest.raises(TooManyModels):
        scanned(tmp_path, max_models=999)


def test_progress_is_told_in_bytes_of_all_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_log, "_MOST_AT_ONCE", 1)
    for name in "abc":
        pq.write_table(table(times=[NOW] * 100), tmp_path / f"{name}.parquet", row_group_size=20)
    heard: list[tuple[int, int | None]] = []
    ParquetRequestLog(tmp_path).scan("org_abc", MONTH, lambda done, of: heard.append((done, of)))
    total = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert heard == sorted(heard)
    assert heard[-1] == (total, total)
    assert len(heard) > 10


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_the_ends_of_a_period_in_whole_numbers(unit: str) -> None:
    for micros in (-1_000_001, -1, 0, 1, 999, 1_000, 999_999, 1_000_000):
        at = pruning.instant(0, unit) + timedelta(microseconds=micros)
        first, last = pruning.within(type(MONTH)(at, at), unit)
        assert pruning.instant(first - 1, unit) < at <= pruning.instant(first, unit)
        assert pruning.instant(last, unit) <= at < pruning.instant(last + 1, unit)
