"""What is read and what is believed where a log has summaries, and what they come to."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model_registry.domain.request_log import Period
from model_registry.errors import RequestLogError, TooManyModels
from model_registry_parquet import drafts, json_parts, open_request_log, summing
from model_registry_parquet.drafts import Draft
from model_registry_parquet.json_lines import Unreadable
from model_registry_parquet.json_numbered import NumberedLines
from model_registry_parquet.summing import Summing

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ALWAYS = Period(NOON - timedelta(days=1), NOON + timedelta(days=1))
ROW = {"timestamp": NOON.isoformat(), "tenant_id": "org_abc", "model": "gpt-4o"}
GOOD = json.dumps(ROW).encode() + b"\n"


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_parts, "PART", 300)


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


OTHERS = GOOD.replace(b"org_abc", b"org_xyz")


def test_a_file_that_was_changed_a_moment_ago_is_not_believed(log: Counted) -> None:
    log.write(GOOD, settled=False)
    assert log.scan() == log.scan() == (1, len(GOOD))


def test_times_that_were_set_back_deceive_nobody(log: Counted) -> None:
    log.write(GOOD)
    log.scan()
    log.write(OTHERS)  # of the same size, and given the same time
    assert log.scan() == (0, len(GOOD))


@pytest.mark.parametrize("change", ["in place", "replaced and longer"])
def test_a_file_is_read_on_only_if_it_is_the_same_and_longer(
    log: Counted, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_parts, "_SEALED", 10)  # so that no seal tells
    log.write(GOOD * 20)
    log.scan()
    if change == "in place":
        log.write(OTHERS * 20)
        assert log.scan()[0] == 0
    else:
        log.path.rename(log.path.with_name("log.old"))
        log.write(OTHERS * 20 + GOOD)
        assert log.scan()[0] == 1


def test_nanoseconds_before_1970_are_cut_off_as_after(tmp_path: Path) -> None:
    nanos = [second * 10**9 + more for second in (-1, 0, 1) for more in (-1, 0, 1, 999, 1_000)]
    columns = {
        "timestamp": pa.array(nanos, pa.timestamp("ns")),
        "model": ["gpt-4o"] * len(nanos),
        "tenant_id": ["org_abc"] * len(nanos),
    }
    pq.write_table(pa.table(columns), tmp_path / "log.parquet")
    tick = timedelta(microseconds=1)
    for at in [EPOCH + second * timedelta(seconds=1) for second in (-1, 0, 1)]:
        for period in [Period(at + step * tick, at + step * tick) for step in (-1, 0, 1)]:
            url = f"parquet:///{tmp_path}/log.parquet"
            everything = open_request_log(url).scan("org_abc", period)
            known = open_request_log(url, summaries=tmp_path / "s.db")
            assert known.scan("org_abc", period) == everything


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
    monkeypatch.setattr(drafts, "_MOST_WAITING", 0)
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
