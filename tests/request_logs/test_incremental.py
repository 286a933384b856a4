"""With summaries, a scan reads only what is new, and says exactly what a scan of everything says."""

from __future__ import annotations

import gzip
import itertools
import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from model_registry.domain.request_log import LogScan, Period, Shape
from model_registry.errors import RequestLogError
from model_registry.ports import RequestLog
from model_registry.testing import RequestLogContract
from model_registry_parquet import json_parts, open_request_log

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MICROSECONDS = pa.timestamp("us", "UTC")
Row = dict[str, Any]

STEP = timedelta(milliseconds=97)
times = st.integers(-6, 6).map(lambda steps: NOON + steps * STEP)
ASKED = [
    (tenant, Period(NOON + first * STEP, NOON + last * STEP), shape)
    for tenant, first, last, shape in [
        ("org_abc", -9, 9, Shape()),
        ("org_abc", -3, 3, Shape()),
        ("org_abc", -9, 0, Shape()),
        ("org_abc", 1, 1, Shape()),
        ("org_xyz", 0, 9, Shape()),
        ("org_xyz", -2, 9, Shape(tenant=None)),
    ]
]

rows = st.fixed_dictionaries(
    {
        "timestamp": times,
        "model": st.sampled_from(["gpt-4o", "gpt-4o", "GPT-4o", "ünï", "", " ", None]),
        "tenant_id": st.sampled_from(["org_abc", "org_abc", "org_abc", "org_xyz", "", None]),
    }
)
logs = st.lists(rows, min_size=2, max_size=15)
odd = st.sampled_from(
    [
        b"?",
        b"",
        b" ",
        b"[]",
        b'{"model": "\xff"}',
        b'{"model": 5, "tenant_id": "org_abc"}',
        b'{"model": "m", "tenant_id": "org_xyz", "timestamp": "soon"}',
        b'{"model": "m", "tenant_id": 7, "timestamp": "soon"}',
        b'{"model": "m", "tenant_id": "org_abc", "timestamp": 1772366400.5}',
        b'{"model": "m", "tenant_id": "org_abc", "timestamp": "2026-03-01T14:00:00+02:00"}',
        b"\xef\xbb\xbf{}",
        b"\x1f\x8b",
    ]
)
lines = logs.flatmap(
    lambda found: st.lists(odd, max_size=4).flatmap(
        lambda more: st.permutations([*map(line, found), *more])
    )
)


def line(row: Row) -> bytes:
    return json.dumps({**row, "timestamp": row["timestamp"].isoformat()}).encode()


def told(name: str, tenant: str, period: Period, **options: Any) -> LogScan | str:
    try:
        return open_request_log(name, **options).scan(tenant, period)
    except RequestLogError as error:
        return str(error)


class Log(RuleBasedStateMachine):
    """Files that come, change and go, and a scan of them after each step."""

    url = ""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.logs = Path(self.folder.name) / "logs"
        (self.logs / "tenant_id=org_abc").mkdir(parents=True)
        self.summaries = Path(self.folder.name) / "summaries.db"
        self.clock = itertools.count(1_000)
        self.write("always", self.content([]))

    def teardown(self) -> None:
        self.folder.cleanup()

    def content(self, found: list[Any]) -> bytes:
        raise NotImplementedError

    def write(self, name: str, content: bytes, mode: str = "wb") -> None:
        """Write as anybody does, at times that are long settled."""
        with (self.logs / name).open(mode) as file:
            file.write(content)
        second = next(self.clock)
        os.utime(self.logs / name, (second, second))

    def files(self) -> list[str]:
        return sorted(str(p.relative_to(self.logs)) for p in self.logs.rglob("*") if p.is_file())

    names = st.sampled_from(["a", "b", "tenant_id=org_abc/a", "tenant_id=org_abc/b"])

    @invariant()
    def a_scan_says_what_a_scan_of_everything_says(self) -> None:
        for tenant, period, shape in ASKED:
            asked = f"{self.url}/{self.logs}", tenant, period
            options: dict[str, Any] = {"shape": shape, "max_models": 3}
            everything = told(*asked, **options)
            assert told(*asked, **options, summaries=self.summaries) == everything

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(self.files()))
        if name != "always":
            (self.logs / name).unlink()

    @rule(data=st.data(), to=names)
    def rename(self, data: st.DataObject, to: str) -> None:
        name = data.draw(st.sampled_from(self.files()))
        if name != "always":
            (self.logs / name).rename(self.logs / to)

    @rule(data=st.data())
    def touch(self, data: st.DataObject) -> None:
        self.write(data.draw(st.sampled_from(self.files())), b"", "ab")


class JsonLines(Log):
    url = "jsonl://"

    def content(self, found: list[bytes]) -> bytes:
        return b"".join(one + b"\n" for one in found)

    @rule(name=Log.names, found=lines, packed=st.booleans())
    def put(self, name: str, found: list[bytes], packed: bool) -> None:
        content = self.content(found)
        self.write(name, gzip.compress(content) if packed else content)

    @rule(data=st.data(), found=lines, end=st.sampled_from([b"", b"\n"]))
    def append(self, data: st.DataObject, found: list[bytes], end: bytes) -> None:
        name = data.draw(st.sampled_from(self.files()))
        self.write(name, b"\n".join(found) + end, "ab")

    @rule(data=st.data(), keep=st.floats(0, 1))
    def truncate(self, data: st.DataObject, keep: float) -> None:
        name = data.draw(st.sampled_from(self.files()))
        content = (self.logs / name).read_bytes()
        self.write(name, content[: int(keep * len(content))])

    @rule(data=st.data())
    def rewrite_in_the_same_size(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(self.files()))
        content = (self.logs / name).read_bytes()
        self.write(name, content.replace(b"gpt-4o", b"gpt-4O").replace(b"org_abc", b"org_xyz"))

    @rule(data=st.data(), found=lines)
    def rewrite_longer(self, data: st.DataObject, found: list[bytes]) -> None:
        name = data.draw(st.sampled_from(self.files()))
        content = (self.logs / name).read_bytes().replace(b"org_abc", b"org_xyz")
        self.write(name, content + self.content(found))

    @rule(data=st.data(), found=lines)
    def replace_by_a_longer_one(self, data: st.DataObject, found: list[bytes]) -> None:
        name = data.draw(st.sampled_from(self.files()))
        content = (self.logs / name).read_bytes().replace(b"org_abc", b"org_xyz")
        self.write(f"{name}.new", content + self.content(found))
        (self.logs / f"{name}.new").replace(self.logs / name)


class ParquetFiles(Log):
    url = "parquet://"
    kinds = st.sampled_from([MICROSECONDS, pa.timestamp("ns"), pa.timestamp("ms"), pa.string()])

    def content(self, found: list[Row], kind: pa.DataType = MICROSECONDS) -> bytes:
        times: list[Any] = [row["timestamp"] for row in found]
        if kind == pa.string():
            times = [at.isoformat() for at in times]
        else:
            times = [at.replace(tzinfo=None) for at in times]
        columns = {
            "timestamp": pa.array(times, kind if kind == pa.string() else pa.timestamp("us")),
            "model": pa.array([row["model"] for row in found], pa.string()),
            "tenant_id": pa.array([row["tenant_id"] for row in found], pa.string()),
        }
        table = pa.table(columns)
        if kind != pa.string():
            table = table.set_column(0, "timestamp", table.column(0).cast(kind, safe=False))
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, row_group_size=3)
        return sink.getvalue().to_pybytes()

    @rule(name=Log.names, found=logs, kind=kinds)
    def put(self, name: str, found: list[Row], kind: pa.DataType) -> None:
        self.write(name, self.content(found, kind))

    @rule(name=Log.names, found=logs)
    def put_with_a_lacking_time(self, name: str, found: list[Row]) -> None:
        table = pq.read_table(pa.BufferReader(self.content(found)))
        lacking = pa.nulls(len(table), table.schema.field(0).type)
        sink = pa.BufferOutputStream()
        pq.write_table(table.set_column(0, "timestamp", lacking), sink)
        self.write(name, sink.getvalue().to_pybytes())

    @rule(name=Log.names)
    def put_damaged(self, name: str) -> None:
        self.write(name, b"PAR1")
        self.a_scan_says_what_a_scan_of_everything_says()
        (self.logs / name).unlink()


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_parts, "PART", 300)


class TestJsonLines(JsonLines.TestCase):  # type: ignore[misc]  # made by Hypothesis
    settings = settings(max_examples=30, stateful_step_count=10, deadline=None)


class TestParquet(ParquetFiles.TestCase):  # type: ignore[misc]  # made by Hypothesis
    settings = settings(max_examples=15, stateful_step_count=8, deadline=None)


class TestJsonLinesConform(RequestLogContract):
    def make_log(self, rows: Sequence[Row], folder: Path, **options: Any) -> RequestLog:
        (folder / "log.jsonl").write_bytes(
            b"".join(json.dumps(row).encode() + b"\n" for row in rows)
        )
        return open_request_log(f"jsonl:///{folder}/log.jsonl", summaries=folder / "s", **options)


class TestParquetConforms(RequestLogContract):
    def make_log(self, rows: Sequence[Row], folder: Path, **options: Any) -> RequestLog:
        table = pa.Table.from_pylist(list(rows)) if rows else pa.table({"model": pa.array([""])})
        pq.write_table(table, folder / "log.parquet", row_group_size=4)
        url = f"parquet:///{folder}/log.parquet"
        return open_request_log(url, summaries=folder / "s", **options)
