"""Whatever a file holds, its log says what ``RowReader`` says of the same rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_registry.domain.request_log import LogScan, Period, Shape
from model_registry_memory import IterableRequestLog
from model_registry_parquet import JsonLinesRequestLog, ParquetRequestLog

PERIOD = Period(datetime(2026, 2, 1, 0, 0, 0, 5, UTC), datetime(2026, 3, 1, 0, 0, 0, 7, UTC))
TENANT = "org_abc"
TICK = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EDGES = [at + step for at in (PERIOD.since, PERIOD.until) for step in (-TICK, 0 * TICK, TICK)]

Row = dict[str, Any]


def said(log: JsonLinesRequestLog | ParquetRequestLog | IterableRequestLog) -> tuple[Any, ...]:
    scan: LogScan = log.scan(TENANT, PERIOD)
    return scan.sightings, scan.rows_read, scan.rows_broken


def as_json(rows: Sequence[object], shape: Shape, *, by: str = "\n") -> tuple[Any, ...]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "log.jsonl"
        path.write_bytes("".join(json.dumps(row) + by for row in rows).encode())
        return said(JsonLinesRequestLog(path, shape))


def as_parquet(table: pa.Table, shape: Shape) -> tuple[Any, ...]:
    with TemporaryDirectory() as folder:
        pq.write_table(table, Path(folder) / "log.parquet", row_group_size=3)
        return said(ParquetRequestLog(folder, shape))


def defined(rows: Sequence[Any], shape: Shape) -> tuple[Any, ...]:
    return said(IterableRequestLog(rows, shape))


iso = (
    st.sampled_from(EDGES)
    | st.integers(-30 * 86_400, 60 * 86_400).map(lambda s: PERIOD.since + timedelta(seconds=s))
).flatmap(
    lambda at: st.sampled_from(
        [
            at.isoformat(),
            at.isoformat().replace("+00:00", "Z"),
            at.replace(tzinfo=None).isoformat(" "),
            at.astimezone(tz=None).isoformat(),
            (at + timedelta(hours=2)).isoformat().replace("+00:00", "+02:00"),
            at.date().isoformat(),
        ]
    )
)
numbers = st.integers(1_769_000_000, 1_773_000_000) | st.floats(1.769e9, 1.773e9)
odd = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        1e300,
        -(2**70),
        2**80,
        "",
        " ",
        "soon",
        "0001-01-01T00:00:00+14:00",
        [],
        {},
    ]
)
models = st.sampled_from(["gpt-4o", "GPT-4o", "ünï", "", " ", "\u2003", None, 5, True, [], {}, 0])
tenants = st.sampled_from([TENANT, TENANT, TENANT, "org_xyz", "", None, 7, {}])
times = iso | numbers | odd


def rows_of(fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[list[Any]]:
    row = st.fixed_dictionaries({}, optional={**fields, "prompt": st.text(max_size=5)})
    return st.lists(row | st.sampled_from([[], 5, "text", None, [5]]), max_size=12)


@given(
    rows=rows_of({"timestamp": times, "model": models, "tenant_id": tenants}),
    unit=st.sampled_from(["s", "ms", "us", "ns"]),
    by=st.sampled_from(["\n", "\r\n", "\n\n", "\n \t\n"]),
)
@settings(max_examples=150, deadline=None)
def test_flat_json(rows: list[Any], unit: str, by: str) -> None:
    shape = Shape(time_unit=unit)
    assert as_json(rows, shape, by=by) == defined(rows, shape)


nested = st.fixed_dictionaries({}, optional={"org": tenants, "at": times, "x": st.just([1])})


@given(
    rows=rows_of(
        {
            "meta": nested | odd,
            "meta.org": tenants,
            "meta.call": models,
            "model": models,
            "meta.call.model": models,
            "at": times,
        }
    ),
    shape=st.sampled_from(
        [
            Shape(time="meta.at", tenant="meta.org", model="model"),
            Shape(time="at", tenant="meta.org", model="meta.call.model"),
            Shape(time="meta.at", tenant=None, model="meta.call"),
            Shape(time="at", tenant="meta", model="meta.org"),
            Shape(time="at", tenant=None, model="model"),
            Shape(time="meta.at | at", tenant="meta.org", model="model | meta.call.model"),
            Shape(time="at", tenant=None, model="model", where={"meta[org]": TENANT}),
            Shape(time="at", tenant="org | meta[org]", model="model", rows="meta.call"),
            Shape(time="at", tenant=None, model="meta{}.call", unless={"meta.org": TENANT}),
        ]
    ),
)
@settings(max_examples=200, deadline=None)
def test_nested_json(rows: list[Any], shape: Shape) -> None:
    assert as_json(rows, shape) == defined(rows, shape)


UNITS = {"s": 10**6, "ms": 10**3, "us": 1}
near = st.sampled_from(EDGES) | st.integers(-(10**11), 3 * 10**12).map(
    lambda micros: PERIOD.since + micros * TICK
)
columns = st.fixed_dictionaries(
    {
        "model": st.sampled_from(
            [
                pa.string(),
                pa.large_string(),
                pa.string_view(),
                pa.dictionary(pa.int32(), pa.string()),
                pa.int64(),
                pa.null(),
                None,
            ]
        ),
        "tenant_id": st.sampled_from(
            [pa.string(), pa.string(), pa.dictionary(pa.int8(), pa.string()), pa.int32(), None]
        ),
        "timestamp": st.sampled_from(
            [
                *(pa.timestamp(unit, zone) for unit in ("s", "ms", "us") for zone in ("UTC", None)),
                pa.timestamp("us", "Europe/Berlin"),
                pa.int64(),
                pa.int32(),
                pa.float64(),
                pa.string(),
                pa.dictionary(pa.int32(), pa.string()),
                pa.date32(),
                pa.bool_(),
                None,
            ]
        ),
    }
)


def time_value(kind: pa.DataType, at: datetime, unit: str) -> Any:
    micros = (at - EPOCH) // TICK
    written = {
        "int32": micros // UNITS["s"],
        "int64": micros * 1000 + 999 if unit == "ns" else micros // UNITS[unit],
        "double": at.timestamp(),
        "string": at.isoformat(),
        "dictionary<values=string, indices=int32, ordered=0>": at.isoformat(),
        "date32[day]": at.date(),
        "bool": True,
    }
    if str(kind) in written:
        return written[str(kind)]
    return EPOCH + micros // UNITS[kind.unit] * UNITS[kind.unit] * TICK


@given(
    kinds=columns,
    given_rows=st.lists(
        st.tuples(
            st.sampled_from(["gpt-4o", "o3", "ünï", "", " ", None]),
            st.sampled_from([TENANT, TENANT, TENANT, "org_xyz", None]),
            near | st.none(),
        ),
        max_size=12,
    ),
    unit=st.sampled_from(["s", "ms", "us", "ns"]),
)
@settings(max_examples=250, deadline=None)
def test_parquet_columns_of_any_type(
    kinds: dict[str, pa.DataType | None], given_rows: list[tuple[Any, ...]], unit: str
) -> None:
    texts = {"model": 0, "tenant_id": 1}
    arrays = {"other": pa.array([1] * len(given_rows), pa.int64())}
    for name, kind in kinds.items():
        if kind is None:
            continue
        if name in texts:
            values = [row[texts[name]] for row in given_rows]
            if pa.types.is_integer(kind) or pa.types.is_null(kind):
                values = [
                    None if value is None or pa.types.is_null(kind) else 5 for value in values
                ]
        else:
            values = [
                None if row[2] is None else time_value(kind, row[2], unit) for row in given_rows
            ]
        arrays[name] = pa.array(values, kind)
    table = pa.table(arrays)
    shape = Shape(time_unit=unit)
    assert as_parquet(table, shape) == defined(table.to_pylist(), shape)


@pytest.mark.parametrize("ticks", [-(2**63), 2**63 - 1, 2**55, 0])
@pytest.mark.parametrize("kind", ["ms", "us", "ns", "int"])
def test_times_that_no_datetime_can_be_are_broken(ticks: int, kind: str) -> None:
    ok = [(at - EPOCH) // TICK // UNITS["s"] for at in EDGES]
    array = pa.array([ticks, *ok], pa.int64())
    table = pa.table(
        {
            "model": ["gpt-4o"] * len(array),
            "tenant_id": [TENANT] * len(array),
            "timestamp": array if kind == "int" else array.cast(pa.timestamp(kind)),
        }
    )
    unit = "s" if kind == "int" else kind
    meant = [
        {"model": "gpt-4o", "tenant_id": TENANT, "timestamp": value} for value in array.to_pylist()
    ]
    assert as_parquet(table, Shape()) == defined(meant, Shape(time_unit=unit))


def test_nanoseconds_are_cut_off() -> None:
    micros = [(at - EPOCH) // TICK for at in EDGES]
    nanos = [micro * 1000 + more for micro in micros for more in (0, 1, 999)]
    table = pa.table(
        {
            "model": ["gpt-4o"] * len(nanos),
            "tenant_id": [TENANT] * len(nanos),
            "timestamp": pa.array(nanos, pa.int64()).cast(pa.timestamp("ns", "UTC")),
        }
    )
    rows = [{"model": "gpt-4o", "tenant_id": TENANT, "timestamp": value} for value in nanos]
    assert as_parquet(table, Shape()) == defined(rows, Shape(time_unit="ns"))


@pytest.mark.parametrize(
    "shape",
    [
        Shape(tenant="meta.org", model="call.model.name", time="at"),
        Shape(tenant="flat.org", model="call.model.name", time="at"),
        Shape(tenant=None, model="call.nothing.name", time="at"),
        Shape(tenant="call", model="meta.org", time="meta.at"),
    ],
)
def test_parquet_structs(shape: Shape) -> None:
    at = PERIOD.since
    rows = [
        {"meta": {"org": TENANT, "at": at}, "call": {"model": {"name": "gpt-4o"}}, "at": at},
        {"meta": None, "call": {"model": None}, "at": at},
        {"meta": {"org": TENANT, "at": None}, "call": None, "at": at},
        {"meta": {"org": TENANT, "at": at}, "call": {"model": {"name": "o3"}}, "at": None},
    ]
    for number, row in enumerate(rows):
        row["flat.org"] = TENANT if number % 2 else None
    table = pa.Table.from_pylist(rows)
    assert as_parquet(table, shape) == defined(rows, shape)


@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "model": models.filter(lambda model: not isinstance(model, int | list | dict)),
                "other": st.sampled_from(["gpt-4o", "", None]),
                "kind": st.sampled_from(["chat", "login", None]),
                "org": st.sampled_from([TENANT, "org_xyz", None]),
                "at": near,
            }
        ),
        max_size=12,
    )
)
@settings(max_examples=40, deadline=None)
def test_parquet_with_alternatives_and_conditions(rows: list[Row]) -> None:
    shape = Shape(time="at", tenant="org", model="model | other", where={"kind": "chat"})
    table = pa.table(
        {
            name: pa.array(
                [row[name] for row in rows],
                pa.timestamp("us", "UTC") if name == "at" else pa.string(),
            )
            for name in ("model", "other", "kind", "org", "at")
        }
    )
    assert as_parquet(table, shape) == defined(rows, shape)
