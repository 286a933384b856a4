"""With summaries, a scan reads only what is new, and says exactly what a scan of everything says."""

from __future__ import annotations

import gzip
import itertools
import json
import os
import sqlite3
import subprocess
import sys
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
from model_registry.errors import RequestLogError, TooManyModels
from model_registry_parquet import json_parts, open_request_log, summaries, summing
from model_registry_parquet.json_lines import Unreadable
from model_registry_parquet.json_numbered import NumberedLines
from model_registry_parquet.summaries import Draft
from model_registry_parquet.summing import Summing

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


ALWAYS = Period(NOON - timedelta(days=1), NOON + timedelta(days=1))
GOOD = line({"timestamp": NOON, "model": "gpt-4o", "tenant_id": "org_abc"}) + b"\n"


class Counted:
    """A log of JSON Lines with summaries, and how many bytes its scans read."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path = folder / "log.jsonl"
        self.summaries = folder / "summaries.db"
        self.read = 0
        add = NumberedLines.add

        def counted(lines: NumberedLines, block: bytes | Unreadable) -> None:
            self.read += len(block) + 1 if isinstance(block, bytes) else 0
            add(lines, block)

        monkeypatch.setattr(NumberedLines, "add", counted)

    def write(self, content: bytes, mode: str = "wb", *, settled: bool = True) -> None:
        with self.path.open(mode) as file:
            file.write(content)
        if settled:
            second = self.path.stat().st_size + 1_000
            os.utime(self.path, (second, second))

    def scan(self, tenant: str = "org_abc", **options: Any) -> tuple[int, int]:
        """Return how many requests there are, and how many bytes it took to know."""
        before = self.read
        log = open_request_log(str(self.path), summaries=self.summaries, **options)
        found = log.scan(tenant, ALWAYS)
        return sum(one.requests for one in found.sightings), self.read - before


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counted:
    return Counted(tmp_path, monkeypatch)


def test_a_file_is_read_once_for_all_tenants(log: Counted) -> None:
    log.write(GOOD * 9)
    assert log.scan() == (9, len(GOOD) * 9)
    assert log.scan() == log.scan() == (9, 0)
    assert log.scan("org_xyz") == (0, 0)


def test_of_a_file_that_grew_only_the_last_part_and_what_is_new_is_read(log: Counted) -> None:
    log.write(GOOD * 100)
    log.scan()
    log.write(GOOD * 10, "ab")
    requests, read = log.scan()
    assert requests == 110
    assert 10 * len(GOOD) <= read <= 10 * len(GOOD) + 300 + len(GOOD)


def test_a_line_that_was_half_written_is_whole_next_time(log: Counted) -> None:
    log.write(GOOD * 3 + GOOD[:20])
    assert log.scan()[0] == 3
    log.write(GOOD[20:], "ab")
    assert log.scan()[0] == 4


def test_a_file_that_was_changed_a_moment_ago_is_not_believed(log: Counted) -> None:
    log.write(GOOD, settled=False)
    log.scan()
    at = log.path.stat()
    log.path.write_bytes(GOOD.replace(b"gpt-4o", b"gpt-4O").replace(b"org_abc", b"org_xyz"))
    os.utime(log.path, ns=(at.st_atime_ns, at.st_mtime_ns))
    assert log.scan() == (0, len(GOOD))


def test_a_file_that_changes_while_it_is_read_is_not_believed(
    log: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.write(GOOD * 2)
    with monkeypatch.context() as during:
        part = Summing.part

        def interrupted(summing: Summing, *args: Any) -> Any:
            log.write(GOOD * 3)
            return part(summing, *args)

        during.setattr(Summing, "part", interrupted)
        log.scan()
    assert log.scan() == (3, len(GOOD) * 3)
    assert log.scan() == (3, 0)


def test_too_many_names_in_a_file_mean_that_it_is_read_each_time(
    log: Counted, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(json_parts, "PART", 10_000)
    monkeypatch.setattr(summing, "MOST_PAIRS", 5)
    names = [GOOD.replace(b"gpt-4o", b"m%d" % number) for number in range(6)]
    log.write(b"".join(names[:5]))
    assert (log.scan()[0], log.scan()) == (5, (5, 0))
    log.write(b"".join(names))
    assert log.scan()[0] == 6
    assert "log.jsonl is read at each scan: a part of it has more than 5 distinct" in caplog.text
    assert log.scan() == (6, sum(map(len, names)))  # read once, not tried again
    with pytest.raises(TooManyModels):
        log.scan(max_models=5)


def test_a_large_file_is_kept_in_steps_and_shown_whole(
    log: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summaries, "_MOST_WAITING", 0)
    log.write(GOOD * 50)
    with monkeypatch.context() as during:
        during.setattr(Draft, "publish", lambda *_, **__: os._exit(7))  # as if it were killed
        if (child := os.fork()) == 0:
            log.scan()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    with sqlite3.connect(log.summaries) as kept:
        assert kept.execute("SELECT count(*) > 5 FROM parts").fetchone() == (1,)
    assert (log.scan()[0], log.scan()) == (50, (50, 0))
    with sqlite3.connect(log.summaries) as kept:
        kept.execute("UPDATE files SET draft = 1 WHERE draft > 0")  # long ago
    log.write(GOOD, "ab")
    assert log.scan()[0] == 51
    with sqlite3.connect(log.summaries) as kept:
        assert kept.execute("SELECT count(*) FROM files").fetchone() == (1,)
        assert kept.execute("SELECT count(*) FROM parts").fetchone() < (60,)


def test_processes_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    for number in range(8):
        (tmp_path / f"{number}.jsonl").write_bytes(GOOD * 500)
        os.utime(tmp_path / f"{number}.jsonl", (1_000, 1_000))
    program = (
        "import sys; from datetime import datetime; from model_registry_parquet import *\n"
        "from model_registry.domain.request_log import Period\n"
        "period = Period(*map(datetime.fromisoformat, sys.argv[3:]))\n"
        "log = open_request_log(sys.argv[1], summaries=sys.argv[2])\n"
        "print(sum(one.requests for one in log.scan('org_abc', period).sightings))"
    )
    ends = (ALWAYS.since.isoformat(), ALWAYS.until.isoformat())
    asked = [sys.executable, "-c", program, f"{tmp_path}/*.jsonl", f"{tmp_path}/s.db", *ends]
    running = [subprocess.Popen(asked, stdout=subprocess.PIPE) for _ in range(4)]
    assert [process.communicate()[0] for process in running] == [b"4000\n"] * 4
    with sqlite3.connect(tmp_path / "s.db") as kept:
        assert kept.execute("SELECT count(*) FROM files").fetchone() == (8,)


def test_summaries_forget_files_that_are_gone(log: Counted) -> None:
    log.write(GOOD)
    log.scan()
    log.path.rename(log.path.with_name("log.2"))
    log.path = log.path.with_name("log.2")
    log.scan()
    with sqlite3.connect(log.summaries) as kept:
        assert kept.execute("SELECT count(*) FROM shares").fetchone() == (1,)


@pytest.mark.parametrize("damage", ["another database", "no database", "a folder"])
def test_what_is_no_file_of_summaries_is_left_alone(log: Counted, damage: str) -> None:
    log.write(GOOD)
    match damage:
        case "another database":
            with sqlite3.connect(log.summaries) as other:
                other.execute("CREATE TABLE entries (id)")
        case "no database":
            log.summaries.write_bytes(b"precious " * 1_000)
        case "a folder":
            log.summaries.mkdir()
    before = log.summaries.read_bytes() if log.summaries.is_file() else b""
    with pytest.raises(RequestLogError, match=r"summaries\.db .*") as caught:
        log.scan()
    assert "\n" not in str(caught.value)
    assert not before or log.summaries.read_bytes() == before


def test_a_url_names_the_summaries(log: Counted) -> None:
    log.write(GOOD)
    url = f"jsonl:///{log.path}?summaries={log.summaries}"
    assert len(open_request_log(url).scan("org_abc", ALWAYS).sightings) == 1
    assert log.scan() == (1, 0)
    with pytest.raises(RequestLogError, match="'summaries' of a request log names no file"):
        open_request_log(f"jsonl:///{log.path}?summaries=")
